"""Draws the three parts of a corpus: training, validation and a test of unseen combinations."""

import re
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from be_tracks.errors import UserError
from translation.synthetic.choices import sampler
from translation.synthetic.english import english
from translation.synthetic.held_out import Combination, combinations_in, hold_out
from translation.synthetic.meaning import Sentence
from translation.synthetic.oracle import truth_of
from translation.synthetic.pairs import Pair
from translation.synthetic.sentences import draw_sentence
from translation.synthetic.settings import Settings

LENGTHS = range(3, 21)  # of an English sentence, in words
_ATTEMPTS = 200  # for every sentence wanted


class Example(NamedTuple):
    """An English `source`, one drawn `target`, and the `sentence` that both say."""

    source: str
    target: str
    sentence: Sentence


class Splits(NamedTuple):
    """The examples of a corpus, no source twice, and what its training part was denied."""

    train: list[Example]
    valid: list[Example]
    test: list[Example]
    held_out: frozenset[Combination]


def words_of(text: str) -> set[str]:
    """The words of `text` as a set, without punctuation; "l'homme" is two, "l'" and "homme"."""
    return set(re.findall(r"[^\s,.?']+'?", text))


def draw_splits(
    pair: Pair, settings: Settings, train: int, valid: int, test: int, seed: int
) -> Splits:
    """Draws a corpus; the same arguments give the same one.

    No training or validation sentence contains a combination that is held out; every test
    sentence does, and every word of it and of all its translations stands in the training text.

    Raises:
        UserError: the grammar has not that many different sentences of a kind.
    """
    held_out = hold_out(settings, pair, Random(f"{seed} held out"))
    seen = set()

    def is_ordinary(sentence, source):
        return not combinations_in(sentence) & held_out

    def is_novel(sentence, source):
        if not combinations_in(sentence) & held_out or not words_of(source) <= known_source:
            return False
        translations = truth_of(sentence, pair).probabilities
        return all(words_of(translation) <= known_target for translation in translations)

    def draw(name, count, accepts):
        random = Random(f"{seed} {name}")
        return _draw(name, count, random, pair, settings, accepts, seen)

    training = draw("train", train, is_ordinary)
    validation = draw("valid", valid, is_ordinary)
    known_source = set().union(*(words_of(example.source) for example in training))
    known_target = set().union(*(words_of(example.target) for example in training))
    return Splits(training, validation, draw("test", test, is_novel), held_out)


def _draw(
    name: str,
    count: int,
    random: Random,
    pair: Pair,
    settings: Settings,
    accepts: Callable[[Sentence, str], bool],
    seen: set[str],
) -> list[Example]:
    """Draws `count` accepted examples whose sources are not in `seen`, and adds them there."""
    choose = sampler(random)
    examples = []
    for _ in range(_ATTEMPTS * count):
        sentence = draw_sentence(choose, settings)
        source = english(sentence)
        # The target is drawn last: what is accepted must not depend on which translation came.
        fits = len(source.split()) in LENGTHS and source not in seen
        if fits and accepts(sentence, source):
            seen.add(source)
            examples.append(Example(source, pair.translate(sentence, choose), sentence))
        if len(examples) == count:
            return examples
    raise UserError(
        f"expected {count} different sentences for {name}; the grammar gave {len(examples)} in "
        f"{_ATTEMPTS * count} draws. Ask for fewer, or for more training sentences, in which "
        "every word of the test set has to stand."
    )
