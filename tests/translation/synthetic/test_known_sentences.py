"""Single clauses translated by hand: a meaning, its English, its best German and French."""

import pytest

from translation.synthetic.choices import most_probable
from translation.synthetic.english import english
from translation.synthetic.french import french
from translation.synthetic.german import german
from translation.synthetic.meaning import Clause, Number, Phrase, Place, Sentence, Time

ANNA, PAUL, MARIA = Phrase("Anna"), Phrase("Paul"), Phrase("Maria")


def the(noun, adjective="", many=False):
    return Phrase(noun, "the", many, adjective=adjective)


def a(noun, adjective=""):
    return Phrase(noun, "a", adjective=adjective)


def my(noun, adjective="", many=False):
    return Phrase(noun, "my", many, adjective=adjective)


def this(noun, adjective="", many=False):
    return Phrase(noun, "this", many, adjective=adjective)


def some(noun, adjective=""):
    return Phrase(noun, "some", adjective=adjective)


def count(value, noun, adjective="", spelled=True):
    return Phrase(noun, "number", True, Number(value, spelled), adjective)


def says(*arguments, **named):
    return Sentence("statement", Clause(*arguments, **named))


def at(noun, relation="in"):
    return Place(relation, noun)


SIMPLE = [
    (
        says(the("man"), "buy", a("bike")),
        "The man buys a bike.",
        "Der Mann kauft ein Fahrrad.",
        "L'homme achète un vélo.",
    ),
    (
        says(the("woman", "young"), "see", the("dog", "big")),
        "The young woman sees the big dog.",
        "Die junge Frau sieht den großen Hund.",
        "La jeune femme voit le grand chien.",
    ),
    (
        says(a("child", "happy"), "eat", a("apple", "red")),
        "A happy child eats a red apple.",
        "Ein glückliches Kind isst einen roten Apfel.",
        "Un enfant heureux mange une pomme rouge.",
    ),
    (
        says(the("student"), "find", a("egg")),
        "The student finds an egg.",
        "Der Student findet ein Ei.",
        "L'étudiant trouve un œuf.",
    ),
    (
        says(my("friend", "old"), "sell", my("car", "expensive"), frequency="never"),
        "My old friend never sells my expensive car.",
        "Mein alter Freund verkauft mein teures Auto nie.",
        "Mon vieil ami ne vend jamais ma voiture chère.",
    ),
    (
        says(this("key", "new", many=True), "be", predicate="expensive"),
        "These new keys are expensive.",
        "Diese neuen Schlüssel sind teuer.",
        "Ces nouvelles clés sont chères.",
    ),
    (
        says(this("friend"), "be", predicate="strange", negated=True),
        "This friend is not strange.",
        "Dieser Freund ist nicht seltsam.",
        "Cet ami n'est pas étrange.",
    ),
    (
        says(the("table"), "cost", price=250),
        "The table costs 250 euros.",
        "Der Tisch kostet 250 Euro.",
        "La table coûte 250 euros.",
    ),
    (
        says(PAUL, "drink", some("water", "cold")),
        "Paul drinks cold water.",
        "Paul trinkt kaltes Wasser.",
        "Paul boit de l'eau froide.",
    ),
    (
        says(the("girl"), "drink", some("coffee")),
        "The girl drinks coffee.",
        "Das Mädchen trinkt Kaffee.",
        "La fille boit du café.",
    ),
]

VERBS = [
    (
        says(the("teacher"), "call", the("student")),
        "The teacher calls the student.",
        "Der Lehrer ruft den Studenten an.",
        "L'enseignant appelle l'étudiant.",
    ),
    (
        says(the("friend", many=True), "arrive", negated=True, place=at("station")),
        "The friends do not arrive at the station.",
        "Die Freunde kommen nicht am Bahnhof an.",
        "Les amis n'arrivent pas à la gare.",
    ),
    (
        says(Phrase("I"), "invite", the("neighbour"), modal="want to"),
        "I want to invite the neighbour.",
        "Ich will den Nachbarn einladen.",
        "Je veux inviter le voisin.",
    ),
    (
        says(the("boy"), "pick up", MARIA, modal="must"),
        "The boy must pick up Maria.",
        "Der Junge muss Maria abholen.",
        "Le garçon doit aller chercher Maria.",
    ),
    (
        says(ANNA, "give", the("flower", "red"), recipient=the("child")),
        "Anna gives the child the red flower.",
        "Anna gibt dem Kind die rote Blume.",
        "Anna donne la fleur rouge à l'enfant.",
    ),
    (
        says(PAUL, "show", a("picture"), recipient=the("child", many=True)),
        "Paul shows the children a picture.",
        "Paul zeigt den Kindern ein Bild.",
        "Paul montre un tableau aux enfants.",
    ),
    (
        says(the("sister"), "help", the("boy"), negated=True),
        "The sister does not help the boy.",
        "Die Schwester hilft dem Jungen nicht.",
        "La sœur n'aide pas le garçon.",
    ),
    (
        says(my("sister"), "visit", the("brother")),
        "My sister visits the brother.",
        "Meine Schwester besucht den Bruder.",
        "Ma sœur rend visite au frère.",
    ),
    (
        says(the("man", many=True), "need", a("lamp"), negated=True),
        "The men do not need a lamp.",
        "Die Männer brauchen keine Lampe.",
        "Les hommes n'ont pas besoin d'une lampe.",
    ),
    (
        says(PAUL, "need", the("book")),
        "Paul needs the book.",
        "Paul braucht das Buch.",
        "Paul a besoin du livre.",
    ),
    (
        says(the("student"), "go", place=at("school", "to"), transport="bus"),
        "The student goes to the school by bus.",
        "Der Student fährt mit dem Bus zur Schule.",
        "L'étudiant va à l'école en bus.",
    ),
    (
        says(the("cat", many=True), "come back", place=at("market", "from")),
        "The cats come back from the market.",
        "Die Katzen kommen vom Markt zurück.",
        "Les chats reviennent du marché.",
    ),
]

NEGATION_NUMBERS_TIMES = [
    (
        says(the("sister"), "buy", a("table", "big"), negated=True),
        "The sister does not buy a big table.",
        "Die Schwester kauft keinen großen Tisch.",
        "La sœur n'achète pas de grande table.",
    ),
    (
        says(the("brother"), "find", the("key"), negated=True),
        "The brother does not find the key.",
        "Der Bruder findet den Schlüssel nicht.",
        "Le frère ne trouve pas la clé.",
    ),
    (
        says(Phrase("we", plural=True), "drink", some("coffee"), modal="will", negated=True),
        "We will not drink coffee.",
        "Wir werden keinen Kaffee trinken.",
        "Nous n'allons pas boire de café.",
    ),
    (
        says(the("girl"), "read", the("letter"), frequency="often"),
        "The girl often reads the letter.",
        "Das Mädchen liest den Brief oft.",
        "La fille lit souvent la lettre.",
    ),
    (
        says(the("girl"), "read", a("letter"), frequency="often"),
        "The girl often reads a letter.",
        "Das Mädchen liest oft einen Brief.",
        "La fille lit souvent une lettre.",
    ),
    (
        says(count(21, "woman", "young"), "sing"),
        "Twenty-one young women sing.",
        "Einundzwanzig junge Frauen singen.",
        "Vingt et une jeunes femmes chantent.",
    ),
    (
        says(PAUL, "sell", count(47, "book", "old", spelled=False)),
        "Paul sells 47 old books.",
        "Paul verkauft 47 alte Bücher.",
        "Paul vend 47 vieux livres.",
    ),
    (
        says(MARIA, "work", companion=count(3, "friend", "friendly")),
        "Maria works with three friendly friends.",
        "Maria arbeitet mit drei freundlichen Freunden.",
        "Maria travaille avec trois amis sympathiques.",
    ),
    (
        says(the("girl"), "wait", time=Time("date", "May", 3), fronted=True),
        "On May 3, the girl waits.",
        "Am 3. Mai wartet das Mädchen.",
        "Le 3 mai, la fille attend.",
    ),
    (
        says(ANNA, "arrive", time=Time("date", "August", 1)),
        "Anna arrives on August 1.",
        "Anna kommt am 1. August an.",
        "Anna arrive le 1er août.",
    ),
    (
        says(the("match"), "begin", time=Time("clock", number=8)),
        "The match begins at 8 o'clock.",
        "Das Spiel beginnt um 8 Uhr.",
        "Le match commence à 8 heures.",
    ),
    (
        says(MARIA, "visit", PAUL, time=Time("weekday", "Monday")),
        "Maria visits Paul on Monday.",
        "Maria besucht Paul am Montag.",
        "Maria rend visite à Paul lundi.",
    ),
]

KNOWN = SIMPLE + VERBS + NEGATION_NUMBERS_TIMES
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
