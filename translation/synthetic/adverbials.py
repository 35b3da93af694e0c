"""Draws what can be added to a clause: time, frequency, place and company."""

from translation.synthetic.choices import Choose, chance, uniform, weighted
from translation.synthetic.lexicon_en import (
    DAYS,
    GOALS,
    HOMES,
    MONTHS,
    PLACES,
    TRANSPORTS,
    WEEKDAYS,
)
from translation.synthetic.meaning import Phrase, Place, Time
from translation.synthetic.phrases import draw_phrase
from translation.synthetic.settings import Settings

_TIME_KINDS = (("day", 0.45), ("weekday", 0.2), ("date", 0.2), ("clock", 0.15))
_FREQUENCIES = (("often", 0.35), ("always", 0.2), ("sometimes", 0.2), ("never", 0.25))


def draw_time(choose: Choose, settings: Settings, modal: str = "") -> Time | None:
    """Draws a point in time or None; "tomorrow" stands only beside the modal "will"."""
    if not choose(chance(settings.rates.time)):
        return None
    kind = choose(weighted(_TIME_KINDS))
    if kind == "date":
        month = choose(uniform(tuple(MONTHS)))
        return Time(kind, month, choose(uniform(tuple(range(1, MONTHS[month] + 1)))))
    if kind == "clock":
        return draw_clock(choose)
    if kind == "weekday":
        return Time(kind, choose(uniform(WEEKDAYS)))
    return Time(kind, choose(uniform((*DAYS, "tomorrow") if modal == "will" else DAYS)))


def draw_clock(choose: Choose) -> Time:
    """Draws a full hour."""
    return Time("clock", number=choose(uniform(tuple(range(2, 13)))))


def draw_frequency(choose: Choose, settings: Settings) -> str:
    """Draws how often something happens, or ""."""
    wanted = choose(chance(settings.rates.frequency))
    return choose(weighted(_FREQUENCIES)) if wanted else ""


def draw_place(choose: Choose, settings: Settings, verb: str) -> Place | None:
    """Draws where `verb` happens, leads or comes from; None where that is left open."""
    if verb == "go":
        return Place("to", choose(uniform(GOALS)))
    if verb == "come back":
        return Place("from", choose(uniform(GOALS)))
    if verb == "live":
        return Place("in", choose(uniform(HOMES)))
    if choose(chance(settings.rates.place)):
        return Place("in", choose(uniform(tuple(PLACES.values()))))
    return None


def draw_transport(choose: Choose, settings: Settings) -> str:
    """Draws a means of transport, or ""."""
    wanted = choose(chance(settings.rates.transport))
    return choose(uniform(tuple(TRANSPORTS))) if wanted else ""


def draw_companion(choose: Choose, settings: Settings, besides: str) -> Phrase | None:
    """Draws the person that comes along, not `besides`, or None."""
    wanted = choose(chance(settings.rates.companion))
    return draw_phrase(choose, settings, frozenset({"person"}), besides) if wanted else None
