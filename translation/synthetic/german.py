"""From meaning to German: verb-second, verb-first and verb-final clauses with their brackets."""

from typing import NamedTuple

from translation.synthetic import lexicon_en_de as lexicon
from translation.synthetic.choices import Choose, chance
from translation.synthetic.german_phrases import (
    at_place,
    describe,
    determine,
    inflect,
    relative_pronoun,
)
from translation.synthetic.meaning import Clause, Phrase, Sentence
from translation.synthetic.numerals import german_number
from translation.synthetic.translator import Named, Translator

# How often a time keeps the place, before or behind the verb, that it has in English.
TIME_KEEPS_PLACE = 0.8
_PRONOUNS = {"I": "ich", "he": "er", "she": "sie", "we": "wir", "they": "sie"}
_IT = {"m": "er", "f": "sie", "n": "es"}
_RELATIONS = {"to": "zu", "from": "von"}
_NEWNESS = {"": "name", "a": "new", "some": "new", "number": "new"}


def german(sentence: Sentence, choose: Choose) -> str:
    """A German translation of `sentence`, with its capital and its final mark."""
    text = " ".join(_German(lexicon, sentence, choose).words()).replace(" ,", ",")
    # A relative clause at the very end needs no closing comma.
    text = text.removesuffix(",")
    return text[0].upper() + text[1:] + ("?" if sentence.kind == "question" else ".")


class _Parts(NamedTuple):
    """A clause in fields, each a list of words, before its order is known.

    `front` is a time that stands before the verb of a main clause. The verb is its finite
    form, its separable prefix and what of it stands at the end; `after` is the relative clause
    of the object, which follows all of it.
    """

    front: list[str]
    relative: list[str]
    subject: list[str]
    finite: str
    middle: list[str]
    prefix: str
    end: list[str]
    after: list[str]


class _German(Translator):
    """Forms and order of one German sentence."""

    def words(self) -> list[str]:
        """The words of the sentence; commas are words of their own."""
        kind, first, second, address = self.sentence
        if kind == "if":
            words = [self.word("if"), *self._verb_last(first), ","]
            return words + self._verb_first(second)
        words = self._verb_first(first) if kind == "question" else self._verb_second(first)
        if kind == "that":
            words += [",", "dass", *self._verb_last(second)]
        elif kind == "because":
            conjunction = self.word("because")
            order = self._verb_second if conjunction == "denn" else self._verb_last
            words += [",", conjunction, *order(second)]
        elif address:
            words += [",", lexicon.ADDRESSES.get(address, address)]
        return words

    def _verb_second(self, clause):
        parts = self._parts(clause, fronts=True)
        rest = parts.middle + _separate(parts) + parts.end + parts.after
        if parts.front:
            return [*parts.front, parts.finite, *parts.subject, *rest]
        return [*parts.subject, parts.finite, *rest]

    def _verb_first(self, clause):
        parts = self._parts(clause)
        rest = parts.middle + _separate(parts) + parts.end + parts.after
        return [parts.finite, *parts.subject, *rest]

    def _verb_last(self, clause, gap="", head=None):
        parts = self._parts(clause, gap, head)
        words = parts.relative + parts.subject + parts.middle + parts.end
        return [*words, parts.prefix + parts.finite, *parts.after]

    def _parts(
        self, clause: Clause, gap: str = "", head: Named | None = None, fronts: bool = False
    ) -> _Parts:
        """The fields of `clause`; in a relative clause `head` fills its `gap`."""
        verb = self.verb(clause)
        relative, subject = [], []
        if gap:
            case = "nominative" if gap == "subject" else verb.case
            relative = [relative_pronoun(head.gender, case)]
        named = head
        if gap != "subject":
            named = self.name(clause.subject, clause)
            subject = self._subject(clause.subject, named)
        finite, prefix, end = self._verb_forms(clause, verb, named.plural, subject)
        front, time = [], self._time(clause)
        if time and fronts and clause.fronted == self.choose(chance(TIME_KEEPS_PLACE)):
            front, time = time, []
        middle, after = self._middle(clause, verb.case, time, gap)
        middle += self._adverbials(clause, named)
        return _Parts(front, relative, subject, finite, middle, prefix, end, after)

    def _verb_forms(self, clause, verb, plural, subject):
        """The finite verb, its separable prefix, and the words of the verb at the end."""
        prefix = "" if verb.prefix == "-" else verb.prefix
        if clause.modal:
            modal = self.modal(clause)
            several = modal.plural if plural else modal.third
            by_pronoun = {"ich": modal.ich, "du": modal.du, "Sie": modal.plural}
            finite = by_pronoun.get(" ".join(subject), several)
            return finite, "", [prefix + verb.infinitive]
        if verb.infinitive == "sein":
            return "sind" if plural else "ist", "", []
        return verb.infinitive if plural else verb.third, prefix, []

    def _subject(self, phrase, named):
        if phrase.noun == "you":
            return [self.you()]
        if phrase.noun == "it":
            return [_IT[named.gender]]
        if phrase.noun in _PRONOUNS:
            return [_PRONOUNS[phrase.noun]]
        words = self._phrase(phrase, named, "nominative")
        relative = self._relative(phrase, named)
        return words + relative + [","] if relative else words

    def _middle(self, clause, case, time, gap):
        """The field behind the finite verb up to "nicht", and the relative clause that leaves it.

        Names come first, then the time, what is known, how often, and what is new.
        """
        fields = {"name": [], "known": [], "new": []}
        after = []
        if clause.recipient:
            words = self._phrase(clause.recipient, self.name(clause.recipient, clause), "dative")
            fields[_newness(clause.recipient)] += words
        bare = clause.object and clause.object.determiner in ("a", "some")
        if clause.object and gap != "object":
            thing = self.name(clause.object, clause)
            words = self._phrase(clause.object, thing, case, clause.negated and bare)
            fields[_newness(clause.object)] += words
            after = self._relative(clause.object, thing)
        often = [self.word(clause.frequency)] if clause.frequency else []
        not_ = ["nicht"] if clause.negated and not bare else []
        return fields["name"] + time + fields["known"] + often + fields["new"] + not_, after

    def _adverbials(self, clause, named):
        words = []
        if clause.transport:
            words.append(self.word(clause.transport))
        if clause.companion:
            companion = self.name(clause.companion, clause)
            words += ["mit", *self._phrase(clause.companion, companion, "dative")]
        if clause.place:
            place = self.place(clause)
            preposition = _RELATIONS.get(clause.place.relation) or place.preposition
            words += at_place(preposition, place.singular, place.gender)
        if clause.predicate:
            words.append(self.adjective(clause.predicate, named.word).predicate)
        if clause.price:
            words += [str(clause.price), "Euro"]
        return words

    def _phrase(self, phrase: Phrase, named: Named, case: str, negated: bool = False) -> list[str]:
        """The words of a noun phrase; `negated` makes its article "kein"."""
        determiner = "no" if negated else phrase.determiner
        words = [determine(determiner, named.gender, case)]
        if phrase.number:
            value, spelled = phrase.number
            words = [german_number(value) if spelled else str(value)]
        if phrase.adjective:
            adjective = self.adjective(phrase.adjective, phrase.noun)
            words.append(describe(adjective, determiner, named.gender, case))
        return [word for word in words if word] + [inflect(named.noun, phrase.plural, case)]

    def _relative(self, phrase, named):
        if not phrase.relative:
            return []
        return [",", *self._verb_last(phrase.relative.clause, phrase.relative.gap, named)]

    def _time(self, clause):
        if clause.time is None:
            return []
        kind, word, number = clause.time
        if kind == "day":
            return [self.word(word)]
        if kind == "clock":
            return [f"um {number} Uhr"]
        if kind == "date":
            return [f"am {number}. {lexicon.MONTHS[word]}"]
        return ["am", lexicon.WEEKDAYS[word]]


def _newness(phrase):
    """Whether a phrase is a "name", "known" or "new"."""
    return _NEWNESS.get(phrase.determiner, "known")


def _separate(parts):
    """The separable prefix as a word of its own."""
    return [parts.prefix] if parts.prefix else []
