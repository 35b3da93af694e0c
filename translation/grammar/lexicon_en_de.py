"""English to German: every word's translations, their probabilities and their cues."""

from typing import NamedTuple

from translation.grammar.tables import read_table


class Noun(NamedTuple):
    """A German noun; `oblique` is the accusative and dative singular of the weak nouns."""

    singular: str
    gender: str
    plural: str = ""
    oblique: str = ""


class Verb(NamedTuple):
    """A German verb without its separable `prefix` ("-": none); `case` is its object's."""

    prefix: str
    infinitive: str
    third: str
    case: str = "accusative"


class Adjective(NamedTuple):
    """A German adjective: as a predicate, and the stem that takes endings where it differs."""

    predicate: str
    stem: str = ""


class Place(NamedTuple):
    """A place: its preposition with the dative, its noun and gender."""

    preposition: str
    singular: str
    gender: str


class Modal(NamedTuple):
    """The present tense of a modal verb; `plural` is also the form of address "Sie"."""

    ich: str
    du: str
    third: str
    plural: str


NOUNS = read_table(
    """
    man = Mann m Männer
    woman = Frau f Frauen
    girl = Mädchen n Mädchen
    boy = Junge m Jungen Jungen
    child = Kind n Kinder
    brother = Bruder m Brüder
    sister = Schwester f Schwestern
    teacher = .65 Lehrer m Lehrer | .35 Lehrerin f Lehrerinnen @ Lehrer: he @ Lehrerin: she
    friend = .65 Freund m Freunde | .35 Freundin f Freundinnen @ Freund: he @ Freundin: she
    student = .65 Student m Studenten Studenten | .35 Studentin f Studentinnen \
        @ Student: he @ Studentin: she
    neighbour = .65 Nachbar m Nachbarn Nachbarn | .35 Nachbarin f Nachbarinnen \
        @ Nachbar: he @ Nachbarin: she
    dog = Hund m Hunde
    cat = Katze f Katzen
    horse = Pferd n Pferde
    bat = .65 Fledermaus f Fledermäuse | .35 Schläger m Schläger \
        @ Fledermaus: sleep forest @ Schläger: buy sell need cost
    chicken = .7 Huhn n Hühner | .3 Hähnchen n Hähnchen @ Hähnchen: eat @ Huhn: sleep
    book = Buch n Bücher
    car = .75 Auto n Autos | .25 Wagen m Wagen
    bike = .7 Fahrrad n Fahrräder | .3 Rad n Räder
    table = Tisch m Tische
    lamp = Lampe f Lampen
    radio = Radio n Radios
    key = Schlüssel m Schlüssel
    suitcase = Koffer m Koffer
    letter = .7 Brief m Briefe | .3 Buchstabe m Buchstaben Buchstaben \
        @ Brief: read open send bring
    newspaper = Zeitung f Zeitungen
    picture = .65 Bild n Bilder | .35 Foto n Fotos
    dress = Kleid n Kleider
    clock = Uhr f Uhren
    plant = .65 Pflanze f Pflanzen | .35 Fabrik f Fabriken \
        @ Pflanze: water green garden kitchen @ Fabrik: sell city
    flower = Blume f Blumen
    match = .6 Spiel n Spiele | .4 Streichholz n Streichhölzer \
        @ Spiel: begin park @ Streichholz: buy sell need kitchen cost
    film = Film m Filme
    bank = .65 Bank f Banken | .35 Ufer n Ufer @ Ufer: river forest @ Bank: city bus
    house = Haus n Häuser
    room = .7 Zimmer n Zimmer | .3 Raum m Räume
    door = Tür f Türen
    window = Fenster n Fenster
    apple = Apfel m Äpfel
    egg = Ei n Eier
    cake = Kuchen m Kuchen
    water = Wasser n
    milk = Milch f
    coffee = Kaffee m
    tea = Tee m
    """,
    Noun,
)

VERBS = read_table(
    """
    buy = - kaufen kauft
    sell = - verkaufen verkauft
    see = - sehen sieht
    find = - finden findet
    need = .7 - brauchen braucht | .3 - benötigen benötigt
    look_for = - suchen sucht
    look_at = .65 an sehen sieht | .35 an schauen schaut
    open = .65 - öffnen öffnet | .35 auf machen macht
    close = .65 - schließen schließt | .35 zu machen macht
    turn_on = .65 ein schalten schaltet | .35 an machen macht
    read = - lesen liest
    write = - schreiben schreibt
    eat = - essen isst
    drink = - trinken trinkt
    water = - gießen gießt
    call = an rufen ruft
    invite = ein laden lädt
    visit = - besuchen besucht
    help = - helfen hilft dative
    know = - kennen kennt
    pick_up = ab holen holt
    give = - geben gibt
    show = - zeigen zeigt
    send = .65 - schicken schickt | .35 - senden sendet
    bring = - bringen bringt
    sleep = - schlafen schläft
    work = - arbeiten arbeitet
    wait = - warten wartet
    sing = - singen singt
    arrive = an kommen kommt
    live = .65 - wohnen wohnt | .35 - leben lebt
    go = .7 - gehen geht | .3 - fahren fährt @ fahren: bus train @ gehen: foot
    come_back = zurück kommen kommt
    begin = .65 - beginnen beginnt | .35 an fangen fängt
    cost = - kosten kostet
    be = - sein ist
    know_that = - wissen weiß
    say = - sagen sagt
    think = .65 - glauben glaubt | .35 - denken denkt
    hope = - hoffen hofft
    """,
    Verb,
)

ADJECTIVES = read_table(
    """
    big = groß
    small = klein
    new = neu
    old = alt
    red = rot
    green = grün
    expensive = teuer teur
    cheap = .65 billig | .35 günstig
    beautiful = .7 schön | .3 hübsch
    heavy = schwer
    light = .65 leicht | .35 hell @ leicht: suitcase @ hell: room lamp
    strange = .65 seltsam | .35 merkwürdig
    young = jung
    friendly = .65 freundlich | .35 nett
    tired = müde müd
    happy = glücklich
    cold = kalt
    hot = heiß
    """,
    Adjective,
)

PLACES = read_table(
    """
    garden = in Garten m
    city = in Stadt f
    kitchen = in Küche f
    park = in Park m
    forest = in Wald m
    school = in Schule f
    station = an Bahnhof m
    market = auf Markt m
    river = an Fluss m
    """,
    Place,
)

WORDS = read_table(
    """
    today = heute
    now = .7 jetzt | .3 nun
    tomorrow = morgen
    in_the_morning = am_Morgen
    in_the_evening = am_Abend
    often = .7 oft | .3 häufig
    always = immer
    sometimes = manchmal
    never = .7 nie | .3 niemals
    if = .7 wenn | .3 falls
    because = .7 weil | .3 denn
    bus = mit_dem_Bus
    train = mit_dem_Zug
    foot = zu_Fuß
    you = .65 du | .35 Sie @ du: familiar @ Sie: polite
    """,
    str,
)

MODALS = {
    "can": Modal("kann", "kannst", "kann", "können"),
    "must": Modal("muss", "musst", "muss", "müssen"),
    "want to": Modal("will", "willst", "will", "wollen"),
    "will": Modal("werde", "wirst", "wird", "werden"),
}

WEEKDAYS = {
    "Monday": "Montag", "Tuesday": "Dienstag", "Wednesday": "Mittwoch", "Thursday": "Donnerstag",
    "Friday": "Freitag", "Saturday": "Samstag", "Sunday": "Sonntag",
}  # fmt: skip
MONTHS = {
    "January": "Januar", "February": "Februar", "March": "März", "April": "April", "May": "Mai",
    "June": "Juni", "July": "Juli", "August": "August", "September": "September",
    "October": "Oktober", "November": "November", "December": "Dezember",
}  # fmt: skip
ADDRESSES = {"Mr Miller": "Herr Miller", "Mrs Miller": "Frau Miller"}
