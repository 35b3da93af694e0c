"""What is wrong with the characters of one sentence: encodings mixed up, control characters,
letters of a script that the language does not use.

Takes a sentence, gives yes or no. Most sentences are told to be sound by one quick look.
"""

import re

# Languages, by ISO 639-1 code, that are written in Latin letters; others are not judged.
LATIN = frozenset(
    "af az bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms mt nl no pl pt ro sk"
    " sl sq sv sw tr uz vi".split()
)

# UTF-8 that was read as Latin-1 or Windows-1252 and written as UTF-8 again ("Ã©", "â€™", "Å“"),
# bytes that no encoding could read (U+FFFD), and Windows-1252 read as Latin-1 (U+0080 to U+009F).
# A capital Â stands before letters ("Âge") in sound French, never before these. An "à" lost its
# second half, a no-break space, when white space was normalised ("voilÃ ").
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_ENCODING = re.compile(
    f"[\ufffd\x80-\x9f]|Ã[\xa0-\xbf{_CP1252}]|(?<![A-Z])Ã(?= |$)|Â[\xa0-\xbf]|â[€‚]|Å“|ï»¿|ï¿½"
)
# Tabs and other control characters that are white space are none here.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufffe\uffff]")
_LATIN_LETTER = re.compile("[A-Za-zªº\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e00-\u1eff\ufb00-\ufb06]")


def has_damaged_encoding(sentence: str) -> bool:
    """Say whether the sentence has passed through a wrong encoding and kept the marks of it."""
    return not sentence.isascii() and _ENCODING.search(sentence) is not None


def has_control_characters(sentence: str) -> bool:
    """Say whether the sentence holds control characters that are no white space."""
    return not sentence.isprintable() and _CONTROL.search(sentence) is not None


def is_in_other_script(sentence: str, language: str) -> bool:
    """Say whether most letters are of a script that the language is not written in.

    Args:
        sentence: the text; without a letter it is of no script.
        language: ISO 639-1 code; only languages of Latin script (`LATIN`) are judged.
    """
    if sentence.isascii() or language not in LATIN:
        return False
    try:
        sentence.encode("cp1252")  # has Latin letters alone
        return False
    except UnicodeEncodeError:
        letters = sum(map(str.isalpha, sentence))
        return letters > 2 * len(_LATIN_LETTER.findall(sentence))
