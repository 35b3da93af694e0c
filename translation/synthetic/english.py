"""From meaning to English: one sentence for each meaning, without any choice."""

from translation.synthetic.lexicon_en import NOUNS, PLACES, TRANSPORTS
from translation.synthetic.meaning import PRONOUNS, Clause, Phrase, Sentence, Time
from translation.synthetic.numerals import english_number

_PLACE_PHRASES = {noun: phrase for phrase, noun in PLACES.items()}


def english(sentence: Sentence) -> str:
    """The English sentence that says `sentence`, with its capital and its final mark."""
    first = _question(sentence.first) if sentence.kind == "question" else _clause(sentence.first)
    if sentence.kind == "that":
        first += ["that", *_clause(sentence.second)]
    elif sentence.kind == "because":
        first += ["because", *_clause(sentence.second)]
    elif sentence.kind == "if":
        first = ["if", *first, ",", *_clause(sentence.second)]
    if sentence.address:
        first += [",", sentence.address]
    text = " ".join(first).replace(" ,", ",")
    return text[0].upper() + text[1:] + ("?" if sentence.kind == "question" else ".")


def _clause(clause: Clause) -> list[str]:
    words = _verb_group(clause) + _complements(clause)
    words = _phrase(clause.subject) + words
    return [*_time(clause.time), ",", *words] if clause.fronted else words + _time(clause.time)


def _question(clause):
    subject = _phrase(clause.subject)
    rest = _complements(clause) + _time(clause.time)
    if clause.verb == "be":
        return [_be(clause), *subject, *rest]
    if clause.modal and clause.modal != "want to":
        return [clause.modal, *subject, *clause.verb.split(), *rest]
    auxiliary = "does" if _is_third(clause.subject) else "do"
    verb = f"{clause.modal} {clause.verb}".split()
    return [auxiliary, *subject, *_often(clause), *verb, *rest]


def _verb_group(clause):
    verb = clause.verb.removesuffix(" that").split()
    third = _is_third(clause.subject)
    if clause.verb == "be":
        return [_be(clause), "not"] if clause.negated else [_be(clause)]
    if clause.modal and clause.modal != "want to":
        if clause.negated:
            return ["cannot" if clause.modal == "can" else f"{clause.modal} not", *verb]
        return [clause.modal, *verb]
    verb = clause.modal.split() + verb
    if clause.negated:
        return ["does" if third else "do", "not", *verb]
    finite = _third_person(verb[0]) if third else verb[0]
    return [*_often(clause), finite, *verb[1:]]


def _complements(clause):
    words = []
    if clause.recipient:
        words += _phrase(clause.recipient)
    if clause.object:
        words += _phrase(clause.object)
    if clause.predicate:
        words.append(clause.predicate)
    if clause.price:
        words += [str(clause.price), "euros"]
    if clause.place:
        noun = clause.place.noun
        words.append(
            _PLACE_PHRASES[noun]
            if clause.place.relation == "in"
            else f"{clause.place.relation} the {noun}"
        )
    if clause.transport:
        words.append(TRANSPORTS[clause.transport])
    if clause.companion:
        words += ["with", *_phrase(clause.companion)]
    return words


def _phrase(phrase: Phrase) -> list[str]:
    noun = phrase.noun
    if phrase.noun in PRONOUNS:
        return [noun]
    words = [phrase.adjective] if phrase.adjective else []
    words.append(NOUNS[noun].plural if phrase.plural else noun)
    if phrase.determiner == "number":
        value, spelled = phrase.number
        words.insert(0, english_number(value) if spelled else str(value))
    elif phrase.determiner == "a":
        words.insert(0, "an" if words[0][0] in "aeio" else "a")
    elif phrase.determiner == "this":
        words.insert(0, "these" if phrase.plural else "this")
    elif phrase.determiner in ("the", "my"):
        words.insert(0, phrase.determiner)
    return words + _relative(phrase)


def _relative(phrase):
    if not phrase.relative:
        return []
    gap, clause = phrase.relative
    if gap == "subject":
        pronoun = "who" if "person" in NOUNS[phrase.noun].tags else "that"
        return [pronoun, *_verb_group(clause), *_complements(clause)]
    return ["that", *_phrase(clause.subject), *_verb_group(clause)]


def _time(time: Time | None) -> list[str]:
    if time is None:
        return []
    if time.kind == "date":
        return ["on", time.word, str(time.number)]
    if time.kind == "clock":
        return ["at", str(time.number), "o'clock"]
    return ["on", time.word] if time.kind == "weekday" else [time.word]


def _often(clause):
    return [clause.frequency] if clause.frequency else []


def _is_third(phrase):
    return not phrase.plural and phrase.noun not in ("I", "you", "we", "they")


def _be(clause):
    return "is" if _is_third(clause.subject) else "are"


def _third_person(verb):
    if verb.endswith(("s", "sh", "ch", "x", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeou":
        return verb[:-1] + "ies"
    return verb + "s"
