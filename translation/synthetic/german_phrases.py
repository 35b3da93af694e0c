"""German noun phrases: articles, adjective endings and nouns that agree in gender and case."""

from translation.synthetic.lexicon_en_de import Adjective, Noun

# Endings by gender, "p" for the plural.
_DER = {
    "nominative": {"m": "der", "f": "die", "n": "das", "p": "die"},
    "accusative": {"m": "den", "f": "die", "n": "das", "p": "die"},
    "dative": {"m": "dem", "f": "der", "n": "dem", "p": "den"},
}
_DIESER = {
    "nominative": {"m": "er", "f": "e", "n": "es", "p": "e"},
    "accusative": {"m": "en", "f": "e", "n": "es", "p": "e"},
    "dative": {"m": "em", "f": "er", "n": "em", "p": "en"},
}
_EIN = {
    "nominative": {"m": "", "f": "e", "n": "", "p": "e"},
    "accusative": {"m": "en", "f": "e", "n": "", "p": "e"},
    "dative": {"m": "em", "f": "er", "n": "em", "p": "en"},
}
_WEAK = {
    "nominative": {"m": "e", "f": "e", "n": "e", "p": "en"},
    "accusative": {"m": "en", "f": "e", "n": "e", "p": "en"},
    "dative": {"m": "en", "f": "en", "n": "en", "p": "en"},
}
_MIXED = {
    "nominative": {"m": "er", "f": "e", "n": "es", "p": "en"},
    "accusative": {"m": "en", "f": "e", "n": "es", "p": "en"},
    "dative": {"m": "en", "f": "en", "n": "en", "p": "en"},
}
_CONTRACTED = {
    ("in", "dem"): "im", ("an", "dem"): "am", ("von", "dem"): "vom", ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
}  # fmt: skip
_STEMS = {"a": "ein", "my": "mein", "no": "kein"}


def inflect(noun: Noun, plural: bool, case: str) -> str:
    """The form of `noun` in a case ("nominative", "accusative", "dative")."""
    if plural:
        if case == "dative" and not noun.plural.endswith(("n", "s")):
            return noun.plural + "n"
        return noun.plural
    return noun.oblique if noun.oblique and case != "nominative" else noun.singular


def determine(determiner: str, gender: str, case: str) -> str:
    """The article "the", "this", "a", "my" or "no" for a gender ("m", "f", "n", "p"); else ""."""
    if determiner == "the":
        return _DER[case][gender]
    if determiner == "this":
        return "dies" + _DIESER[case][gender]
    if determiner in _STEMS:
        return _STEMS[determiner] + _EIN[case][gender]
    return ""


def describe(adjective: Adjective, determiner: str, gender: str, case: str) -> str:
    """The attributive form of `adjective` behind `determiner`."""
    if determiner in ("the", "this"):
        endings = _WEAK
    elif determiner in _STEMS:
        endings = _MIXED
    else:
        # Without an article the adjective itself carries the article's ending.
        endings = _DIESER
    return (adjective.stem or adjective.predicate) + endings[case][gender]


def relative_pronoun(gender: str, case: str) -> str:
    """The relative pronoun for an antecedent of `gender` ("m", "f", "n", "p")."""
    return "denen" if (gender, case) == ("p", "dative") else _DER[case][gender]


def at_place(preposition: str, singular: str, gender: str) -> list[str]:
    """A preposition with the dative and its definite noun, contracted where German does so."""
    article = _DER["dative"][gender]
    contracted = _CONTRACTED.get((preposition, article))
    return [contracted, singular] if contracted else [preposition, article, singular]
