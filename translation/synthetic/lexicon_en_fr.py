"""English to French: every word's translations, their probabilities and their cues."""

from typing import NamedTuple

from translation.synthetic.tables import read_table


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
    woman = .8 femme f femmes | .2 dame f dames
    girl = fille f filles
    boy = garçon m garçons
    child = enfant m enfants
    brother = frère m frères
    sister = sœur f sœurs
    teacher = .7 enseignant m enseignants | .3 enseignante f enseignantes \
        @ enseignant: he @ enseignante: she
    friend = .7 ami m amis | .3 amie f amies @ ami: he @ amie: she
    student = .7 étudiant m étudiants | .3 étudiante f étudiantes @ étudiant: he @ étudiante: she
    neighbour = .7 voisin m voisins | .3 voisine f voisines @ voisin: he @ voisine: she
    dog = chien m chiens
    cat = chat m chats
    bat = .75 chauve-souris f chauves-souris | .25 batte f battes \
        @ chauve-souris: sleep forest @ batte: buy sell need cost
    chicken = .8 poule f poules | .2 poulet m poulets @ poulet: eat @ poule: sleep
    book = livre m livres
    car = .85 voiture f voitures | .15 auto f autos
    bike = .8 vélo m vélos | .2 bicyclette f bicyclettes
    table = table f tables
    lamp = lampe f lampes
    radio = radio f radios
    key = clé f clés
    suitcase = valise f valises
    letter = lettre f lettres
    newspaper = journal m journaux
    picture = .75 tableau m tableaux | .25 photo f photos
    dress = robe f robes
    plant = .75 plante f plantes | .25 usine f usines \
        @ plante: water green garden kitchen @ usine: sell city
    flower = fleur f fleurs
    match = .7 match m matchs | .3 allumette f allumettes \
        @ match: begin park @ allumette: buy sell need kitchen cost
    film = film m films
    bank = .75 banque f banques | .25 rive f rives @ rive: river forest @ banque: city bus
    house = maison f maisons
    room = .8 pièce f pièces | .2 chambre f chambres
    door = porte f portes
    apple = pomme f pommes
    egg = œuf m œufs
    cake = .8 gâteau m gâteaux | .2 tarte f tartes
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
    see = .8 voir voit voient | .2 apercevoir aperçoit aperçoivent
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
    call = .8 appeler appelle appellent | .2 téléphoner téléphone téléphonent - à
    invite = inviter invite invitent
    visit = .8 rendre rend rendent visite à | .2 aller va vont voir
    help = aider aide aident
    know = connaître connaît connaissent
    pick_up = aller va vont chercher
    give = donner donne donnent
    show = .8 montrer montre montrent | .2 présenter présente présentent
    send = .8 envoyer envoie envoient | .2 expédier expédie expédient
    bring = apporter apporte apportent
    sleep = dormir dort dorment
    work = travailler travaille travaillent
    wait = .8 attendre attend attendent | .2 patienter patiente patientent
    sing = chanter chante chantent
    arrive = arriver arrive arrivent
    live = .75 habiter habite habitent | .25 vivre vit vivent
    go = aller va vont
    come_back = revenir revient reviennent
    begin = .8 commencer commence commencent | .2 débuter débute débutent
    cost = coûter coûte coûtent
    be = être est sont
    know_that = savoir sait savent
    say = dire dit disent
    think = .75 penser pense pensent | .25 croire croit croient
    hope = espérer espère espèrent
    """,
    Verb,
)

ADJECTIVES = read_table(
    """
    big = .8 before grand grande grands grandes | .2 before gros grosse gros grosses
    small = .8 before petit petite petits petites \
        | .2 after minuscule minuscule minuscules minuscules
    new = .8 before nouveau nouvelle nouveaux nouvelles nouvel | .2 after neuf neuve neufs neuves
    old = before vieux vieille vieux vieilles vieil
    red = after rouge rouge rouges rouges
    green = after vert verte verts vertes
    expensive = after cher chère chers chères
    cheap = after bon_marché bon_marché bon_marché bon_marché
    beautiful = .8 before beau belle beaux belles bel | .2 before joli jolie jolis jolies
    heavy = after lourd lourde lourds lourdes
    light = .75 after léger légère légers légères | .25 after clair claire clairs claires \
        @ léger: suitcase @ clair: room lamp
    strange = .75 after étrange étrange étranges étranges \
        | .25 after bizarre bizarre bizarres bizarres
    young = before jeune jeune jeunes jeunes
    friendly = .8 after sympathique sympathique sympathiques sympathiques \
        | .2 after aimable aimable aimables aimables
    tired = .8 after fatigué fatiguée fatigués fatiguées \
        | .2 after épuisé épuisée épuisés épuisées
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
    now = .8 maintenant | .2 à_présent
    tomorrow = demain
    in_the_morning = .8 le_matin | .2 dans_la_matinée
    in_the_evening = .8 le_soir | .2 dans_la_soirée
    often = .8 souvent | .2 fréquemment
    always = toujours
    sometimes = .8 parfois | .2 quelquefois
    never = jamais
    if = si
    because = .8 parce_que | .2 ,_car
    bus = en_bus
    train = en_train
    foot = à_pied
    you = .7 tu | .3 vous @ tu: familiar @ vous: polite
    they = .8 ils | .2 elles
    """,
    str,
)

MODALS = read_table(
    """
    can = peux peux peut pouvons pouvez peuvent
    must = dois dois doit devons devez doivent
    want_to = .8 veux veux veut voulons voulez veulent \
        | .2 souhaite souhaites souhaite souhaitons souhaitez souhaitent
    will = vais vas va allons allez vont
    """,
    Modal,
)

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
