"""Sentences translated by hand: one meaning, its English, and its best German and French."""

import pytest

from translation.grammar.choices import most_probable
from translation.grammar.english import english
from translation.grammar.french import french
from translation.grammar.german import german
from translation.grammar.meaning import Clause, Number, Phrase, Place, Relative, Sentence, Time

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
        "Maria besucht am Montag Paul.",
        "Maria rend visite à Paul lundi.",
    ),
]

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

KNOWN = SIMPLE + VERBS + NEGATION_NUMBERS_TIMES + CLAUSES + AMBIGUOUS
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
