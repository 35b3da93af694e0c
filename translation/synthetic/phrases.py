"""Draws noun phrases: which noun, which determiner, how many, what kind."""

from translation.synthetic.choices import Choose, chance, uniform, weighted
from translation.synthetic.lexicon_en import NOUNS
from translation.synthetic.meaning import Number, Phrase
from translation.synthetic.settings import Settings, adjectives_for, nouns_with

# Small counts are the common ones; among the larger, one compound series stands for all.
_SPELLED = tuple((number, 1 / number) for number in (*range(2, 13), *range(20, 30), 30, 40, 50))
_DIGITS = tuple(range(13, 100))

_UNUSUAL = {"stranger": ("my",), "kin": ("a", "this")}


def draw_phrase(
    choose: Choose,
    settings: Settings,
    tags: frozenset[str],
    besides: str = "",
    barred: frozenset[str] = frozenset(),
) -> Phrase:
    """Draws a noun phrase whose noun carries one of `tags`.

    Args:
        choose: makes the choices.
        settings: the words and rates.
        tags: noun tags, of which at least two nouns of `settings` carry one.
        besides: a noun that is taken already.
        barred: determiners that do not fit.
    """
    noun = choose(uniform(nouns_with(settings, tags, besides)))
    if "name" in NOUNS[noun].tags:
        return Phrase(noun)
    if "drink" in NOUNS[noun].tags:
        return Phrase(noun, "some", adjective=draw_adjective(choose, settings, noun))
    determiner = draw_determiner(choose, settings, noun, barred)
    number = draw_number(choose, settings) if determiner == "number" else None
    plural = bool(number) or (determiner != "a" and choose(chance(settings.rates.plural)))
    adjective = draw_adjective(choose, settings, noun)
    return Phrase(noun, determiner, plural, number, adjective)


def draw_determiner(
    choose: Choose, settings: Settings, noun: str, barred: frozenset[str] = frozenset()
) -> str:
    """Draws how `noun` is introduced, by none of `barred`: nobody says "my man"."""
    barred = barred.union(*(_UNUSUAL.get(tag, ()) for tag in NOUNS[noun].tags))
    fitting = tuple(pair for pair in settings.determiners if pair[0] not in barred)
    return choose(weighted(fitting))


def draw_number(choose: Choose, settings: Settings) -> Number:
    """Draws a count of at least two, and whether English spells it out."""
    if choose(chance(settings.rates.spelled)):
        return Number(choose(weighted(_SPELLED)), True)
    return Number(choose(uniform(_DIGITS)), False)


def draw_adjective(choose: Choose, settings: Settings, noun: str) -> str:
    """Draws an adjective that can describe `noun`, or ""."""
    fitting = adjectives_for(settings, noun)
    if fitting and choose(chance(settings.rates.adjective)):
        return choose(uniform(fitting))
    return ""
