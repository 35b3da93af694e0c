"""What is installed: the metadata holds together and names everything that the code imports."""

import ast
import importlib
import re
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

import be_keras

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("be_keras", "be_tracks", "translation", "vision")
EXTRAS = {
    *("tensorflow", "jax", "torch", "datasets", "translation", "vision"),
    *("experiments", "tensorboard", "docs", "dev"),
}

# The extras that a package may count on, beside what is always installed.
EXTRAS_OF = {
    "be_keras": ("tensorflow", "jax", "torch"),
    "be_tracks": ("vision", "translation"),
    "translation": ("translation", "jax"),
    "vision": ("vision", "jax"),
}
DISTRIBUTION_OF = {"PIL": "pillow"}


@pytest.fixture(scope="module")
def setup():
    """The parsed setup.cfg."""
    parser = ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    return parser


def lines_of(text):
    """The values of a setup.cfg list, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def name_of(requirement):
    """`tensorflow-text` for `tensorflow-text>=2.20; platform_system != "Windows"`."""
    return re.match(r"[A-Za-z0-9_-]+", requirement)[0].lower().replace("_", "-")


def range_of(requirements, name):
    """The version range of one distribution in a list of requirements."""
    (found,) = [r for r in requirements if name_of(r) == name]
    return re.sub(r"^[A-Za-z0-9_-]+", "", found.split(";")[0]).strip()


def installed_by(setup, extra):
    """Names of the distributions of an extra; extras of our own named in it are followed."""
    names = set()
    for requirement in lines_of(setup["options.extras_require"][extra]):
        if name_of(requirement) == "be-keras":
            for inner in re.search(r"\[(.+)\]", requirement)[1].split(","):
                names |= installed_by(setup, inner.strip())
        else:
            names.add(name_of(requirement))
    return names


def imported_by(package):
    """Top-level names that a package imports and that are neither Python's nor ours."""
    names = set()
    for path in (REPOSITORY / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - set(PACKAGES)


def test_versions_agree(setup):
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)[1]
    assert setup["metadata"]["version"] == be_keras.__version__ == newest


def test_metadata_points_at_files_that_exist(setup):
    assert (REPOSITORY / setup["metadata"]["license_files"]).read_text().count("Apache License")
    readme = setup["metadata"]["long_description"].removeprefix("file:").strip()
    assert (REPOSITORY / readme).exists()


def test_the_extras_are_there(setup):
    assert set(setup["options.extras_require"]) == EXTRAS


def test_nothing_but_keras_and_numpy_is_always_installed(setup):
    always = lines_of(setup["options"]["install_requires"])
    assert {name_of(requirement) for requirement in always} == {"keras", "numpy"}


def test_tensorflow_and_its_text_ops_share_one_range(setup):
    extras = setup["options.extras_require"]
    tensorflow = range_of(lines_of(extras["tensorflow"]), "tensorflow")
    text = range_of(lines_of(extras["translation"]), "tensorflow-text")
    assert tensorflow == text == ">=2.20,<2.22"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_import_is_declared(setup, package):
    declared = {name_of(r) for r in lines_of(setup["options"]["install_requires"])}
    for extra in EXTRAS_OF[package]:
        declared |= installed_by(setup, extra)
    imported = {DISTRIBUTION_OF.get(n, n).lower().replace("_", "-") for n in imported_by(package)}
    assert imported - declared == set()


def test_console_commands_resolve(setup):
    commands = lines_of(setup["options.entry_points"]["console_scripts"])
    assert len(commands) == 2
    for command in commands:
        module, _, function = command.partition("=")[2].strip().partition(":")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed_and_complete(package):
    folder = REPOSITORY / package
    assert (folder / "py.typed").exists()
    with_code = {path.parent for path in folder.rglob("*.py")}
    assert [str(path) for path in with_code if not (path / "__init__.py").exists()] == []
