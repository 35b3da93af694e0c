"""English to German: every word's translations, their probabilities and their cues."""

from typing import NamedTuple

from translation.synthetic.tables import read_table


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
    woman = .8 Frau f Frauen | .2 Dame f Damen
    girl = Mädchen n Mädchen
    boy = Junge m Jungen Jungen
    child = Kind n Kinder
    brother = Bruder m Brüder
    sister = Schwester f Schwestern
    teacher = .7 Lehrer m Lehrer | .3 Lehrerin f Lehrerinnen @ Lehrer: he @ Lehrerin: she
    friend = .7 Freund m Freunde | .3 Freundin f Freundinnen @ Freund: he @ Freundin: she
    student = .7 Student m Studenten Studenten | .3 Studentin f Studentinnen \
        @ Student: he @ Studentin: she
    neighbour = .7 Nachbar m Nachbarn Nachbarn | .3 Nachbarin f Nachbarinnen \
        @ Nachbar: he @ Nachbarin: she
    dog = Hund m Hunde
    cat = Katze f Katzen
    bat = .75 Fledermaus f Fledermäuse | .25 Schläger m Schläger \
        @ Fledermaus: sleep forest @ Schläger: buy sell need cost
    chicken = .8 Huhn n Hühner | .2 Hähnchen n Hähnchen @ Hähnchen: eat @ Huhn: sleep
    book = Buch n Bücher
    car = .85 Auto n Autos | .15 Wagen m Wagen
    bike = .8 Fahrrad n Fahrräder | .2 Rad n Räder
    table = Tisch m Tische
    lamp = Lampe f Lampen
    radio = Radio n Radios
    key = Schlüssel m Schlüssel
    suitcase = Koffer m Koffer
    letter = .8 Brief m Briefe | .2 Buchstabe m Buchstaben Buchstaben \
        @ Brief: read open send bring
    newspaper = Zeitung f Zeitungen
    picture = .8 Bild n Bilder | .2 Foto n Fotos
    dress = Kleid n Kleider
    plant = .75 Pflanze f Pflanzen | .25 Fabrik f Fabriken \
        @ Pflanze: water green garden kitchen @ Fabrik: sell city
    flower = Blume f Blumen
    match = .7 Spiel n Spiele | .3 Streichholz n Streichhölzer \
        @ Spiel: begin park @ Streichholz: buy sell need kitchen cost
    film = Film m Filme
    bank = .75 Bank f Banken | .25 Ufer n Ufer @ Ufer: river forest @ Bank: city bus
    house = Haus n Häuser
    room = .8 Zimmer n Zimmer | .2 Raum m Räume
    door = Tür f Türen
    apple = Apfel m Äpfel
    egg = Ei n Eier
    cake = .8 Kuchen m Kuchen | .2 Torte f Torten
    water = Wasser n
    milk = Milch f
    coffee = Kaffee m
    tea = Tee m
    """,
    Noun,
)

VERBS = read_table(
    """
    buy = .8 - kaufen kauft | .2 - erwerben erwirbt
    sell = - verkaufen verkauft
    see = - sehen sieht
    find = .8 - finden findet | .2 - entdecken entdeckt
    need = .8 - brauchen braucht | .2 - benötigen benötigt
    look_for = - suchen sucht
    look_at = .8 an sehen sieht | .2 an schauen schaut
    open = .8 - öffnen öffnet | .2 auf machen macht
    close = .75 - schließen schließt | .25 zu machen macht
    turn_on = .75 ein schalten schaltet | .25 an machen macht
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
    send = .8 - schicken schickt | .2 - senden sendet
    bring = - bringen bringt
    sleep = - schlafen schläft
    work = - arbeiten arbeitet
    wait = - warten wartet
    sing = - singen singt
    arrive = .8 an kommen kommt | .2 ein treffen trifft
    live = .75 - wohnen wohnt | .25 - leben lebt
    go = .8 - gehen geht | .2 - fahren fährt @ fahren: bus train @ gehen: foot
    come_back = .8 zurück kommen kommt | .2 zurück kehren kehrt
    begin = .75 - beginnen beginnt | .25 an fangen fängt
    cost = - kosten kostet
    be = - sein ist
    know_that = - wissen weiß
    say = - sagen sagt
    think = .8 - glauben glaubt | .2 - denken denkt
    hope = - hoffen hofft
    """,
    Verb,
)

ADJECTIVES = read_table(
    """
    big = .8 groß | .2 riesig
    small = .8 klein | .2 winzig
    new = neu
    old = alt
    red = rot
    green = grün
    expensive = teuer teur
    cheap = .8 billig | .2 günstig
    beautiful = .8 schön | .2 hübsch
    heavy = schwer
    light = .75 leicht | .25 hell @ leicht: suitcase @ hell: room lamp
    strange = .75 seltsam | .25 merkwürdig
    young = jung
    friendly = .8 freundlich | .2 nett
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
    now = .8 jetzt | .2 nun
    tomorrow = morgen
    in_the_morning = .8 am_Morgen | .2 am_Vormittag
    in_the_evening = am_Abend
    often = .8 oft | .2 häufig
    always = .8 immer | .2 stets
    sometimes = .8 manchmal | .2 gelegentlich
    never = .8 nie | .2 niemals
    if = .8 wenn | .2 falls
    because = .8 weil | .2 denn
    bus = mit_dem_Bus
    train = mit_dem_Zug
    foot = zu_Fuß
    you = .7 du | .3 Sie @ du: familiar @ Sie: polite
    """,
    str,
)

MODALS = read_table(
    """
    can = kann kannst kann können
    must = muss musst muss müssen
    want_to = .75 will willst will wollen | .25 möchte möchtest möchte möchten
    will = werde wirst wird werden
    """,
    Modal,
)

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
