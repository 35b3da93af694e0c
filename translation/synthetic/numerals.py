"""Numbers from 2 to 99 as words of English, German and French."""

_ENGLISH_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_ENGLISH_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_GERMAN_SMALL = (
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
).split()
_GERMAN_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_FRENCH_SMALL = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf"
).split()
# Seventy is sixty and ten, ninety is eighty and ten: their tens repeat the ten below.
_FRENCH_TENS = (
    "- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt"
).split()


def _check(number):
    if not 2 <= number <= 99:
        raise ValueError(f"expected a number from 2 to 99 to spell out; came {number}")


def english_number(number: int) -> str:
    """Spells `number` (2 to 99): 21 is "twenty-one". Raises ValueError outside that range."""
    _check(number)
    if number < 20:
        return _ENGLISH_SMALL[number]
    tens, ones = divmod(number, 10)
    return _ENGLISH_TENS[tens] + (f"-{_ENGLISH_SMALL[ones]}" if ones else "")


def german_number(number: int) -> str:
    """Spells `number` (2 to 99): 21 is "einundzwanzig". Raises ValueError outside that range."""
    _check(number)
    if number < 20:
        return _GERMAN_SMALL[number]
    tens, ones = divmod(number, 10)
    return (f"{_GERMAN_SMALL[ones]}und" if ones else "") + _GERMAN_TENS[tens]


def french_number(number: int, feminine: bool = False) -> str:
    """Spells `number` (2 to 99) in the spelling before 1990: 21 is "vingt et un".

    With `feminine`, a final "un" agrees: "vingt et une". Raises ValueError outside the range.
    """
    _check(number)
    tens, ones = divmod(number, 10)
    if number < 20:
        return _FRENCH_SMALL[number]
    if tens in (7, 9):
        ones += 10
    if ones == 0:
        return "quatre-vingts" if tens == 8 else _FRENCH_TENS[tens]
    last = "une" if ones == 1 and feminine else _FRENCH_SMALL[ones]
    linked = ones in (1, 11) and tens < 8
    return f"{_FRENCH_TENS[tens]} et {last}" if linked else f"{_FRENCH_TENS[tens]}-{last}"
