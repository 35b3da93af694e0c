"""Numbers as words."""

import pytest

from translation.synthetic.numerals import english_number, french_number, german_number

KNOWN = [
    (2, "two", "zwei", "deux"),
    (7, "seven", "sieben", "sept"),
    (11, "eleven", "elf", "onze"),
    (12, "twelve", "zwölf", "douze"),
    (16, "sixteen", "sechzehn", "seize"),
    (17, "seventeen", "siebzehn", "dix-sept"),
    (20, "twenty", "zwanzig", "vingt"),
    (21, "twenty-one", "einundzwanzig", "vingt et un"),
    (26, "twenty-six", "sechsundzwanzig", "vingt-six"),
    (30, "thirty", "dreißig", "trente"),
    (47, "forty-seven", "siebenundvierzig", "quarante-sept"),
    (70, "seventy", "siebzig", "soixante-dix"),
    (71, "seventy-one", "einundsiebzig", "soixante et onze"),
    (77, "seventy-seven", "siebenundsiebzig", "soixante-dix-sept"),
    (80, "eighty", "achtzig", "quatre-vingts"),
    (81, "eighty-one", "einundachtzig", "quatre-vingt-un"),
    (91, "ninety-one", "einundneunzig", "quatre-vingt-onze"),
    (99, "ninety-nine", "neunundneunzig", "quatre-vingt-dix-neuf"),
]


@pytest.mark.parametrize(("number", "english", "german", "french"), KNOWN)
def test_known_numbers(number, english, german, french):
    assert english_number(number) == english
    assert german_number(number) == german
    assert french_number(number) == french


@pytest.mark.parametrize(
    ("number", "expected"),
    [(21, "vingt et une"), (31, "trente et une"), (81, "quatre-vingt-une"), (22, "vingt-deux")],
)
def test_french_one_agrees(number, expected):
    assert french_number(number, feminine=True) == expected


@pytest.mark.parametrize("spell", [english_number, german_number, french_number])
def test_every_number_has_its_own_word(spell):
    assert len({spell(number) for number in range(2, 100)}) == 98


@pytest.mark.parametrize("spell", [english_number, german_number, french_number])
@pytest.mark.parametrize("number", [-1, 0, 1, 100])
def test_numbers_out_of_range(spell, number):
    with pytest.raises(ValueError, match=f"from 2 to 99.*{number}"):
        spell(number)
