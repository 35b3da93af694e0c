"""From meaning to French: the two halves of negation, and what follows the verb."""

from translation.synthetic import lexicon_en_fr as lexicon
from translation.synthetic.choices import Choose, chance
from translation.synthetic.french_phrases import agree, determine, join
from translation.synthetic.meaning import Clause, Phrase, Sentence
from translation.synthetic.numerals import french_number
from translation.synthetic.translator import Named, Translator

# How often a time keeps the place, before or behind the clause, that it has in English.
TIME_KEEPS_PLACE = 0.8
_SPEAKERS = {"I": "je", "we": "nous"}
_THIRD = {("m", False): "il", ("f", False): "elle", ("m", True): "ils", ("f", True): "elles"}
_RELATIONS = {"to": "à", "from": "de"}
_RELATIVES = {"-": "que", "à": "à qui", "de": "dont"}


def french(sentence: Sentence, choose: Choose) -> str:
    """A French translation of `sentence`, with its capital and its final mark."""
    text = join(_French(lexicon, sentence, choose).words())
    return text[0].upper() + text[1:] + (" ?" if sentence.kind == "question" else ".")


class _French(Translator):
    """Forms and order of one French sentence."""

    def words(self) -> list[str]:
        """The words of the sentence, neither elided nor contracted."""
        kind, first, second, address = self.sentence
        if kind == "if":
            return [self.word("if"), *self._clause(first), ",", *self._clause(second)]
        words = self._clause(first)
        if kind == "question":
            words = ["est-ce que", *words]
        elif kind == "that":
            words += ["que", *self._clause(second)]
        elif kind == "because":
            words += [self.word("because"), *self._clause(second)]
        if address:
            words += [",", lexicon.ADDRESSES.get(address, address)]
        return words

    def free_gender(self, pronoun: str) -> str:
        """The gender of a pronoun that stands for nobody named; "they" is a choice."""
        if pronoun == "they":
            return "f" if self.word("they") == "elles" else "m"
        return super().free_gender(pronoun)

    def _clause(self, clause: Clause, gap: str = "", head: Named | None = None) -> list[str]:
        """The words of `clause`; in a relative clause `head` fills its `gap`."""
        verb = self.verb(clause)
        named = head if gap == "subject" else self.name(clause.subject, clause)
        relative = ["qui"] if gap == "subject" else []
        if gap == "object":
            relative = [_RELATIVES[verb.preposition]]
        subject = [] if gap == "subject" else self._subject(clause.subject, named)
        words = subject + self._verb_group(clause, verb, named.plural, subject)
        if clause.object and gap != "object":
            words += self._object(clause, verb.preposition)
        words += self._complements(clause, named)
        time = self._time(clause)
        if time and self._fronts_time(clause):
            return [*time, ",", *words]
        return relative + words + time

    def _fronts_time(self, clause):
        if self.sentence.kind == "question":
            return False
        return clause.fronted == self.choose(chance(TIME_KEEPS_PLACE))

    def _subject(self, phrase, named):
        if phrase.noun == "you":
            return [self.you()]
        if phrase.noun in _SPEAKERS:
            return [_SPEAKERS[phrase.noun]]
        if phrase.noun in ("he", "she", "it", "they"):
            return [_THIRD[named.noun.gender, named.plural]]
        return self._phrase(phrase, named)

    def _verb_group(self, clause, verb, plural, subject):
        """The finite verb between the halves of its negation, its particle and infinitive."""
        finite = verb.plural if plural else verb.third
        particle = [] if verb.particle == "-" else [verb.particle]
        behind = particle
        if clause.modal:
            modal = self.modal(clause)
            third = modal.plural if plural else modal.third
            by_pronoun = {"je": modal.je, "tu": modal.tu, "nous": modal.nous, "vous": modal.vous}
            finite = by_pronoun.get(" ".join(subject), third)
            behind = [verb.infinitive, *particle]
        often = [self.word(clause.frequency)] if clause.frequency else []
        if clause.negated:
            often = ["pas"]
        negation = ["ne"] if clause.negated or clause.frequency == "never" else []
        return [*negation, finite, *often, *behind]

    def _object(self, clause, preposition):
        negated = clause.negated or clause.frequency == "never"
        bare = clause.object.determiner in ("a", "some") and preposition == "-"
        words = [] if preposition == "-" else [preposition]
        named = self.name(clause.object, clause)
        return words + self._phrase(clause.object, named, negated and bare)

    def _complements(self, clause, named):
        words = []
        if clause.recipient:
            recipient = self.name(clause.recipient, clause)
            words += ["à", *self._phrase(clause.recipient, recipient)]
        if clause.predicate:
            adjective = self.adjective(clause.predicate, named.word)
            words.append(agree(adjective, named.noun.gender, named.plural))
        if clause.price:
            words += [str(clause.price), "euros"]
        if clause.place:
            place = self.place(clause)
            preposition = _RELATIONS.get(clause.place.relation) or place.preposition
            words += [preposition, "le" if place.gender == "m" else "la", place.singular]
        if clause.transport:
            words.append(self.word(clause.transport))
        if clause.companion:
            companion = self.name(clause.companion, clause)
            words += ["avec", *self._phrase(clause.companion, companion)]
        return words

    def _phrase(self, phrase: Phrase, named: Named, negated: bool = False) -> list[str]:
        """The words of a noun phrase; `negated` makes its article "de"."""
        noun = named.noun
        words = [noun.plural if phrase.plural else noun.singular]
        if phrase.adjective:
            adjective = self.adjective(phrase.adjective, phrase.noun)
            form = agree(adjective, noun.gender, phrase.plural, words[0])
            words.insert(0 if adjective.position == "before" else 1, form)
        if phrase.number:
            value, spelled = phrase.number
            feminine = noun.gender == "f"
            words.insert(0, french_number(value, feminine) if spelled else str(value))
        determiner = "no" if negated else phrase.determiner
        article = determine(determiner, noun, phrase.plural, words[0])
        words = [article, *words] if article else words
        if not phrase.relative:
            return words
        return words + self._clause(phrase.relative.clause, phrase.relative.gap, named)

    def _time(self, clause):
        if clause.time is None:
            return []
        kind, word, number = clause.time
        if kind == "day":
            return [self.word(word)]
        if kind == "clock":
            return [f"à {number} heures"]
        if kind == "date":
            return [f"le {'1er' if number == 1 else number} {lexicon.MONTHS[word]}"]
        return [lexicon.WEEKDAYS[word]]
