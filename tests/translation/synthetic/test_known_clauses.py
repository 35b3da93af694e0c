"""Clauses in clauses, questions and ambiguous words, translated by hand into both languages."""

import pytest

from translation.synthetic.choices import most_probable
from translation.synthetic.english import english
from translation.synthetic.french import french
from translation.synthetic.german import german
from translation.synthetic.meaning import Clause, Phrase, Place, Relative, Sentence

ANNA, PAUL, MARIA = Phrase("Anna"), Phrase("Paul"), Phrase("Maria")


def the(noun, adjective="", many=False):
    return Phrase(noun, "the", many, adjective=adjective)


def a(noun, adjective=""):
    return Phrase(noun, "a", adjective=adjective)


def bound(pronoun, role="subject", many=False):
    return Phrase(pronoun, plural=many, antecedent=role)


def says(*arguments, **named):
    return Sentence("statement", Clause(*arguments, **named))


def asks(clause, address=""):
    return Sentence("question", clause, address=address)


def at(noun, relation="in"):
    return Place(relation, noun)


def which(phrase, gap, verb, *arguments, **named):
    """`phrase` with a relative clause; where it is not the gap's subject, that comes first."""
    if gap == "subject":
        clause = Clause(phrase, verb, *arguments, **named)
    else:
        clause = Clause(arguments[0], verb, object=phrase)
    return phrase._replace(relative=Relative(gap, clause))


CLAUSES = [
    (
        Sentence("that", Clause(PAUL, "say"), Clause(the("teacher"), "call", MARIA)),
        "Paul says that the teacher calls Maria.",
        "Paul sagt, dass der Lehrer Maria anruft.",
        "Paul dit que l'enseignant appelle Maria.",
    ),
    (
        Sentence("that", Clause(ANNA, "know that", negated=True), Clause(ANNA, "sleep")),
        "Anna does not know that Anna sleeps.",
        "Anna weiß nicht, dass Anna schläft.",
        "Anna ne sait pas qu'Anna dort.",
    ),
    (
        Sentence("because", Clause(the("teacher"), "sing"), Clause(bound("she"), "work")),
        "The teacher sings because she works.",
        "Die Lehrerin singt, weil sie arbeitet.",
        "L'enseignante chante parce qu'elle travaille.",
    ),
    (
        Sentence(
            "because",
            Clause(MARIA, "buy", the("suitcase")),
            Clause(bound("it", "object"), "be", predicate="light"),
        ),
        "Maria buys the suitcase because it is light.",
        "Maria kauft den Koffer, weil er leicht ist.",
        "Maria achète la valise parce qu'elle est légère.",
    ),
    (
        Sentence(
            "because",
            Clause(the("cat", many=True), "sleep"),
            Clause(bound("they", many=True), "be", predicate="tired"),
        ),
        "The cats sleep because they are tired.",
        "Die Katzen schlafen, weil sie müde sind.",
        "Les chats dorment parce qu'ils sont fatigués.",
    ),
    (
        Sentence(
            "if", Clause(the("boy"), "turn on", the("lamp")), Clause(bound("he"), "read", a("book"))
        ),
        "If the boy turns on the lamp, he reads a book.",
        "Wenn der Junge die Lampe einschaltet, liest er ein Buch.",
        "Si le garçon allume la lampe, il lit un livre.",
    ),
    (
        says(which(the("man"), "subject", "sleep", place=at("garden")), "know", ANNA),
        "The man who sleeps in the garden knows Anna.",
        "Der Mann, der im Garten schläft, kennt Anna.",
        "L'homme qui dort dans le jardin connaît Anna.",
    ),
    (
        says(which(the("child", many=True), "object", "help", ANNA), "be", predicate="happy"),
        "The children that Anna helps are happy.",
        "Die Kinder, denen Anna hilft, sind glücklich.",
        "Les enfants qu'Anna aide sont heureux.",
    ),
    (
        says(PAUL, "look at", which(the("lamp"), "object", "need", ANNA), modal="will"),
        "Paul will look at the lamp that Anna needs.",
        "Paul wird die Lampe ansehen, die Anna braucht.",
        "Paul va regarder la lampe dont Anna a besoin.",
    ),
    (
        says(PAUL, "know", which(the("man"), "object", "visit", MARIA)),
        "Paul knows the man that Maria visits.",
        "Paul kennt den Mann, den Maria besucht.",
        "Paul connaît l'homme à qui Maria rend visite.",
    ),
    (
        asks(Clause(Phrase("you"), "help", the("man"), modal="can"), "Mr Miller"),
        "Can you help the man, Mr Miller?",
        "Können Sie dem Mann helfen, Herr Miller?",
        "Est-ce que vous pouvez aider l'homme, Monsieur Miller ?",
    ),
    (
        asks(Clause(Phrase("you"), "help", the("man"), modal="can"), "Anna"),
        "Can you help the man, Anna?",
        "Kannst du dem Mann helfen, Anna?",
        "Est-ce que tu peux aider l'homme, Anna ?",
    ),
    (
        asks(Clause(the("student"), "close", the("door"))),
        "Does the student close the door?",
        "Schließt der Student die Tür?",
        "Est-ce que l'étudiant ferme la porte ?",
    ),
    (
        asks(Clause(Phrase("he"), "be", predicate="tired")),
        "Is he tired?",
        "Ist er müde?",
        "Est-ce qu'il est fatigué ?",
    ),
]

AMBIGUOUS = [
    (
        says(ANNA, "see", the("bank"), place=at("river")),
        "Anna sees the bank by the river.",
        "Anna sieht das Ufer am Fluss.",
        "Anna voit la rive au bord de la rivière.",
    ),
    (
        says(ANNA, "see", the("bank"), place=at("city")),
        "Anna sees the bank in the city.",
        "Anna sieht die Bank in der Stadt.",
        "Anna voit la banque dans la ville.",
    ),
    (
        says(the("woman"), "water", a("plant")),
        "The woman waters a plant.",
        "Die Frau gießt eine Pflanze.",
        "La femme arrose une plante.",
    ),
    (
        says(the("woman"), "sell", a("plant")),
        "The woman sells a plant.",
        "Die Frau verkauft eine Fabrik.",
        "La femme vend une usine.",
    ),
    (
        says(the("bat", "small"), "sleep"),
        "The small bat sleeps.",
        "Die kleine Fledermaus schläft.",
        "La petite chauve-souris dort.",
    ),
    (
        says(PAUL, "need", a("bat")),
        "Paul needs a bat.",
        "Paul braucht einen Schläger.",
        "Paul a besoin d'une batte.",
    ),
    (
        says(the("room"), "be", predicate="light"),
        "The room is light.",
        "Das Zimmer ist hell.",
        "La pièce est claire.",
    ),
]

KNOWN = CLAUSES + AMBIGUOUS
by_english = pytest.mark.parametrize("known", KNOWN, ids=[row[1] for row in KNOWN])


@by_english
def test_english(known):
    assert english(known[0]) == known[1]


@by_english
def test_german(known):
    assert german(known[0], most_probable) == known[2]


@by_english
def test_french(known):
    assert french(known[0], most_probable) == known[3]
