"""Combinations of words that no training sentence contains and every test sentence does.

They are of four kinds: subject and verb, verb and object, adjective and noun (attributive or
predicative), and number and noun. Every single word stays in the training text.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from translation.synthetic.lexicon_en import NOUNS, VERBS
from translation.synthetic.meaning import PRONOUNS, Sentence, clauses
from translation.synthetic.pairs import Pair
from translation.synthetic.settings import Settings, adjectives_for, nouns_with

# How much of all combinations is held out, and how much of those of any one word at most.
SHARE = 0.08
SHARE_OF_A_WORD = 0.25
_NUMBERS = range(2, 13)


class Combination(NamedTuple):
    """Two words that meet: `kind` is "subject verb", "verb object", "adjective noun" or
    "number noun", and names them in their order."""

    kind: str
    first: str
    second: str


def combinations_in(sentence: Sentence) -> set[Combination]:
    """All combinations in `sentence`, relative clauses included; a pronoun is no noun here."""
    found = set()
    for clause in clauses(sentence):
        subject, verb, thing = clause.subject, clause.verb, clause.object
        if subject.noun not in PRONOUNS:
            found.add(Combination("subject verb", subject.noun, verb))
            found.add(Combination("adjective noun", clause.predicate, subject.noun))
        if thing:
            found.add(Combination("verb object", verb, thing.noun))
        for phrase in filter(None, (subject, thing, clause.recipient, clause.companion)):
            found.add(Combination("adjective noun", phrase.adjective, phrase.noun))
            if phrase.number:
                found.add(Combination("number noun", str(phrase.number.value), phrase.noun))
    return {combination for combination in found if combination.first}


def hold_out(settings: Settings, pair: Pair, random: Random) -> frozenset[Combination]:
    """Draws the combinations to hold out.

    A combination in which one word tells what the other one means is never held out: what the
    cue says can only be learned from it.
    """
    possible = [each for each in _possible(settings) if not _settles(each, pair.lexicon)]
    partners = Counter(word for each in possible for word in _words(each))
    held_out, taken = set(), Counter()
    for combination in random.sample(possible, len(possible)):
        words = _words(combination)
        if len(held_out) >= SHARE * len(possible):
            break
        if all(taken[word] + 1 <= SHARE_OF_A_WORD * partners[word] for word in words):
            held_out.add(combination)
            taken.update(words)
    return frozenset(held_out)


def _possible(settings: Settings) -> Iterator[Combination]:
    for verb in settings.verbs:
        for noun in nouns_with(settings, VERBS[verb].subjects):
            yield Combination("subject verb", noun, verb)
        for noun in nouns_with(settings, VERBS[verb].objects):
            yield Combination("verb object", verb, noun)
    counted = "number" in dict(settings.determiners)
    for noun in settings.nouns:
        for adjective in adjectives_for(settings, noun):
            yield Combination("adjective noun", adjective, noun)
        if counted and NOUNS[noun].plural != "-":
            for number in _NUMBERS:
                yield Combination("number noun", str(number), noun)


def _words(combination):
    """The two words, each with its role: a noun is another word as subject and as object."""
    kind, first, second = combination
    return (kind, "first", first), (kind, "second", second)


def _settles(combination, lexicon):
    words = {combination.first, combination.second}
    tables = (lexicon.NOUNS, lexicon.VERBS, lexicon.ADJECTIVES)
    entries = (table[word] for table in tables for word in words if word in table)
    return any(words & entry.cues.keys() for entry in entries)
