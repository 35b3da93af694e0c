"""The language pairs: how each translates, and the lexicon that it translates with."""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from be_tracks.errors import UserError
from translation.synthetic import lexicon_en_de, lexicon_en_fr
from translation.synthetic.choices import Choose, most_probable
from translation.synthetic.french import french
from translation.synthetic.german import german
from translation.synthetic.meaning import Sentence

Translate = Callable[[Sentence, Choose], str]


class Pair(NamedTuple):
    """English and a `target` language (its code): a program of choices and its lexicon."""

    target: str
    translate: Translate
    lexicon: ModuleType


_PAIRS = {
    "en-de": Pair("de", german, lexicon_en_de),
    "en-fr": Pair("fr", french, lexicon_en_fr),
}


def pair_named(name: str) -> Pair:
    """The pair "en-de" or "en-fr"; raises UserError for another name."""
    if name not in _PAIRS:
        raise UserError(f"expected a language pair out of {', '.join(_PAIRS)}; got {name!r}.")
    return _PAIRS[name]


def without_ambiguity(pair: Pair) -> Pair:
    """The same pair where every choice falls on its most probable value."""

    def translate(sentence, choose):
        return pair.translate(sentence, most_probable)

    return pair._replace(translate=translate)
