"""The arrows between the rooms, read from the imports, and the limits that keep files readable."""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
MAX_ROOM_FILES = 20

# Which of our own packages each package may use. What runs them is used by none.
MAY_USE = {
    "be_keras": {"be_keras"},
    "be_tracks": {"be_keras", "be_tracks"},
    "translation": {"be_keras", "be_tracks", "translation"},
    "vision": {"be_keras", "be_tracks", "vision"},
}
RUNNERS = {"scripts", "experiments", "benchmarks", "tests"}

# Rooms of be_keras that may use only these others; a room not named here may use all of them.
ARROWS = {
    "keras_internals": set(),
    "members": {"keras_internals"},
    "initializers": set(),
    "roles": {"keras_internals"},
    "backend": set(),
    "schedules": set(),
    "losses": set(),
    "loss_inputs": {"members"},
    "optimizers": {"roles", "keras_internals"},
    "outputs": {"members", "keras_internals"},
    "bodies": {"members", "outputs", "keras_internals"},
    "metrics": {"roles", "backend", "outputs"},
    "layers": {"members", "initializers", "roles", "backend"},
}

# be_keras needs these alone, so that it runs on either backend without the other.
CORE_NEEDS = {"keras", "numpy"}
BACKENDS = {"tensorflow", "tensorflow_text", "tensorflow_datasets", "jax", "jaxlib", "torch"}
# Rooms of a track, from the bottom up: each uses itself and those named, nothing above.
TRACK_ARROWS = {
    "be_tracks.report": {"errors", "atomic", "json_files", "runs"},
    "be_tracks.runs": {"json_files", "lock", "errors", "atomic", "interrupts"},
    "vision.data": set(),
    "vision.corruptions": set(),
    "vision.models": set(),
    "vision.evaluation": {"data", "corruptions", "methods", "run_directory", "settings", "models"},
    "vision.training": {"data", "models", "evaluation", "methods", "run_directory", "settings"},
    "vision.reporting": set(),
    "translation.data": set(),
    "translation.synthetic": {"data", "evaluation"},
    "translation.models": {"config"},
    "translation.decoding": {"data", "models"},
    "translation.preparation": {"data", "evaluation"},
    "translation.evaluation": {"data", "models", "decoding"},
    "translation.training": {"config", "data", "models", "decoding", "evaluation"},
    "translation.reporting": set(),
}
BACKEND_AT_THE_TOP = {("be_keras.training", "tensorflow")}
BACKEND_IN_FUNCTIONS = {("be_keras.backend", name) for name in ("tensorflow", "jax", "torch")}


class Import(NamedTuple):
    """One imported name: what, where, and whether it waits inside a function."""

    name: str
    line: int
    lazy: bool

    @property
    def top(self):
        """The outermost package, such as `keras` for `keras.ops`."""
        return self.name.split(".")[0]


def imports_of(tree, lazy=False):
    """Every `Import` below a syntax node; a relative one keeps its leading dots."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            yield from (Import(f"{source}.{alias.name}", node.lineno, lazy) for alias in node.names)
        else:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports_of(node, lazy or function)


def functions_of(tree):
    """Every function and method below a syntax node, nested ones too."""
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def undocumented(tree):
    """Names of the public module parts without a docstring; the module itself is ''."""
    missing = [] if ast.get_docstring(tree) else [""]
    for node in tree.body:
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public and not ast.get_docstring(node):
            missing.append(node.name)
    return missing


def room_of(module):
    """`be_keras.layers` for `be_keras.layers.dense`; `be_keras` for a name of its front door."""
    package, *rest = module.split(".")
    folder = REPOSITORY / package
    if rest and ((folder / rest[0]).is_dir() or (folder / f"{rest[0]}.py").exists()):
        return f"{package}.{rest[0]}"
    return package


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def python_files(*folders):
    return sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))


def sources():
    """(path, dotted module, syntax tree) of every file of the installed packages."""
    for path in python_files(*MAY_USE):
        relative = path.relative_to(REPOSITORY)
        module = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        yield relative, module, parse(path)


def offending_imports(offends):
    """Where `offends(importing module, import)` is true, as `path:line name`."""
    return [
        f"{path}:{found.line} {found.name}"
        for path, module, tree in sources()
        for found in imports_of(tree)
        if offends(module, found)
    ]


def test_every_package_is_read():
    read = {module.split(".")[0] for _, module, _ in sources()}
    assert read == set(MAY_USE)


def test_tracks_never_meet_and_the_core_knows_neither():
    ours = set(MAY_USE) | RUNNERS

    def offends(module, found):
        return found.top in ours - MAY_USE[module.split(".")[0]]

    assert offending_imports(offends) == []


def test_arrows_inside_the_core():
    def offends(module, found):
        room = room_of(module)
        package, _, name = room.partition(".")
        if {package, found.top} != {"be_keras"} or name not in ARROWS:
            return False
        below = {f"be_keras.{to}" for to in ARROWS[name]}
        return room_of(found.name) not in {room, "be_keras.types"} | below

    assert offending_imports(offends) == []


def test_arrows_inside_the_tracks():
    def offends(module, found):
        room = room_of(module)
        package = room.partition(".")[0]
        if room not in TRACK_ARROWS or found.top != package:
            return False
        below = {f"{package}.{name}" for name in TRACK_ARROWS[room]}
        return room_of(found.name) not in {room} | below

    assert offending_imports(offends) == []


def test_rooms_of_the_tracks_are_small():
    counts = {
        str(folder.relative_to(REPOSITORY)): len(list(folder.glob("*.py")))
        for track in ("be_tracks", "vision", "translation")
        for folder in (REPOSITORY / track).rglob("*")
        if folder.is_dir() and folder.name not in ("synthetic", "__pycache__")
    }
    assert {folder: count for folder, count in counts.items() if count > MAX_ROOM_FILES} == {}


def test_the_core_needs_keras_and_numpy_alone():
    known = CORE_NEEDS | BACKENDS | {"be_keras"} | sys.stdlib_module_names

    def offends(module, found):
        return module.split(".")[0] == "be_keras" and found.top not in known

    assert offending_imports(offends) == []


def test_backends_are_imported_only_where_they_are_known():
    def offends(module, found):
        if found.top not in BACKENDS or (room_of(module), found.top) in BACKEND_AT_THE_TOP:
            return False
        if not found.lazy:
            return True
        in_core = module.split(".")[0] == "be_keras"
        return in_core and (room_of(module), found.top) not in BACKEND_IN_FUNCTIONS

    assert offending_imports(offends) == []


def test_the_core_raises_what_python_programs_expect():
    """Errors of its own, and what reads a command line, belong to those that use it."""
    expected = {"ValueError", "TypeError", "RuntimeError"}
    protocols = {"NotImplementedError", "StopIteration"}  # what Keras expects
    raised = {
        f"{path}:{node.lineno}": ast.unparse(getattr(node.exc, "func", node.exc))
        for path, module, tree in sources()
        if module.split(".")[0] == "be_keras"
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
    }
    assert {place: n for place, n in raised.items() if n not in expected | protocols} == {}

    def offends(module, found):
        return module.split(".")[0] == "be_keras" and found.top in ("argparse", "sys", "logging")

    assert offending_imports(offends) == []


def test_imports_are_absolute():
    assert offending_imports(lambda module, found: found.name.startswith(".")) == []


def test_nothing_reaches_into_the_private_parts_of_keras():
    inside = re.compile(r"\bkeras\.src\b")
    files = [path for path in python_files(*MAY_USE, *RUNNERS) if path != Path(__file__).resolve()]
    assert [str(path) for path in files if inside.search(path.read_text(encoding="utf-8"))] == []


def private_names(tree):
    """Every name with one leading underscore that is defined below a node, and that is used."""
    defined, used = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
        elif isinstance(node, ast.Attribute):
            on_self = isinstance(node.value, ast.Name) and node.value.id == "self"
            if on_self and isinstance(node.ctx, ast.Store):
                defined.add(node.attr)
            else:
                used[node.attr] = node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr"):
            if isinstance(node.args[1], ast.Constant):
                used[node.args[1].value] = node.lineno
    private = re.compile(r"_[a-z]")
    return defined, {name: line for name, line in used.items() if private.match(name)}


def test_what_is_private_to_others_is_listed_in_one_module():
    public = {"_replace", "_exit"}  # of named tuples and of os
    defined, used = set(public), {}
    for path, module, tree in sources():
        if module != "be_keras.keras_internals":
            names, lines = private_names(tree)
            defined |= names
            used.update({f"{path}:{line}": name for name, line in lines.items()})
    assert {place: name for place, name in used.items() if name not in defined} == {}


def test_reading_of_private_names():
    method = "def _f(self):\n  self._a = getattr(x, '_b')\n  self._c(y._d, z.__e__)"
    tree = ast.parse(f"class A:\n {method}")
    assert private_names(tree) == ({"A", "_f", "_a"}, {"_b": 3, "_c": 4, "_d": 4})


def test_public_names_have_docstrings():
    assert [f"{path} {name}" for path, _, tree in sources() for name in undocumented(tree)] == []


def test_files_are_short():
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(*MAY_USE, *RUNNERS)
    }
    assert {path: lines for path, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_functions_are_short():
    lengths = {
        f"{path.relative_to(REPOSITORY)}:{function.name}": function.end_lineno - function.lineno + 1
        for path in python_files(*MAY_USE, *RUNNERS)
        for function in functions_of(parse(path))
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import keras.ops", Import("keras.ops", 1, False)),
        ("from keras import ops", Import("keras.ops", 1, False)),
        ("from . import dense", Import("..dense", 1, False)),
        ("try:\n    import jax\nfinally:\n    pass", Import("jax", 2, False)),
        ("class A:\n    def f(self):\n        import jax", Import("jax", 3, True)),
    ],
)
def test_reading_of_imports(source, expected):
    assert list(imports_of(ast.parse(source))) == [expected]


def test_reading_of_docstrings():
    tree = ast.parse('def f(): "said"\ndef g(): pass\ndef _h(): pass\nclass C: pass')
    assert undocumented(tree) == ["", "g", "C"]


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("be_keras", "be_keras"),
        ("be_keras.metrics.scores", "be_keras.metrics"),
        ("be_keras.members", "be_keras.members"),
        ("be_keras.NoSuchRoom", "be_keras"),
    ],
)
def test_rooms_are_told_from_names(module, room):
    assert room_of(module) == room
