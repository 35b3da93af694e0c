"""Damaged sentences are told from sound ones, of which languages have odd ones."""

import pytest

from translation.preparation.mojibake import (
    LATIN,
    has_control_characters,
    has_damaged_encoding,
    is_in_other_script,
)

SOUND = [
    "",
    "A plain sentence, 100 % sound.",
    "Âge d’or : « l’œuvre » coûte 5 € — ça va, Noël ?",
    "Ârmée, âme, Â capital, ÂGE; SÃO PAULO, IRMÃ; Ångström: 5 Å, 5 Å, Åland",
    "„Größe“ – süß, Äpfel, Öl, Übermut; 20 °C, ½, §, ¿qué?, naïve",
    "Emoji 😀, 日本 in quotes, Москва, soft\u00adhyphen, zero\u200bwidth",
]


@pytest.mark.parametrize("sentence", SOUND)
def test_sound_sentences(sentence):
    assert not has_damaged_encoding(sentence)
    assert not has_control_characters(sentence)


def twice(sentence, wrong):
    """UTF-8 read in a wrong encoding: what is found in corpora."""
    return sentence.encode().decode(wrong)


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
@pytest.mark.parametrize("word", ["für", "café", "Größe", "naïve", "cœur", "l’été", "«", "10 €"])
def test_utf8_read_as_something_else(word, wrong):
    sentence = f"so {word} it is"
    assert not has_damaged_encoding(sentence)
    assert has_damaged_encoding(twice(sentence, wrong))
    assert has_damaged_encoding(f"so {twice(word, wrong)} it is")


@pytest.mark.parametrize("word", ["voilà", "à Paris", "déjà."])
def test_white_space_was_normalised_since(word):
    sentence = " ".join(twice(word, "latin-1").split())
    assert has_damaged_encoding(sentence)


def test_other_damage():
    assert has_damaged_encoding("m\ufffdssen")
    assert has_damaged_encoding("“quotes” – read".encode("cp1252").decode("latin-1"))


@pytest.mark.parametrize("mark", ["\x00", "\x07", "\x1b", "\x7f", "\uffff"])
def test_control_characters(mark):
    assert has_control_characters(f"be{mark}fore")
    assert has_control_characters(f"grö{mark}ße")


@pytest.mark.parametrize("space", ["\t", "\n", "\u2028", "\xa0"])
def test_white_space_is_no_control_character(space):
    assert not has_control_characters(f"be{space}fore")


@pytest.mark.parametrize(
    ("sentence", "other"),
    [
        ("only Latin", False),
        ("Größe, Œuvre, ½, Łódź, İstanbul, Điện", False),
        ("1,234 – 5 €; 日", True),
        ("− 7 → 8 ✓", False),
        ("Москва", True),
        ("日本語の文", True),
        ("Москва is Moscow", False),
        ("Москва, that", True),
        ("abcd абвг", False),
        ("abc абвг", True),
    ],
)
def test_scripts(sentence, other):
    assert is_in_other_script(sentence, "de") is other
    assert not is_in_other_script(sentence, "ru")
    assert not is_in_other_script(sentence, "")


def test_the_pairs_of_wmt14_are_judged():
    assert {"en", "de", "fr"} <= LATIN
