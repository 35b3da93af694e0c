"""Draws one clause: a verb of some frame, what it needs, and what may be added."""

from functools import cache
from typing import NamedTuple

from translation.synthetic.adverbials import (
    draw_clock,
    draw_companion,
    draw_frequency,
    draw_place,
    draw_time,
    draw_transport,
)
from translation.synthetic.choices import Choose, chance, uniform, weighted
from translation.synthetic.lexicon_en import VERBS
from translation.synthetic.meaning import Clause, Phrase
from translation.synthetic.phrases import draw_phrase
from translation.synthetic.settings import Settings, adjectives_for, verbs_of

_MODALS = weighted((("can", 0.3), ("must", 0.2), ("want to", 0.25), ("will", 0.25)))
_NEGATED_MODALS = weighted((("can", 0.4), ("want to", 0.3), ("will", 0.3)))
_PERSON = frozenset({"person"})
_VAGUE = frozenset({"a"})
_COUNT = frozenset({"number"})
# States: they neither happen at some time nor are wanted, and have no modal verb here.
_STATES = frozenset({"know", "need", "live"})
_PRICES = tuple(range(5, 1000, 5))


class Wishes(NamedTuple):
    """What a clause must be like.

    `frames` are the verb frames allowed (none named: every frame); `besides` is a verb and
    `without` a subject noun that is taken. `modal` True asks for a modal verb, False forbids
    it, None draws. `brief` leaves out time, company and means of transport; `positive` leaves
    out negation.
    """

    frames: tuple[str, ...] = ()
    besides: str = ""
    without: str = ""
    modal: bool | None = None
    brief: bool = True
    positive: bool = False


def draw_clause(
    choose: Choose,
    settings: Settings,
    wishes: Wishes,
    subject: Phrase | None = None,
    like: Phrase | None = None,
) -> Clause:
    """Draws a clause.

    Args:
        choose: makes the choices.
        settings: the words, weights and rates.
        wishes: what the clause must be like.
        subject: the subject; None draws one.
        like: with `subject`, the phrase whose noun and adjective say which verbs and
            predicates fit: what a pronoun stands for.
    """
    noun = like.noun if like else ""
    frame = choose(weighted(_fitting_frames(settings, wishes, noun)))
    verb = choose(uniform(_fitting_verbs(settings, frame, wishes, noun)))
    if subject is None:
        barred = _VAGUE if frame == "copula" else frozenset()
        tags = VERBS[verb].subjects
        subject = like = draw_phrase(choose, settings, tags, wishes.without, barred)
    if frame == "price":
        return Clause(subject, verb, price=choose(uniform(_PRICES)))
    if frame == "event":
        return Clause(subject, verb, time=draw_clock(choose))
    negated = not wishes.positive and choose(chance(settings.rates.negation))
    if frame == "copula":
        fitting = adjectives_for(settings, like.noun, like.adjective)
        return Clause(subject, verb, predicate=choose(uniform(fitting)), negated=negated)
    return _action(choose, settings, wishes, Clause(subject, verb, negated=negated))


@cache
def _fitting_frames(settings, wishes, noun):
    return tuple(
        (frame, weight)
        for frame, weight in settings.frames
        if (not wishes.frames or frame in wishes.frames)
        and _fitting_verbs(settings, frame, wishes, noun)
    )


@cache
def _fitting_verbs(settings, frame, wishes, noun):
    """The verbs of `frame` that `noun` can do and `wishes` allow; "be" may come twice."""
    if wishes.modal and frame in ("copula", "price", "event"):
        return ()
    barred = {wishes.besides} - {"be"} | (_STATES if wishes.modal else set())
    verbs = verbs_of(settings, frame, "subjects" if noun else "", noun)
    return tuple(verb for verb in verbs if verb not in barred)


def _action(choose, settings, wishes, clause):
    """Completes a clause in which something happens, or a state holds."""
    lasts = clause.verb in _STATES
    modal, frequency = "", ""
    wanted = wishes.modal
    if wanted is None and not lasts:
        wanted = choose(chance(settings.rates.modal))
    if wanted:
        # "Must not" forbids, which the other languages say with another verb.
        modal = choose(_NEGATED_MODALS if clause.negated else _MODALS)
    if not (clause.negated or modal or lasts):
        frequency = draw_frequency(choose, settings)
    clause = clause._replace(modal=modal, frequency=frequency)
    clause = _with_objects(choose, settings, clause)
    if lasts and clause.verb != "live":
        return clause
    clause = clause._replace(place=draw_place(choose, settings, clause.verb))
    return clause if lasts or wishes.brief else _with_adverbials(choose, settings, clause)


def _with_objects(choose, settings, clause):
    verb, taken = VERBS[clause.verb], clause.subject.noun
    if verb.frame == "giving":
        recipient = draw_phrase(choose, settings, _PERSON, taken, _COUNT | _VAGUE)
        clause = clause._replace(recipient=recipient)
    if verb.frame in ("giving", "transitive"):
        # "Not three" would leave open how many there are after all.
        barred = _COUNT if clause.negated or clause.frequency == "never" else frozenset()
        object_ = draw_phrase(choose, settings, verb.objects, taken, barred)
        clause = clause._replace(object=object_)
    return clause


def _with_adverbials(choose, settings, clause):
    if clause.verb == "go":
        clause = clause._replace(transport=draw_transport(choose, settings))
    others = clause.recipient or "person" in VERBS[clause.verb].objects
    if not others and clause.verb != "sleep":
        companion = draw_companion(choose, settings, clause.subject.noun)
        clause = clause._replace(companion=companion)
    # "Always on Monday" and "never now" are sentences nobody says.
    time = None if clause.frequency else draw_time(choose, settings, clause.modal)
    return clause._replace(time=time)
