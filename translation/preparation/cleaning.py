"""Cleaning of training pairs by a few named rules, each with a count.

Takes pairs of lines, gives the pairs worth training on with white space normalised, and never
sees validation or test text: a score belongs to the untouched text.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np

from translation.data.text import Pair, count_words, is_visible, normalise_space
from translation.preparation.mojibake import (
    has_control_characters,
    has_damaged_encoding,
    is_in_other_script,
)

# About as many characters as stand for one English word in translations, so that the lengths of
# both sides can be compared.
CHARACTERS_PER_WORD = {"han": 1.5, "kana": 2.5, "thai, lao, burmese, khmer": 4.0}

RULES = (
    "empty",
    "too_many_words",
    "length_ratio",
    "identical",
    "damaged_encoding",
    "control_characters",
    "other_script",
    "duplicate",
)


def broken_rule(
    source: str,
    target: str,
    max_words: int = 250,
    max_ratio: float = 3.0,
    ratio_words: int = 10,
    languages: tuple[str, str] = ("", ""),
) -> str | None:
    """Name the first rule that a pair breaks by itself.

    Args:
        source, target: the two sides, white space normalised.
        max_words: the most words that either side may have. Text without spaces between words is
            counted by its characters, see `CHARACTERS_PER_WORD`.
        max_ratio: how many times as many words one side may have as the other.
        ratio_words: the ratio is judged only where the longer side has more words than this,
            since short pairs ("Guten Tag" and "Hello") differ freely.
        languages: codes of source and target, such as "en"; the script of a language not known
            to `translation.preparation.mojibake` is not judged.

    Returns:
        A name from `RULES`, or None for a pair to keep.
    """
    if not (is_visible(source) and is_visible(target)):
        return "empty"
    lengths = (max(count_words(side, CHARACTERS_PER_WORD), 1) for side in (source, target))
    shorter, longer = sorted(lengths)
    if longer > max_words:
        return "too_many_words"
    if longer > ratio_words and longer > max_ratio * shorter:
        return "length_ratio"
    # An untranslated pair teaches a model to copy (Khayrallah and Koehn 2018).
    if source == target:
        return "identical"
    if has_damaged_encoding(source) or has_damaged_encoding(target):
        return "damaged_encoding"
    if has_control_characters(source) or has_control_characters(target):
        return "control_characters"
    if any(map(is_in_other_script, (source, target), languages)):
        return "other_script"
    return None


class Cleaner:
    """Applies the rules in the order of `RULES` and counts what each removed.

    Args:
        max_words, max_ratio: as in `broken_rule`.
        keep_duplicates: keep a pair seen before, for corpora in which frequency means something.
        languages: as in `broken_rule`.

    Attributes:
        read: pairs seen so far.
        removed: pairs removed so far, for each rule.
    """

    def __init__(
        self,
        max_words: int = 250,
        max_ratio: float = 3.0,
        keep_duplicates: bool = False,
        languages: tuple[str, str] = ("", ""),
    ):
        self.max_words = max_words
        self.max_ratio = max_ratio
        self.keep_duplicates = keep_duplicates
        self.languages = languages
        self.read = 0
        self.removed = dict.fromkeys(RULES, 0)
        self._seen: dict[bytes, None] = {}  # a set that keeps the order

    @property
    def kept(self) -> int:
        """Pairs that passed every rule so far."""
        return self.read - sum(self.removed.values())

    @property
    def hashes(self) -> np.ndarray:
        """64 bits of each pair kept, in order: uint64 (kept,); none where duplicates are kept."""
        return np.frombuffer(b"".join(self._seen), "<u8")

    def clean(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Give the pairs that break no rule, white space normalised; streaming."""
        for source, target in pairs:
            self.read += 1
            source, target = normalise_space(source), normalise_space(target)
            rule = broken_rule(
                source, target, self.max_words, self.max_ratio, languages=self.languages
            )
            if rule is None and not self.keep_duplicates and self._is_repeated(source, target):
                rule = "duplicate"
            if rule is None:
                yield source, target
            else:
                self.removed[rule] += 1

    def _is_repeated(self, source: str, target: str) -> bool:
        """Say whether the pair came before; eight bytes a pair are kept, not the text."""
        digest = blake2b(f"{source}\n{target}".encode(), digest_size=8).digest()
        if digest in self._seen:
            return True
        self._seen[digest] = None
        return False
