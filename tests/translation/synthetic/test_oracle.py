"""The truth about a sentence against hand-worked cases and against frequencies."""

import math
from collections import Counter
from random import Random

import pytest

from translation.synthetic.choices import Distribution, sampler
from translation.synthetic.meaning import Clause, Phrase, Sentence
from translation.synthetic.oracle import Truth, truth_of
from translation.synthetic.pairs import Pair, pair_named, without_ambiguity
from translation.synthetic.sentences import draw_sentence
from translation.synthetic.settings import FULL

ANNA, PAUL = Phrase("Anna"), Phrase("Paul")
SENDS = Sentence("statement", Clause(ANNA, "send", Phrase("picture", "the"), Phrase("boy", "the")))
pairs = pytest.mark.parametrize("name", ["en-de", "en-fr"])


def some_sentences(count, seed=1):
    choose = sampler(Random(seed))
    return [draw_sentence(choose, FULL) for _ in range(count)]


def test_a_case_worked_by_hand():
    truth = truth_of(SENDS, pair_named("en-de"))
    assert truth.probabilities == pytest.approx(
        {
            "Anna schickt dem Jungen das Bild.": 0.8 * 0.8,
            "Anna schickt dem Jungen das Foto.": 0.8 * 0.2,
            "Anna sendet dem Jungen das Bild.": 0.2 * 0.8,
            "Anna sendet dem Jungen das Foto.": 0.2 * 0.2,
        }
    )
    assert truth.best_translation == "Anna schickt dem Jungen das Bild."
    assert truth.log_probability("Anna sendet dem Jungen das Foto.") == pytest.approx(
        math.log(0.04)
    )
    assert truth.log_probability("Anna sendet dem Junge das Foto.") == -math.inf
    one_choice = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2))
    assert truth.entropy == pytest.approx(2 * one_choice)


def test_two_ways_to_one_translation_add_up():
    three = Distribution(("Ufer", "Bank", "Ufer"), (0.3, 0.4, 0.3))
    pair = Pair("de", lambda sentence, choose: choose(three), pair_named("en-de").lexicon)
    truth = truth_of(SENDS, pair)
    assert truth.probabilities == pytest.approx({"Ufer": 0.6, "Bank": 0.4})
    assert truth.best_translation == "Ufer"


def test_of_equals_the_first_in_the_alphabet_is_best():
    assert Truth({"b": 0.5, "a": 0.5}).best_translation == "a"


@pairs
def test_probabilities_sum_to_one(name):
    for sentence in some_sentences(300):
        probabilities = truth_of(sentence, pair_named(name)).probabilities
        assert sum(probabilities.values()) == pytest.approx(1)


@pairs
def test_frequencies_and_entropy_agree_with_drawn_translations(name):
    pair, choose, draws = pair_named(name), sampler(Random(7)), 4000
    sentence = max(some_sentences(50), key=lambda each: truth_of(each, pair).entropy)
    truth = truth_of(sentence, pair)
    drawn = Counter(pair.translate(sentence, choose) for _ in range(draws))
    assert drawn.keys() <= truth.probabilities.keys()
    for translation, probability in truth.probabilities.items():
        error = 5 * math.sqrt(probability / draws)
        assert drawn[translation] / draws == pytest.approx(probability, abs=error)
    surprise = sum(-truth.log_probability(text) * times for text, times in drawn.items()) / draws
    assert truth.entropy > 1
    assert surprise == pytest.approx(truth.entropy, rel=0.05)


@pairs
def test_entropy_per_word_is_moderate(name):
    pair, choose = pair_named(name), sampler(Random(3))
    sentences = some_sentences(1000)
    words = sum(len(pair.translate(sentence, choose).split()) for sentence in sentences)
    entropy = sum(truth_of(sentence, pair).entropy for sentence in sentences)
    assert 0.09 < entropy / words < 0.3


@pairs
def test_without_ambiguity_nothing_is_left_open(name):
    pair = pair_named(name)
    for sentence in some_sentences(50):
        truth = truth_of(sentence, without_ambiguity(pair))
        assert truth.entropy == 0
        assert truth.best_translation in truth_of(sentence, pair).probabilities
