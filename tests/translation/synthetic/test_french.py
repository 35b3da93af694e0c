"""French beyond the best translation: alternatives with their probabilities, and how words join."""

import pytest

from translation.synthetic.choices import outcomes
from translation.synthetic.french import TIME_KEEPS_PLACE, french
from translation.synthetic.french_phrases import agree, determine, join, starts_with_vowel
from translation.synthetic.lexicon_en_fr import Adjective, Noun
from translation.synthetic.meaning import Clause, Phrase, Sentence, Time

ANNA, PAUL = Phrase("Anna"), Phrase("Paul")
HOMME, FILLE, AMIE = Noun("homme", "m"), Noun("fille", "f"), Noun("amie", "f")
BEAU = Adjective("before", "beau", "belle", "beaux", "belles", "bel")


def translations(sentence):
    found = {}
    for text, probability in outcomes(lambda choose: french(sentence, choose)):
        found[text] = found.get(text, 0) + probability
    return found


def test_call_takes_an_object_or_a_preposition():
    sentence = Sentence("statement", Clause(ANNA, "call", Phrase("boy", "the")))
    assert translations(sentence) == pytest.approx(
        {"Anna appelle le garçon.": 0.8, "Anna téléphone au garçon.": 0.2}
    )


def test_they_may_be_women():
    sentence = Sentence("statement", Clause(Phrase("they", plural=True), "be", predicate="old"))
    assert translations(sentence) == pytest.approx(
        {"Ils sont vieux.": 0.8, "Elles sont vieilles.": 0.2}
    )


def test_a_time_keeps_its_place_or_moves():
    clause = Clause(ANNA, "work", time=Time("weekday", "Monday"))
    keeps, moves = TIME_KEEPS_PLACE, 1 - TIME_KEEPS_PLACE
    assert translations(Sentence("statement", clause)) == pytest.approx(
        {"Anna travaille lundi.": keeps, "Lundi, Anna travaille.": moves}
    )
    assert translations(Sentence("question", clause)) == {"Est-ce qu'Anna travaille lundi ?": 1}


def test_agreement_follows_the_noun_chosen():
    old = Clause(Phrase("it", antecedent="object"), "be", predicate="new")
    sentence = Sentence("because", Clause(ANNA, "buy", Phrase("bike", "a")), old)
    found = {text for text in translations(sentence) if "neu" in text and "parce" in text}
    assert found == {
        "Anna achète un vélo parce qu'il est neuf.",
        "Anna achète une bicyclette parce qu'elle est neuve.",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("le homme", "l'homme"),
        ("la école", "l'école"),
        ("le livre", "le livre"),
        ("ne achète pas de œuf", "n'achète pas d'œuf"),
        ("que elle", "qu'elle"),
        ("à le marché", "au marché"),
        ("à les amis", "aux amis"),
        ("de le garçon", "du garçon"),
        ("de les filles", "des filles"),
        ("à le ami", "à l'ami"),
        ("de le eau", "de l'eau"),
        ("si il dort", "s'il dort"),
        ("si elle dort", "si elle dort"),
        ("besoin de huit clés", "besoin de huit clés"),
        ("besoin de onze clés", "besoin de onze clés"),
        ("le 8 mai", "le 8 mai"),
        ("parce que Anna , dort", "parce qu'Anna, dort"),
    ],
)
def test_elision_and_contraction(words, expected):
    assert join(words.split()) == expected


@pytest.mark.parametrize(
    ("determiner", "noun", "plural", "following", "expected"),
    [
        ("the", HOMME, False, "homme", "le"),
        ("the", FILLE, True, "filles", "les"),
        ("a", FILLE, False, "fille", "une"),
        ("my", FILLE, False, "fille", "ma"),
        ("my", AMIE, False, "amie", "mon"),
        ("my", AMIE, False, "jeune", "ma"),
        ("this", HOMME, False, "homme", "cet"),
        ("this", HOMME, False, "vieil", "ce"),
        ("this", AMIE, False, "amie", "cette"),
        ("number", FILLE, True, "filles", ""),
    ],
)
def test_articles(determiner, noun, plural, following, expected):
    assert determine(determiner, noun, plural, following) == expected


@pytest.mark.parametrize(
    ("gender", "plural", "following", "expected"),
    [
        ("m", False, "livre", "beau"),
        ("m", False, "homme", "bel"),
        ("m", False, "", "beau"),
        ("f", False, "amie", "belle"),
        ("m", True, "hommes", "beaux"),
        ("f", True, "filles", "belles"),
    ],
)
def test_adjectives(gender, plural, following, expected):
    assert agree(BEAU, gender, plural, following) == expected


def test_vowels():
    assert all(map(starts_with_vowel, ("homme", "école", "œuf", "Anna", "étudiant")))
    assert not any(map(starts_with_vowel, ("huit", "onze", "livre", "8", "")))
