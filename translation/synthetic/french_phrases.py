"""French noun phrases and how their words join: agreement, elision and contraction."""

from translation.synthetic.lexicon_en_fr import Adjective, Noun

_ARTICLES = {
    "the": ("le", "la", "les"),
    "a": ("un", "une", "des"),
    "my": ("mon", "ma", "mes"),
    "this": ("ce", "cette", "ces"),
    "some": ("de le", "de la", "de les"),
    "no": ("de", "de", "de"),
}
_BEFORE_VOWEL = {"ma": "mon", "ce": "cet"}
_ELIDED = {"le", "la", "de", "ne", "que"}
_CONTRACTED = {
    ("à", "le"): "au", ("à", "les"): "aux", ("de", "le"): "du", ("de", "les"): "des",
    ("si", "il"): "s'il", ("si", "ils"): "s'ils",
}  # fmt: skip
_VOWELS = tuple("aàâeéèêiîoôuûhœ")
# Their first sound keeps "le" and "de" whole.
_ASPIRATED = ("huit", "onze")


def starts_with_vowel(word: str) -> bool:
    """Whether "le" loses its vowel before `word`; every other h of the lexicon is mute."""
    return word.lower().startswith(_VOWELS) and word not in _ASPIRATED


def determine(determiner: str, noun: Noun, plural: bool, following: str) -> str:
    """The article "the", "a", "my", "this", "some" or "no" before the word `following`; else ""."""
    if determiner not in _ARTICLES:
        return ""
    masculine, feminine, several = _ARTICLES[determiner]
    if plural:
        return several
    article = masculine if noun.gender == "m" else feminine
    return _BEFORE_VOWEL.get(article, article) if starts_with_vowel(following) else article


def agree(adjective: Adjective, gender: str, plural: bool, following: str = "") -> str:
    """The form of `adjective` for a gender ("m", "f") and number, before the word `following`."""
    if plural:
        return adjective.masculine_plural if gender == "m" else adjective.feminine_plural
    if gender == "f":
        return adjective.feminine
    if adjective.vowel and starts_with_vowel(following):
        return adjective.vowel
    return adjective.masculine


def join(words: list[str]) -> str:
    """Joins words into text: "le homme" becomes "l'homme", "à le" becomes "au"."""
    joined = []
    for word in reversed(" ".join(words).split()):
        following = joined[-1] if joined else ""
        if word in _ELIDED and starts_with_vowel(following):
            joined[-1] = f"{word[:-1]}'{following}"
        elif (word, following) in _CONTRACTED:
            joined[-1] = _CONTRACTED[word, following]
        else:
            joined.append(word)
    return " ".join(reversed(joined)).replace(" ,", ",")
