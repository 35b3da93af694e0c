"""Lexicon tables: what a line means, and which lines are refused."""

import pytest

from translation.synthetic import lexicon_en_de, lexicon_en_fr
from translation.synthetic.lexicon_en import ADJECTIVES, NOUNS, VERBS
from translation.synthetic.tables import read_table


def pair_of(*fields):
    return fields


def test_a_line_with_alternatives_and_cues():
    table = read_table(
        """
        bank = .7 Bank f | .3 Ufer n @ Ufer: river by_the_sea @ Bank: city
        come_back = zurück_kommen
        """,
        pair_of,
    )
    bank = table["bank"]
    assert bank.prior.values == (("Bank", "f"), ("Ufer", "n"))
    assert bank.prior.probabilities == (0.7, 0.3)
    assert bank.given({"by the sea"}).values == (("Ufer", "n"),)
    assert bank.given({"green", "city"}).values == (("Bank", "f"),)
    assert bank.given({"green"}) is bank.prior
    assert table["come back"].prior.values == (("zurück kommen",),)


def test_the_first_cue_listed_wins():
    entry = read_table("bank = .7 Bank | .3 Ufer @ Ufer: river @ Bank: city", str)["bank"]
    assert entry.given({"city", "river"}).values == ("Ufer",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bank = .7 Bank | .2 Ufer", "sum to 0.8"),
        ("bank = Bank\nbank = Ufer", "comes again"),
        ("bank = .7 Bank | .3 Ufer @ Kran: river", "cue for exactly one"),
        ("bank = .7 Bank f | .3 Couch f @ f: river", "cue for exactly one"),
    ],
)
def test_refused_lines(text, message):
    with pytest.raises(ValueError, match=message):
        read_table(text, pair_of)


@pytest.mark.parametrize("lexicon", [lexicon_en_de, lexicon_en_fr])
def test_a_lexicon_knows_every_english_word(lexicon):
    nouns = {word for word, noun in NOUNS.items() if "name" not in noun.tags}
    assert lexicon.NOUNS.keys() == nouns
    assert lexicon.ADJECTIVES.keys() == ADJECTIVES.keys()
    assert VERBS.keys() < lexicon.VERBS.keys()
    countable = (word for word in nouns if NOUNS[word].plural != "-")
    assert all(form.plural for word in countable for form in lexicon.NOUNS[word].prior.values)


@pytest.mark.parametrize("lexicon", [lexicon_en_de, lexicon_en_fr])
def test_cues_are_english_words(lexicon):
    known = NOUNS.keys() | VERBS.keys() | ADJECTIVES.keys() | lexicon.PLACES.keys()
    known |= lexicon.WORDS.keys() | {"he", "she", "familiar", "polite"}
    tables = (lexicon.NOUNS, lexicon.VERBS, lexicon.ADJECTIVES, lexicon.WORDS)
    cues = {cue for table in tables for entry in table.values() for cue in entry.cues}
    assert cues - known == set()
