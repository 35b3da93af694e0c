"""German beyond the best translation: alternatives with their probabilities, and endings."""

import pytest

from translation.synthetic.choices import outcomes
from translation.synthetic.german import TIME_KEEPS_PLACE, german
from translation.synthetic.german_phrases import (
    at_place,
    describe,
    determine,
    inflect,
    relative_pronoun,
)
from translation.synthetic.lexicon_en_de import Adjective, Noun
from translation.synthetic.meaning import Clause, Phrase, Sentence, Time

ANNA, PAUL = Phrase("Anna"), Phrase("Paul")
MANN, FRAU, BUCH, JUNGE = (
    Noun("Mann", "m", "Männer"),
    Noun("Frau", "f", "Frauen"),
    Noun("Buch", "n", "Bücher"),
    Noun("Junge", "m", "Jungen", "Jungen"),
)
CASES = ("nominative", "accusative", "dative")


def translations(sentence):
    return dict(outcomes(lambda choose: german(sentence, choose)))


def test_because_is_verb_final_or_verb_second():
    tired = Clause(Phrase("she", antecedent="subject"), "be", predicate="tired")
    sentence = Sentence("because", Clause(ANNA, "call", PAUL), tired)
    assert translations(sentence) == pytest.approx(
        {
            "Anna ruft Paul an, weil sie müde ist.": 0.8,
            "Anna ruft Paul an, denn sie ist müde.": 0.2,
        }
    )


def test_a_time_keeps_its_place_or_inverts_the_clause():
    clause = Clause(ANNA, "work", time=Time("date", "May", 3))
    behind, before = "Anna arbeitet am 3. Mai.", "Am 3. Mai arbeitet Anna."
    keeps, moves = TIME_KEEPS_PLACE, 1 - TIME_KEEPS_PLACE
    assert translations(Sentence("statement", clause)) == pytest.approx(
        {behind: keeps, before: moves}
    )
    fronted = Sentence("statement", clause._replace(fronted=True))
    assert translations(fronted) == pytest.approx({behind: moves, before: keeps})
    assert translations(Sentence("question", clause)) == {"Arbeitet Anna am 3. Mai?": 1}


def test_agreement_follows_the_noun_chosen():
    big_bank = Phrase("bank", "a", adjective="old")
    assert translations(Sentence("statement", Clause(ANNA, "look at", big_bank))) == pytest.approx(
        {
            "Anna sieht eine alte Bank an.": 0.75 * 0.8,
            "Anna schaut eine alte Bank an.": 0.75 * 0.2,
            "Anna sieht ein altes Ufer an.": 0.25 * 0.8,
            "Anna schaut ein altes Ufer an.": 0.25 * 0.2,
        }
    )


def test_a_pronoun_agrees_with_the_noun_chosen_before():
    old = Clause(Phrase("it", antecedent="object"), "be", predicate="old")
    sentence = Sentence("because", Clause(ANNA, "eat", Phrase("cake", "the")), old)
    assert {text for text in translations(sentence) if "weil" in text} == {
        "Anna isst den Kuchen, weil er alt ist.",
        "Anna isst die Torte, weil sie alt ist.",
    }


def test_a_separable_verb_may_stand_for_one_that_is_not():
    match = Clause(Phrase("match", "the"), "begin", time=Time("clock", number=9), fronted=True)
    assert "Um 9 Uhr fängt das Spiel an." in translations(Sentence("statement", match))
    assert "Um 9 Uhr beginnt das Spiel." in translations(Sentence("statement", match))


@pytest.mark.parametrize(
    ("determiner", "gender", "expected"),
    [
        ("the", "m", "der den dem"),
        ("the", "f", "die die der"),
        ("the", "n", "das das dem"),
        ("the", "p", "die die den"),
        ("a", "m", "ein einen einem"),
        ("a", "f", "eine eine einer"),
        ("no", "n", "kein kein keinem"),
        ("no", "p", "keine keine keinen"),
        ("my", "f", "meine meine meiner"),
        ("this", "n", "dieses dieses diesem"),
    ],
)
def test_articles(determiner, gender, expected):
    assert [determine(determiner, gender, case) for case in CASES] == expected.split()


@pytest.mark.parametrize(
    ("determiner", "gender", "expected"),
    [
        ("the", "m", "teure teuren teuren"),
        ("this", "f", "teure teure teuren"),
        ("the", "p", "teuren teuren teuren"),
        ("a", "m", "teurer teuren teuren"),
        ("my", "n", "teures teures teuren"),
        ("no", "p", "teuren teuren teuren"),
        ("some", "m", "teurer teuren teurem"),
        ("some", "f", "teure teure teurer"),
        ("number", "p", "teure teure teuren"),
    ],
)
def test_adjectives(determiner, gender, expected):
    teuer = Adjective("teuer", "teur")
    assert [describe(teuer, determiner, gender, case) for case in CASES] == expected.split()


@pytest.mark.parametrize(
    ("noun", "plural", "expected"),
    [
        (MANN, False, "Mann Mann Mann"),
        (MANN, True, "Männer Männer Männern"),
        (FRAU, True, "Frauen Frauen Frauen"),
        (JUNGE, False, "Junge Jungen Jungen"),
        (Noun("Auto", "n", "Autos"), True, "Autos Autos Autos"),
    ],
)
def test_nouns(noun, plural, expected):
    assert [inflect(noun, plural, case) for case in CASES] == expected.split()


def test_relative_pronouns():
    assert [relative_pronoun("m", case) for case in CASES] == ["der", "den", "dem"]
    assert [relative_pronoun("p", case) for case in CASES] == ["die", "die", "denen"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("in", "Garten", "m"), "im Garten"),
        (("in", "Stadt", "f"), "in der Stadt"),
        (("an", "Fluss", "m"), "am Fluss"),
        (("auf", "Markt", "m"), "auf dem Markt"),
        (("zu", "Schule", "f"), "zur Schule"),
        (("zu", "Ufer", "n"), "zum Ufer"),
        (("von", "Park", "m"), "vom Park"),
        (("von", "Bank", "f"), "von der Bank"),
    ],
)
def test_contractions(place, expected):
    assert " ".join(at_place(*place)) == expected
