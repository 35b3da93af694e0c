"""Public docstrings are complete: arguments, errors, examples that run, and of layers shapes and
the source paper; the signatures have types.
"""

import ast
import doctest
import inspect
import re
import textwrap
from types import ModuleType

import keras
import numpy as np
import pytest

import be_keras

SHAPE = re.compile(r"\([BR]\b[^()]*\)")  # rows (B * M, ...), or (R, ...) of one network
PAPER = re.compile(r"\([^()]*\b(19|20)\d\d\)")
SECTION = re.compile(r"^( *)(Args|Attributes|Raises):\n((?:\1 +.*\n|\n)+)", re.MULTILINE)
TWIN = re.compile(r"\bkeras\.layers\.(\w+)")
ELSEWHERE = re.compile(r"\b[Aa]s (in )?`|\bsee `")


def exported(module):
    """(name, object) of what a module exports: its `__all__`, or else what it defines itself."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    return [(name, getattr(module, name)) for name in names]


ROOMS = [room for _, room in exported(be_keras) if isinstance(room, ModuleType)]
PUBLIC = {
    f"{thing.__module__}.{name}": thing
    for module in (be_keras, *ROOMS)
    for name, thing in exported(module)
    if not isinstance(thing, ModuleType)
}
LAYERS = {name: thing for name, thing in PUBLIC.items() if name.startswith("be_keras.layers.")}


def own_docstring(thing):
    """The docstring of a class or function itself, none that it inherits."""
    return inspect.cleandoc(thing.__doc__ or "")


def parts_of(thing):
    """A function, or a class with its bases of be_keras, whose docstrings it does not repeat."""
    if not inspect.isclass(thing):
        return [thing]
    return [base for base in thing.__mro__ if base.__module__.startswith("be_keras")]


def whole_docstring(thing):
    return "\n\n".join(map(own_docstring, parts_of(thing)))


def parameters_of(thing):
    """What a function or the making of an object takes, by name.

    A class is asked through `__init__`: some releases of Python give the signature of
    `__new__` for a class of Keras, which is no more than `*args, **kwargs`.
    """
    if not inspect.isclass(thing) or thing.__init__ is object.__init__:
        return dict(inspect.signature(thing).parameters)
    found = dict(inspect.signature(thing.__init__).parameters)
    found.pop("self")
    return found


def unexplained_arguments(thing):
    """Parameters that the docstring does not name, unless it sends the reader elsewhere.

    Sent to a layer of Keras, the reader finds what that layer takes, and nothing else.
    """
    text, known = whole_docstring(thing), set()
    for name in TWIN.findall(text):
        known |= parameters_of(getattr(keras.layers, name)).keys()
    if ELSEWHERE.search(text) and not known:
        return []
    parameters = parameters_of(thing).values()
    named = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL or not known]
    return [p for p in named if p not in known and not re.search(rf"\b{p}\b", text)]


def raises(thing):
    """Whether a function, or the making of an object, raises by itself."""
    trees = [ast.parse(textwrap.dedent(inspect.getsource(part))) for part in parts_of(thing)]
    functions = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    if inspect.isclass(thing):
        functions = [f for f in functions if f.name in ("__init__", "__post_init__")]
    return any(isinstance(node, ast.Raise) for f in functions for node in ast.walk(f))


def unreadable_items(text):
    """Items of a section that do not begin with `name: `: the API reference would drop them."""
    items = []
    for _, _, body in SECTION.findall(text + "\n"):
        indent = re.match(" *", body)[0]
        items += re.findall(rf"^{indent}(\S.*)", body, re.MULTILINE)
    return [item for item in items if ": " not in item]


def documented_methods(thing):
    """The public methods and properties with a docstring that a class itself defines."""
    kinds = property | classmethod | type(documented_methods)
    return {
        name: value
        for name, value in (vars(thing).items() if inspect.isclass(thing) else ())
        if isinstance(value, kinds) and not name.startswith("_") and value.__doc__
    }


def without_example(thing):
    """What no example shows: '' for the name itself, and methods."""
    parse = doctest.DocTestParser().get_examples
    examples = parse(own_docstring(thing))
    shown = "".join(example.source for example in examples)
    missing = [] if examples else [""]
    for name, method in documented_methods(thing).items():
        if not re.search(rf"\b{name}\b", shown) and not parse(method.__doc__):
            missing.append(name)
    return missing


def failures_of(thing):
    """What goes wrong in the examples of a docstring, as text."""
    known = {"be_keras": be_keras, "keras": keras, "np": np}
    test = doctest.DocTestParser().get_doctest(own_docstring(thing), known, "example", None, 0)
    printed = []
    doctest.DocTestRunner(verbose=False).run(test, out=printed.append)
    return "".join(printed)


def untyped(thing):
    """Parameters without a type."""
    return [
        name
        for name, parameter in parameters_of(thing).items()
        if parameter.annotation is parameter.empty
    ]


def test_every_room_is_read():
    assert {"be_keras.layers", "be_keras.metrics"} <= {room.__name__ for room in ROOMS}
    assert len(LAYERS) == len(be_keras.layers.__all__)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_docstrings_are_complete(name):
    thing = PUBLIC[name]
    text = whole_docstring(thing)
    assert own_docstring(thing)
    assert unexplained_arguments(thing) == []
    assert unreadable_items(text) == []
    assert not raises(thing) or re.search("raises|errors?", text, re.IGNORECASE)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_examples_are_there_and_true(name):
    thing = PUBLIC[name]
    assert without_example(thing) == []
    for part in (thing, *documented_methods(thing).values()):
        assert failures_of(part) == ""


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_signatures_have_types(name):
    assert untyped(PUBLIC[name]) == []


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_layers_say_shapes_errors_and_their_paper(name):
    text = whole_docstring(LAYERS[name])
    assert SHAPE.search(text)
    assert PAPER.search(text)
    assert "Raises:" in text


def test_gaps_are_found():
    def twin(units, ghost):
        """As in `keras.layers.Dense`."""

    assert unexplained_arguments(twin) == ["ghost"]

    def gappy(first, second):
        """Takes `first`.

        Args:
            first, and more of the kind,
            third: Something.
        """
        raise ValueError(first, second)

    assert unexplained_arguments(gappy) == ["second"]
    assert unreadable_items(own_docstring(gappy)) == ["first, and more of the kind,"]
    assert raises(gappy) and not SHAPE.search("(T, B)") and not PAPER.search("in 2020")


def test_missing_and_wrong_examples_are_found():
    class Gappy:
        """Adds.

        Examples:
            >>> 1 + 1
            3
        """

        def method(self, number):
            """Does something."""

    assert without_example(Gappy) == ["method"] and without_example(Gappy.method) == [""]
    assert "Expected:\n    3\nGot:\n    2\n" in failures_of(Gappy)
    assert untyped(Gappy.method) == ["self", "number"]
