"""Combinations held out: which a sentence contains, and which are drawn."""

from collections import Counter
from random import Random

import pytest

from translation.synthetic.held_out import SHARE, SHARE_OF_A_WORD, combinations_in, hold_out
from translation.synthetic.lexicon_en import NOUNS, VERBS
from translation.synthetic.meaning import Clause, Number, Phrase, Relative, Sentence
from translation.synthetic.pairs import pair_named
from translation.synthetic.settings import FULL, SIMPLE

PAIR = pair_named("en-de")


def test_combinations_of_a_sentence():
    man = Phrase("man", "the", adjective="old")
    inner = Clause(man, "be", predicate="happy")
    lamps = Phrase("lamp", "number", True, Number(7, True))
    first = Clause(man._replace(relative=Relative("subject", inner)), "buy", lamps)
    second = Clause(Phrase("he", antecedent="subject"), "be", predicate="tired")
    assert combinations_in(Sentence("because", first, second)) == {
        ("subject verb", "man", "buy"),
        ("subject verb", "man", "be"),
        ("verb object", "buy", "lamp"),
        ("adjective noun", "old", "man"),
        ("adjective noun", "happy", "man"),
        ("number noun", "7", "lamp"),
    }


def test_recipients_and_companions_count():
    clause = Clause(
        Phrase("Anna"), "give", Phrase("key", "the"), Phrase("boy", "the", adjective="young"),
        companion=Phrase("friend", "number", True, Number(3, True)),
    )  # fmt: skip
    found = combinations_in(Sentence("statement", clause))
    assert ("adjective noun", "young", "boy") in found
    assert ("number noun", "3", "friend") in found


def test_it_is_the_same_by_seed_and_another_by_another():
    first, again, other = (hold_out(FULL, PAIR, Random(seed)) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(("settings", "possible"), [(FULL, 1600), (SIMPLE, 210)])
def test_a_share_of_all_is_held_out(settings, possible):
    held_out = hold_out(settings, PAIR, Random(0))
    assert len(held_out) == pytest.approx(SHARE * possible, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_no_verb_loses_more_than_its_share_of_objects(seed):
    held_out = hold_out(FULL, PAIR, Random(seed))
    lost = Counter(each.first for each in held_out if each.kind == "verb object")
    assert lost
    for verb, count in lost.items():
        objects = [noun for noun in NOUNS.values() if noun.tags & VERBS[verb].objects]
        assert count <= SHARE_OF_A_WORD * len(objects)


@pytest.mark.parametrize("name", ["en-de", "en-fr"])
def test_what_settles_a_meaning_is_never_held_out(name):
    pair = pair_named(name)
    drawn = {tuple(each) for seed in range(40) for each in hold_out(FULL, pair, Random(seed))}
    assert ("verb object", "water", "plant") not in drawn
    assert ("subject verb", "bat", "sleep") not in drawn
    assert ("adjective noun", "light", "room") not in drawn
    assert ("verb object", "see", "plant") in drawn
