"""Drawn sentences: English says all that the translation depends on, and stays within bounds."""

from collections import defaultdict
from random import Random

import pytest

from translation.synthetic.choices import outcomes, sampler
from translation.synthetic.english import english
from translation.synthetic.lexicon_en import NOUNS, VERBS
from translation.synthetic.meaning import PRONOUNS, clauses
from translation.synthetic.oracle import truth_of
from translation.synthetic.pairs import pair_named
from translation.synthetic.sentences import draw_sentence
from translation.synthetic.settings import FULL, SIMPLE, Rates, Settings, adjectives_for

NOTHING = Rates(**dict.fromkeys(Rates._fields, 0.0))
# Small enough to be followed along every way, between them with every construction.
SMALL = {
    "two clauses": Settings(
        kinds=(("because", 0.4), ("that", 0.3), ("if", 0.3)),
        frames=(("transitive", 0.6), ("copula", 0.4)),
        determiners=(("the", 1.0),),
        rates=NOTHING._replace(negation=0.3),
        nouns=("teacher", "Anna", "book"),
        verbs=("see", "read", "be"),
        adjectives=("old", "new", "strange"),
    ),
    "noun phrases": Settings(
        kinds=(("statement", 0.5), ("question", 0.5)),
        frames=(("transitive", 0.7), ("copula", 0.3)),
        determiners=(("the", 0.4), ("a", 0.3), ("my", 0.3)),
        rates=NOTHING._replace(adjective=0.4, plural=0.4, negation=0.2),
        nouns=("friend", "dog", "dress"),
        verbs=("see", "be"),
        adjectives=("light", "strange", "tired"),
    ),
    "relative clauses": Settings(
        kinds=(("statement", 1.0),),
        frames=(("transitive", 0.6), ("copula", 0.4)),
        determiners=(("the", 1.0),),
        rates=NOTHING._replace(relative=0.5, frequency=0.3, pronoun=0.2, modal=0.2),
        nouns=("student", "Anna", "bat"),
        verbs=("see", "look for", "be"),
        adjectives=("old", "strange"),
    ),
}
small = pytest.mark.parametrize("settings", SMALL.values(), ids=SMALL.keys())


def draw(settings, count, seed=0):
    choose = sampler(Random(seed))
    return [draw_sentence(choose, settings) for _ in range(count)]


@small
def test_every_english_sentence_has_one_meaning(settings):
    meanings, total = defaultdict(set), 0.0
    for sentence, probability in outcomes(lambda choose: draw_sentence(choose, settings)):
        meanings[english(sentence)].add(sentence)
        total += probability
    assert total == pytest.approx(1)
    assert len(meanings) > 100
    assert {text: found for text, found in meanings.items() if len(found) > 1} == {}


def test_every_english_sentence_of_a_sample_has_one_meaning():
    meanings = defaultdict(set)
    for sentence in draw(FULL, 8000):
        meanings[english(sentence)].add(sentence)
    assert len(meanings) > 6000
    assert {text: found for text, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["en-de", "en-fr"])
def test_the_truth_is_the_conditional_of_all_derivations(name):
    """Joint probabilities of English and translation, over every derivation of both."""
    settings, pair = SMALL["noun phrases"], pair_named(name)

    def both(choose):
        sentence = draw_sentence(choose, settings)
        return english(sentence), pair.translate(sentence, choose)

    joint = defaultdict(lambda: defaultdict(float))
    for (source, target), probability in outcomes(both):
        joint[source][target] += probability
    sentences = {english(sentence): sentence for sentence in draw(settings, 300)}
    assert len(sentences) > 100
    for source, sentence in sentences.items():
        marginal = sum(joint[source].values())
        conditional = {target: each / marginal for target, each in joint[source].items()}
        assert truth_of(sentence, pair).probabilities == pytest.approx(conditional)


@pytest.mark.parametrize("settings", [FULL, SIMPLE], ids=["full", "simple"])
def test_words_fit_together(settings):
    for clause in (each for sentence in draw(settings, 2000) for each in clauses(sentence)):
        subject, thing = clause.subject, clause.object
        if clause.verb not in VERBS or subject.noun in PRONOUNS:
            continue
        assert VERBS[clause.verb].subjects & NOUNS[subject.noun].tags
        assert not thing or VERBS[clause.verb].objects & NOUNS[thing.noun].tags
        assert not thing or thing.noun != subject.noun
        assert not (clause.negated and thing and thing.number)
        assert not clause.predicate or clause.predicate in adjectives_for(settings, subject.noun)


def test_lengths():
    lengths = [len(english(sentence).split()) for sentence in draw(FULL, 4000)]
    assert 7.5 < sum(lengths) / len(lengths) < 9.5
    assert sum(length > 20 for length in lengths) < 0.01 * len(lengths)


def test_every_construction_is_drawn():
    sentences = draw(FULL, 3000)
    drawn = [clause for sentence in sentences for clause in clauses(sentence)]
    assert {sentence.kind for sentence in sentences} == {kind for kind, _ in FULL.kinds}
    assert {clause.verb for clause in drawn} > set(FULL.verbs)
    assert {clause.time.kind for clause in drawn if clause.time} == {
        "day", "weekday", "date", "clock",
    }  # fmt: skip
    assert {clause.modal for clause in drawn} == {"", "can", "must", "want to", "will"}
    assert not any(clause.modal == "must" and clause.negated for clause in drawn)
    assert {clause.subject.noun for clause in drawn} > set(PRONOUNS)
    phrases = [phrase for clause in drawn for phrase in (clause.subject, clause.object) if phrase]
    assert {phrase.relative.gap for phrase in phrases if phrase.relative} == {"subject", "object"}
    assert {phrase.number.spelled for phrase in phrases if phrase.number} == {True, False}


@pytest.mark.parametrize("settings", [FULL, SIMPLE, *SMALL.values()])
def test_whatever_is_described_can_be_said_to_be_something_else(settings):
    for noun in settings.nouns:
        if "be" in settings.verbs and VERBS["be"].subjects & NOUNS[noun].tags:
            for adjective in adjectives_for(settings, noun):
                assert adjectives_for(settings, noun, adjective), (noun, adjective)
