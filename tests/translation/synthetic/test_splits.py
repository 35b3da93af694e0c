"""The three parts of a corpus: nothing leaks, nothing is unknown, everything repeats by seed."""

import re

import pytest

from be_tracks.errors import UserError
from translation.synthetic.held_out import combinations_in
from translation.synthetic.pairs import pair_named
from translation.synthetic.settings import FULL, SIMPLE
from translation.synthetic.splits import LENGTHS, draw_splits, words_of

SIZES = {"train": 4000, "valid": 200, "test": 150}


@pytest.fixture(scope="module", params=["en-de", "en-fr"])
def splits(request):
    return draw_splits(pair_named(request.param), FULL, **SIZES, seed=0)


def test_sizes_and_distinct_sources(splits):
    sources = [each.source for part in splits[:3] for each in part]
    assert [len(part) for part in splits[:3]] == list(SIZES.values())
    assert len(set(sources)) == len(sources)
    assert all(len(source.split()) in LENGTHS for source in sources)


def test_training_and_validation_never_contain_what_is_held_out(splits):
    for example in (*splits.train, *splits.valid):
        assert not combinations_in(example.sentence) & splits.held_out


def test_every_test_sentence_contains_something_held_out(splits):
    kinds = set()
    for example in splits.test:
        novel = combinations_in(example.sentence) & splits.held_out
        assert novel, example.source
        kinds |= {combination.kind for combination in novel}
    assert kinds == {"subject verb", "verb object", "adjective noun", "number noun"}


def test_held_out_words_do_not_meet_in_the_english_text(splits):
    """A reading of the text alone, for combinations that stand side by side in it."""
    text = "\n".join(example.source.lower() for example in splits.train)
    numbers = "- - two three four five six seven eight nine ten eleven twelve".split()
    for kind, first, second in splits.held_out:
        if kind == "number noun":
            assert not re.search(rf"(?<![\w-]){numbers[int(first)]} {second}e?s\b", text)
        if kind == "adjective noun":
            assert not re.search(rf"\b{first} {second}\b", text)


def test_every_word_of_the_test_set_is_in_the_training_text(splits):
    for side in ("source", "target"):
        known, needed = (
            set().union(*(words_of(getattr(each, side)) for each in part))
            for part in (splits.train, splits.test)
        )
        assert needed - known == set()


def test_words_of_a_text():
    assert words_of("L'homme, qui dort, a 12 vélos.") == {
        "L'",
        "homme",
        "qui",
        "dort",
        "a",
        "12",
        "vélos",
    }


def test_it_repeats_by_seed():
    pair = pair_named("en-de")
    first, again, other = (draw_splits(pair, FULL, 300, 10, 2, seed) for seed in (3, 3, 4))
    assert first == again
    assert first.train != other.train


def test_a_test_set_does_not_depend_on_how_much_validation_is_drawn():
    pair = pair_named("en-de")
    few, many = (draw_splits(pair, FULL, 300, valid, 2, 0) for valid in (5, 6))
    assert few.train == many.train
    assert few.test == many.test


def test_more_sentences_than_there_are():
    with pytest.raises(UserError, match="expected 40 different sentences for test.*Ask for fewer"):
        draw_splits(pair_named("en-de"), SIMPLE, 5, 1, 40, 0)
