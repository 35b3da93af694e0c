"""The English words: their forms, and the tags that say which words go together.

The tables are plain text, one word a line; an underscore in a word stands for a space.
"""

from typing import NamedTuple

_NOUNS = """
man        men         he      person adult stranger
woman      women       she     person adult stranger
girl       girls       she     person stranger
boy        boys        he      person stranger
child      children    it      person
brother    brothers    he      person kin
sister     sisters     she     person kin
teacher    teachers    he,she  person adult
friend     friends     he,she  person adult
student    students    he,she  person adult
neighbour  neighbours  he,she  person adult
Anna       -           she     person adult name
Maria      -           she     person adult name
Paul       -           he      person adult name
Thomas     -           he      person adult name
dog        dogs        it      animal
cat        cats        it      animal
bat        bats        it      goods creature
chicken    chickens    it      food creature
book       books       it      goods readable written portable heavy
car        cars        it      goods coloured
bike       bikes       it      goods coloured
table      tables      it      goods heavy light
lamp       lamps       it      goods device light
radio      radios      it      goods device
key        keys        it      goods portable
suitcase   suitcases   it      goods openable heavy light coloured
letter     letters     it      portable readable written openable
newspaper  newspapers  it      goods readable portable
picture    pictures    it      goods portable
dress      dresses     it      goods coloured light
plant      plants      it      goods growing sight coloured
flower     flowers     it      goods growing coloured portable
match      matches     it      goods event
film       films       it      sight event
bank       banks       it      sight goal
house      houses      it      goods sight coloured
room       rooms       it      sight light
door       doors       it      openable coloured
apple      apples      it      food coloured portable
egg        eggs        it      food
cake       cakes       it      food portable
water      -           it      drink
milk       -           it      drink
coffee     -           it      drink
tea        -           it      drink
"""

# Word, frame, who does it, to what.
_VERBS = """
buy        transitive    person              goods,food
sell       transitive    person              goods,food
see        transitive    person,animal       goods,person,animal,sight,portable
find       transitive    person              goods,animal,portable
need       transitive    person              goods
look_for   transitive    person,animal       goods,person,animal,portable
look_at    transitive    person              goods,sight,animal,portable
open       transitive    person              openable
close      transitive    person              openable
turn_on    transitive    person              device
read       transitive    person              readable
write      transitive    person              written
eat        transitive    person              food
drink      transitive    person              drink
water      transitive    person              growing
call       transitive    person              person
invite     transitive    person              person
visit      transitive    person              person
help       transitive    person              person
know       transitive    person              person
pick_up    transitive    person              person
give       giving        person              portable
show       giving        person              portable
send       giving        person              portable
bring      giving        person              portable
sleep      intransitive  person,animal,creature  -
work       intransitive  person              -
wait       intransitive  person,animal       -
sing       intransitive  person              -
arrive     intransitive  person              -
live       intransitive  person,animal       -
go         motion        person,animal       -
come_back  motion        person,animal       -
begin      event         event               -
cost       price         goods,food          -
be         copula        person,animal,goods,food,sight,openable,portable  -
"""

_ADJECTIVES = """
big        goods,sight,food,animal,creature,openable
small      goods,sight,food,animal,creature,openable
new        goods,sight,openable
old        goods,sight,adult,animal,openable
red        coloured
green      coloured
expensive  goods,food
cheap      goods,food
beautiful  goods,sight,animal
heavy      heavy
light      light
strange    goods,sight,person,animal,portable
young      person,animal
friendly   person
tired      person,animal
happy      person
cold       drink
hot        drink
"""

# No two words of one scale describe the same thing.
_SCALES = ("big small", "new old young", "expensive cheap", "red green", "heavy light")

PLACES = {
    "in the garden": "garden",
    "in the city": "city",
    "in the kitchen": "kitchen",
    "in the park": "park",
    "in the forest": "forest",
    "at the school": "school",
    "at the station": "station",
    "at the market": "market",
    "by the river": "river",
}
GOALS = ("park", "school", "station", "market", "river", "bank")
HOMES = ("city", "forest", "river")
TRANSPORTS = {"bus": "by bus", "train": "by train", "foot": "on foot"}
REPORTS = ("know that", "say", "think", "hope")
DAYS = ("today", "now", "in the morning", "in the evening")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = {
    "January": 31, "February": 28, "March": 31, "April": 30, "May": 31, "June": 30,
    "July": 31, "August": 31, "September": 30, "October": 31, "November": 30, "December": 31,
}  # fmt: skip
ADDRESSES = {"Anna": "familiar", "Paul": "familiar", "Mr Miller": "polite", "Mrs Miller": "polite"}


class Noun(NamedTuple):
    """An English noun: `plural` ("-" where it has none), its `pronouns` and its `tags`."""

    plural: str
    pronouns: tuple[str, ...]
    tags: frozenset[str]


class Verb(NamedTuple):
    """An English verb: its `frame` and the noun tags of its `subjects` and `objects`."""

    frame: str
    subjects: frozenset[str]
    objects: frozenset[str]


def _lines(text):
    return [line.split() for line in text.strip().splitlines()]


def _tags(field):
    return frozenset(field.split(","))


NOUNS = {
    word: Noun(plural, tuple(pronouns.split(",")), frozenset(tags))
    for word, plural, pronouns, *tags in _lines(_NOUNS)
}
VERBS = {
    word.replace("_", " "): Verb(frame, _tags(subjects), _tags(objects))
    for word, frame, subjects, objects in _lines(_VERBS)
}
ADJECTIVES = {word: _tags(tags) for word, tags in _lines(_ADJECTIVES)}
OPPOSITES = {word: frozenset(scale.split()) for scale in _SCALES for word in scale.split()}
