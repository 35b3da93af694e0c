"""What a sentence says, before any language: the records that the grammar passes around.

Words are named by their English base form, so everything a translation depends on can be read
off the English sentence.
"""

from __future__ import annotations

from typing import NamedTuple

PRONOUNS = ("I", "you", "he", "she", "it", "we", "they")


class Number(NamedTuple):
    """A count of at least two, spelled out in words or written in digits."""

    value: int
    spelled: bool


class Time(NamedTuple):
    """A point in time: `kind` is "day" (word), "weekday" (word), "date" (month, day) or "clock"."""

    kind: str
    word: str = ""
    number: int = 0


class Place(NamedTuple):
    """A place: `relation` is "in", "to" or "from"; `noun` names it."""

    relation: str
    noun: str


class Phrase(NamedTuple):
    """A noun phrase, a name or a pronoun.

    `determiner` is "the", "a", "my", "this", "some" (mass nouns: no article), "number" or ""
    (names and pronouns). A pronoun's `antecedent` is "subject" or "object" of the sentence's
    first clause, or "" where it stands for nobody named.
    """

    noun: str
    determiner: str = ""
    plural: bool = False
    number: Number | None = None
    adjective: str = ""
    relative: Relative | None = None
    antecedent: str = ""


class Clause(NamedTuple):
    """One verb with all that belongs to it; what is absent is None, empty or False.

    `fronted` says that the time stands before the subject in English.
    """

    subject: Phrase
    verb: str
    object: Phrase | None = None
    recipient: Phrase | None = None
    predicate: str = ""
    price: int = 0
    modal: str = ""
    negated: bool = False
    frequency: str = ""
    time: Time | None = None
    fronted: bool = False
    place: Place | None = None
    transport: str = ""
    companion: Phrase | None = None


class Relative(NamedTuple):
    """A relative clause: the noun it hangs on is the `gap`, "subject" or "object", of `clause`.

    The clause holds the noun phrase itself at the gap, without this relative clause.
    """

    gap: str
    clause: Clause


class Sentence(NamedTuple):
    """One or two clauses in the order of the English words.

    `kind` is "statement", "question", "that", "because" or "if" (the if-clause comes first).
    `address` is the name called at the end, or "".
    """

    kind: str
    first: Clause
    second: Clause | None = None
    address: str = ""


def clauses(sentence: Sentence) -> list[Clause]:
    """All clauses of a sentence, relative clauses included."""
    found = [clause for clause in (sentence.first, sentence.second) if clause]
    for clause in tuple(found):
        phrases = (clause.subject, clause.object)
        found += [phrase.relative.clause for phrase in phrases if phrase and phrase.relative]
    return found


def context(clause: Clause, phrase: Phrase | None = None) -> set[str]:
    """The English words of `clause` that can settle what a word in it means.

    With `phrase`, its adjective and the clause that hangs on it join them.
    """
    words = {clause.verb, clause.predicate, clause.transport}
    if clause.place:
        words.add(clause.place.noun)
    if phrase:
        words.add(phrase.adjective)
        if phrase.relative:
            words |= context(phrase.relative.clause)
    return words - {""}
