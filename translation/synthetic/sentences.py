"""Draws whole sentences: statements, questions, reports, reasons and conditions."""

from translation.synthetic.choices import Choose, chance, uniform, weighted
from translation.synthetic.clauses import Wishes, draw_clause
from translation.synthetic.lexicon_en import ADDRESSES, NOUNS, REPORTS
from translation.synthetic.meaning import Clause, Phrase, Relative, Sentence
from translation.synthetic.phrases import draw_phrase
from translation.synthetic.settings import Settings, verbs_of

_PRONOUNS = ("I", "you", "we", "he", "she", "they")
# Whoever these pronouns stand for can do and be what a man can.
_ANYBODY = Phrase("man")
# German and French conjugate every verb for these; the lexicons do it for modal verbs alone.
_SPEAKERS = ("I", "you", "we")
_ADDRESSES = weighted((("", 0.5), *((name, 0.5 / len(ADDRESSES)) for name in ADDRESSES)))
_FRAMES = ("transitive", "intransitive", "giving", "motion", "copula")
_ANTECEDENTS = weighted((("subject", 0.5), ("object", 0.25), ("", 0.25)))


def draw_sentence(choose: Choose, settings: Settings) -> Sentence:
    """Draws a sentence: `choose` makes the choices, `settings` gives words and weights."""
    kind = choose(weighted(settings.kinds))
    if kind in ("statement", "question"):
        return _single(choose, settings, kind)
    if kind == "that":
        subject = draw_phrase(choose, settings, frozenset({"person"}))
        report = choose(uniform(REPORTS))
        # Only a negated "know" leaves the mood of the French verb below it as it is.
        negated = report == "know that" and choose(chance(settings.rates.negation))
        first = Clause(subject, report, negated=negated)
    else:
        wishes = Wishes(_FRAMES, modal=False if kind == "if" else None)
        first = draw_clause(choose, settings, wishes)
    return Sentence(kind, first, _second(choose, settings, kind, first))


def _single(choose, settings, kind):
    """A statement or a question of one clause, with a relative clause now and then."""
    pronoun = _draw_pronoun(choose, settings)
    wishes = Wishes(
        frames=_FRAMES if kind == "question" else (),
        modal=True if pronoun in _SPEAKERS else None,
        brief=False,
        positive=kind == "question",
    )
    subject = Phrase(pronoun, plural=pronoun in ("we", "they")) if pronoun else None
    clause = draw_clause(choose, settings, wishes, subject, _ANYBODY if pronoun else None)
    address = choose(_ADDRESSES) if pronoun == "you" else ""
    if kind == "statement":
        clause = _with_relative(choose, settings, clause)
        if clause.time and clause.verb != "begin":
            clause = clause._replace(fronted=choose(chance(settings.rates.fronted)))
    return Sentence(kind, clause, address=address)


def _draw_pronoun(choose, settings):
    wanted = choose(chance(settings.rates.pronoun))
    return choose(uniform(_PRONOUNS)) if wanted else ""


def _second(choose, settings, kind, first):
    """Draws the second clause, about somebody of the first one or about somebody else."""
    role = choose(_ANTECEDENTS)
    if role == "object" and kind == "because" and _is_only_thing(first):
        subject = Phrase("it", antecedent="object")
        return draw_clause(choose, settings, Wishes(("copula",)), subject, first.object)
    wishes = Wishes(_FRAMES, first.verb, first.subject.noun)
    if role == "subject":
        plural = first.subject.plural
        pronouns = ("they",) if plural else NOUNS[first.subject.noun].pronouns
        subject = Phrase(choose(uniform(pronouns)), plural=plural, antecedent="subject")
        return draw_clause(choose, settings, wishes, subject, first.subject)
    return draw_clause(choose, settings, wishes)


def _is_only_thing(clause):
    """Whether "it" after `clause` can only mean its object."""
    subject, thing = clause.subject, clause.object
    if thing is None or thing.plural or NOUNS[thing.noun].tags & {"person", "animal", "drink"}:
        return False
    return subject.plural or "it" not in NOUNS[subject.noun].pronouns


def _with_relative(choose, settings, clause):
    """Hangs a relative clause on the subject, or on an object that ends the sentence."""
    role = choose(uniform(("subject", "object")))
    phrase = getattr(clause, role)
    ends = not (clause.time or clause.place or clause.companion)
    fits = phrase and phrase.determiner in ("the", "a") and (role == "subject" or ends)
    if not fits or not choose(chance(settings.rates.relative)):
        return clause
    relative = _relative(choose, settings, phrase, clause.verb)
    return clause._replace(**{role: phrase._replace(relative=relative)})


def _relative(choose, settings, phrase, taken):
    verbs = verbs_of(settings, "transitive", "objects", phrase.noun, taken)
    if verbs and choose(chance(0.5)):
        verb = choose(uniform(verbs))
        subject = draw_phrase(choose, settings, frozenset({"person"}), phrase.noun)
        return Relative("object", Clause(subject, verb, object=phrase))
    wishes = Wishes(_FRAMES, besides=taken)
    return Relative("subject", draw_clause(choose, settings, wishes, phrase, phrase))
