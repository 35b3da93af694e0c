"""English to French: every word's translations, their probabilities and their cues."""

from typing import NamedTuple

from translation.grammar.tables import read_table


class Noun(NamedTuple):
    """A French noun; `gender` is "m" or "f"."""

    singular: str
    gender: str
    plural: str = ""


class Verb(NamedTuple):
    """A French verb in the third person; a `particle` follows the finite verb and its "pas".

    `preposition` ("à" or "de") stands before the object; "-" is none.
    """

    infinitive: str
    third: str
    plural: str
    particle: str = "-"
    preposition: str = "-"


class Adjective(NamedTuple):
    """A French adjective; `position` says on which side of its noun it stands.

    `vowel` is the masculine singular before a vowel, where it differs.
    """

    position: str
    masculine: str
    feminine: str
    masculine_plural: str
    feminine_plural: str
    vowel: str = ""


class Place(NamedTuple):
    """A place: the preposition that says "in" there, its noun and gender."""

    preposition: str
    singular: str
    gender: str


class Modal(NamedTuple):
    """The present tense of a modal verb, by French subject."""

    je: str
    tu: str
    third: str
    nous: str
    vous: str
    plural: str


NOUNS = read_table(
    """
    man = homme m hommes
    woman = femme f femmes
    girl = fille f filles
    boy = garçon m garçons
    child = enfant m enfants
    brother = frère m frères
    sister = sœur f sœurs
    teacher = .65 enseignant m enseignants | .35 enseignante f enseignantes \
        @ enseignant: he @ enseignante: she
    friend = .65 ami m amis | .35 amie f amies @ ami: he @ amie: she
    student = .65 étudiant m étudiants | .35 étudiante f étudiantes @ étudiant: he @ étudiante: she
    neighbour = .65 voisin m voisins | .35 voisine f voisines @ voisin: he @ voisine: she
    dog = chien m chiens
    cat = chat m chats
    horse = cheval m chevaux
    bat = .65 chauve-souris f chauves-souris | .35 batte f battes \
        @ chauve-souris: sleep forest @ batte: buy sell need cost
    chicken = .7 poule f poules | .3 poulet m poulets @ poulet: eat @ poule: sleep
    book = livre m livres
    car = .75 voiture f voitures | .25 auto f autos
    bike = .7 vélo m vélos | .3 bicyclette f bicyclettes
    table = table f tables
    lamp = lampe f lampes
    radio = radio f radios
    key = clé f clés
    suitcase = valise f valises
    letter = lettre f lettres
    newspaper = journal m journaux
    picture = .65 tableau m tableaux | .35 photo f photos
    dress = robe f robes
    clock = .65 horloge f horloges | .35 pendule f pendules
    plant = .65 plante f plantes | .35 usine f usines \
        @ plante: water green garden kitchen @ usine: sell city
    flower = fleur f fleurs
    match = .6 match m matchs | .4 allumette f allumettes \
        @ match: begin park @ allumette: buy sell need kitchen cost
    film = film m films
    bank = .65 banque f banques | .35 rive f rives @ rive: river forest @ banque: city bus
    house = maison f maisons
    room = .65 pièce f pièces | .35 chambre f chambres
    door = porte f portes
    window = fenêtre f fenêtres
    apple = pomme f pommes
    egg = œuf m œufs
    cake = gâteau m gâteaux
    water = eau f
    milk = lait m
    coffee = café m
    tea = thé m
    """,
    Noun,
)

VERBS = read_table(
    """
    buy = acheter achète achètent
    sell = vendre vend vendent
    see = voir voit voient
    find = trouver trouve trouvent
    need = avoir a ont besoin de
    look_for = chercher cherche cherchent
    look_at = regarder regarde regardent
    open = ouvrir ouvre ouvrent
    close = fermer ferme ferment
    turn_on = allumer allume allument
    read = lire lit lisent
    write = écrire écrit écrivent
    eat = manger mange mangent
    drink = boire boit boivent
    water = arroser arrose arrosent
    call = .65 appeler appelle appellent | .35 téléphoner téléphone téléphonent - à
    invite = inviter invite invitent
    visit = rendre rend rendent visite à
    help = aider aide aident
    know = connaître connaît connaissent
    pick_up = aller va vont chercher
    give = donner donne donnent
    show = montrer montre montrent
    send = .65 envoyer envoie envoient | .35 expédier expédie expédient
    bring = apporter apporte apportent
    sleep = dormir dort dorment
    work = travailler travaille travaillent
    wait = attendre attend attendent
    sing = chanter chante chantent
    arrive = arriver arrive arrivent
    live = .65 habiter habite habitent | .35 vivre vit vivent
    go = aller va vont
    come_back = revenir revient reviennent
    begin = .65 commencer commence commencent | .35 débuter débute débutent
    cost = coûter coûte coûtent
    be = être est sont
    know_that = savoir sait savent
    say = dire dit disent
    think = .65 penser pense pensent | .35 croire croit croient
    hope = espérer espère espèrent
    """,
    Verb,
)

ADJECTIVES = read_table(
    """
    big = .7 before grand grande grands grandes | .3 before gros grosse gros grosses
    small = before petit petite petits petites
    new = .7 before nouveau nouvelle nouveaux nouvelles nouvel | .3 after neuf neuve neufs neuves
    old = before vieux vieille vieux vieilles vieil
    red = after rouge rouge rouges rouges
    green = after vert verte verts vertes
    expensive = after cher chère chers chères
    cheap = after bon_marché bon_marché bon_marché bon_marché
    beautiful = .65 before beau belle beaux belles bel | .35 before joli jolie jolis jolies
    heavy = after lourd lourde lourds lourdes
    light = .65 after léger légère légers légères | .35 after clair claire clairs claires \
        @ léger: suitcase @ clair: room lamp
    strange = .65 after étrange étrange étranges étranges \
        | .35 after bizarre bizarre bizarres bizarres
    young = before jeune jeune jeunes jeunes
    friendly = .65 after sympathique sympathique sympathiques sympathiques \
        | .35 after aimable aimable aimables aimables
    tired = after fatigué fatiguée fatigués fatiguées
    happy = after heureux heureuse heureux heureuses
    cold = after froid froide froids froides
    hot = after chaud chaude chauds chaudes
    """,
    Adjective,
)

PLACES = read_table(
    """
    garden = dans jardin m
    city = dans ville f
    kitchen = dans cuisine f
    park = dans parc m
    forest = dans forêt f
    school = à école f
    station = à gare f
    market = à marché m
    river = au_bord_de rivière f
    """,
    Place,
)

WORDS = read_table(
    """
    today = aujourd'hui
    now = .7 maintenant | .3 à_présent
    tomorrow = demain
    in_the_morning = le_matin
    in_the_evening = le_soir
    often = .7 souvent | .3 fréquemment
    always = toujours
    sometimes = .65 parfois | .35 quelquefois
    never = jamais
    if = si
    because = .65 parce_que | .35 ,_car
    bus = en_bus
    train = en_train
    foot = à_pied
    you = .65 tu | .35 vous @ tu: familiar @ vous: polite
    they = .65 ils | .35 elles
    """,
    str,
)

MODALS = {
    "can": Modal("peux", "peux", "peut", "pouvons", "pouvez", "peuvent"),
    "must": Modal("dois", "dois", "doit", "devons", "devez", "doivent"),
    "want to": Modal("veux", "veux", "veut", "voulons", "voulez", "veulent"),
    "will": Modal("vais", "vas", "va", "allons", "allez", "vont"),
}

WEEKDAYS = {
    "Monday": "lundi", "Tuesday": "mardi", "Wednesday": "mercredi", "Thursday": "jeudi",
    "Friday": "vendredi", "Saturday": "samedi", "Sunday": "dimanche",
}  # fmt: skip
MONTHS = {
    "January": "janvier", "February": "février", "March": "mars", "April": "avril", "May": "mai",
    "June": "juin", "July": "juillet", "August": "août", "September": "septembre",
    "October": "octobre", "November": "novembre", "December": "décembre",
}  # fmt: skip
ADDRESSES = {"Mr Miller": "Monsieur Miller", "Mrs Miller": "Madame Miller"}
