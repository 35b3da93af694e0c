"""Chooses words: what every noun, verb and adjective of one sentence becomes.

It knows neither grammar nor order. A noun that a later pronoun stands for is chosen once.
"""

from typing import Any, NamedTuple

from translation.synthetic.choices import Choose
from translation.synthetic.lexicon_en import ADDRESSES, NOUNS
from translation.synthetic.meaning import PRONOUNS, Clause, Phrase, Sentence, context


class Named(NamedTuple):
    """Somebody or something named: the English `word`, its translation, one or several."""

    word: str
    noun: Any
    plural: bool

    @property
    def gender(self) -> str:
        """ "m", "f", "n", or "p" for several of any gender."""
        return "p" if self.plural else self.noun.gender


class Translator:
    """The choice of words for one sentence; a language adds forms and order.

    Args:
        lexicon: the module with the tables of one language.
        sentence: what is to be said.
        choose: makes the choices.
    """

    def __init__(self, lexicon, sentence: Sentence, choose: Choose):
        self.lexicon = lexicon
        self.sentence = sentence
        self.choose = choose
        self._named = {}

    def name(self, phrase: Phrase, clause: Clause) -> Named:
        """Chooses the noun of `phrase` in `clause`; a pronoun is what its antecedent is."""
        if phrase.antecedent:
            return self._named[phrase.antecedent]
        role = self._role(phrase, clause)
        named = Named(phrase.noun, self._noun(phrase, clause, role), phrase.plural)
        if role:
            self._named[role] = named
        return named

    def place(self, clause: Clause) -> Any:
        """Chooses the noun of the place of `clause`: a place's record, or a noun's."""
        noun = clause.place.noun
        table = self.lexicon.PLACES if noun in self.lexicon.PLACES else self.lexicon.NOUNS
        return self.choose(table[noun].given(context(clause)))

    def word(self, word: str) -> str:
        """Chooses an adverb, a conjunction, a pronoun or a fixed phrase."""
        return self.choose(self.lexicon.WORDS[word].prior)

    def you(self) -> str:
        """Chooses the familiar or the polite pronoun; the name called at the end settles it."""
        manner = ADDRESSES.get(self.sentence.address)
        return self.choose(self.lexicon.WORDS["you"].given({manner}))

    def verb(self, clause: Clause) -> Any:
        """Chooses the verb of `clause`."""
        return self.choose(self.lexicon.VERBS[clause.verb].given(context(clause)))

    def modal(self, clause: Clause) -> Any:
        """Chooses the modal verb of `clause`."""
        return self.choose(self.lexicon.MODALS[clause.modal].prior)

    def adjective(self, word: str, noun: str) -> Any:
        """Chooses the adjective `word` for what the English `noun` names."""
        return self.choose(self.lexicon.ADJECTIVES[word].given({noun}))

    def free_gender(self, pronoun: str) -> str:
        """The gender of a pronoun that stands for nobody named."""
        return "f" if pronoun == "she" else "m"

    def _role(self, phrase, clause):
        if clause != self.sentence.first:
            return ""
        return {clause.subject: "subject", clause.object: "object"}.get(phrase, "")

    def _noun(self, phrase, clause, role):
        word = phrase.noun
        if word in PRONOUNS:
            return self.lexicon.Noun("", self.free_gender(word))
        if "name" in NOUNS[word].tags:
            return self.lexicon.Noun(word, self.free_gender(*NOUNS[word].pronouns))
        words = context(clause, phrase)
        second = self.sentence.second
        if role and second and second.subject.antecedent == role:
            words |= context(second) | {second.subject.noun}
        return self.choose(self.lexicon.NOUNS[word].given(words))
