"""Lexicon tables: text that a speaker can read and correct, made into distributions.

One line a word: `bank = .65 Bank f Banken | .35 Ufer n Ufer @ Ufer: river forest`. Alternatives
are separated by `|`, each with its probability (1 where it stands alone) and its fields; an
underscore in a field stands for a space. After `@` come cues: words that, standing beside the
word in the English sentence, settle the choice.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from translation.synthetic.choices import Distribution


class Entry(NamedTuple):
    """What a word can become: `prior` without a cue, `cues` from English words to certainty."""

    prior: Distribution
    cues: dict[str, Distribution]

    def given(self, context: Collection[str]) -> Distribution:
        """The distribution beside the English words of `context`; the first cue listed wins."""
        for word, settled in self.cues.items():
            if word in context:
                return settled
        return self.prior


def read_table(text: str, make: Callable[..., Any]) -> dict[str, Entry]:
    """Reads a table into one `Entry` per English word.

    Args:
        text: lines in the form above; empty lines are allowed.
        make: builds a value from the fields of one alternative, all strings.

    Raises:
        ValueError: a word that comes twice, probabilities that do not sum to 1, or a cue for
            an alternative that the line does not have.
    """
    entries = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = (part.strip() for part in line.split("="))
        word = word.replace("_", " ")
        if word in entries:
            raise ValueError(f"expected each word once; {word!r} comes again: {line!r}")
        entries[word] = _read_entry(rest, make)
    return entries


def _read_entry(text, make):
    alternatives, *cues = (part.strip() for part in text.split("@"))
    spelled, values, probabilities = [], [], []
    for alternative in alternatives.split("|"):
        fields = alternative.split()
        weight = float(fields.pop(0)) if fields[0].startswith(".") else 1.0
        spelled.append(fields)
        values.append(make(*(field.replace("_", " ") for field in fields)))
        probabilities.append(weight)
    settled = {}
    for cue in cues:
        name, words = cue.split(":")
        meant = [value for value, fields in zip(values, spelled, strict=True) if name in fields]
        if len(meant) != 1:
            raise ValueError(f"expected a cue for exactly one of {spelled}; came {cue!r}")
        certain = Distribution(meant, [1.0])
        settled.update((word.replace("_", " "), certain) for word in words.split())
    return Entry(Distribution(values, probabilities), settled)
