"""Which words and constructions the grammar draws, and how often: the full and the simple one."""

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from translation.synthetic.lexicon_en import ADJECTIVES, NOUNS, OPPOSITES, VERBS


class Rates(NamedTuple):
    """How often an optional part is drawn where it fits, each in [0, 1]."""

    adjective: float = 0.25
    negation: float = 0.15
    modal: float = 0.15
    frequency: float = 0.15
    time: float = 0.3
    fronted: float = 0.4
    place: float = 0.3
    transport: float = 0.4
    companion: float = 0.1
    plural: float = 0.25
    pronoun: float = 0.15
    relative: float = 0.2
    spelled: float = 0.8


@dataclass(frozen=True, eq=False)
class Settings:
    """The words, constructions and rates of a grammar.

    `kinds` (of sentences), `frames` (of verbs) and `determiners` are `(name, weight)` pairs.
    For every tag that a verb asks for there are two nouns, one of which may be taken; a noun
    that can be the subject of "be" has adjectives on two scales, of which one may be taken.
    """

    kinds: tuple[tuple[str, float], ...]
    frames: tuple[tuple[str, float], ...]
    determiners: tuple[tuple[str, float], ...]
    rates: Rates = field(default_factory=Rates)
    nouns: tuple[str, ...] = tuple(NOUNS)
    verbs: tuple[str, ...] = tuple(VERBS)
    adjectives: tuple[str, ...] = tuple(ADJECTIVES)


FULL = Settings(
    kinds=(("statement", 0.66), ("question", 0.1), ("because", 0.1), ("that", 0.07), ("if", 0.07)),
    frames=(
        ("transitive", 0.52),
        ("intransitive", 0.14),
        ("copula", 0.14),
        ("giving", 0.07),
        ("motion", 0.08),
        ("price", 0.03),
        ("event", 0.02),
    ),
    determiners=(("the", 0.5), ("a", 0.22), ("my", 0.1), ("this", 0.08), ("number", 0.1)),
)

SIMPLE = Settings(
    kinds=(("statement", 1.0),),
    frames=(("transitive", 0.7), ("intransitive", 0.15), ("copula", 0.15)),
    determiners=(("the", 0.6), ("a", 0.4)),
    rates=Rates(modal=0, frequency=0, time=0, companion=0, plural=0, pronoun=0, relative=0),
    nouns=tuple(
        "man woman child teacher friend dog cat bat book car lamp suitcase letter plant apple "
        "egg cake".split()
    ),
    verbs=tuple("buy sell see find open read eat call help sleep work be".split()),
    adjectives=("big", "small", "new", "old", "red", "tired", "friendly", "expensive"),
)


@cache
def nouns_with(settings: Settings, tags: frozenset[str], besides: str = "") -> tuple[str, ...]:
    """The nouns of `settings`, except `besides`, that carry at least one of `tags`."""
    return tuple(noun for noun in settings.nouns if NOUNS[noun].tags & tags and noun != besides)


@cache
def adjectives_for(settings: Settings, noun: str, besides: str = "") -> tuple[str, ...]:
    """The adjectives of `settings` that can describe `noun`, beside the adjective `besides`."""
    taken = OPPOSITES.get(besides, {besides})
    return tuple(
        word
        for word in settings.adjectives
        if ADJECTIVES[word] & NOUNS[noun].tags and word not in taken
    )


@cache
def verbs_of(
    settings: Settings, frame: str, role: str = "", noun: str = "", besides: str = ""
) -> tuple[str, ...]:
    """The verbs of `frame`, except `besides`, that take `noun` in `role`; all without a role.

    `role` is "subjects" or "objects".
    """
    return tuple(
        verb
        for verb in settings.verbs
        if VERBS[verb].frame == frame
        and verb != besides
        and (not role or getattr(VERBS[verb], role) & NOUNS[noun].tags)
    )
