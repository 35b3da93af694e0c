"""The API reference shows every public name, and the site leads to every page."""

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import be_keras

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
PAGES = sorted((DOCS / "api").glob("*.md"))
DIRECTIVE = re.compile(r"^::: (\S+)$", re.MULTILINE)


def shown_by(module):
    """What a module exports: its `__all__`, or else what it defines itself."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    return [getattr(module, name) for name in names]


def public_objects():
    """Every class and function that `be_keras`, its rooms and its packages export."""
    packages = [
        importlib.import_module(f"be_keras.{module.name}")
        for module in pkgutil.iter_modules(be_keras.__path__)
        if module.ispkg
    ]
    found = shown_by(be_keras)
    for module in [*packages, *(each for each in found if isinstance(each, ModuleType))]:
        found.extend(shown_by(module))
    return [each for each in found if not isinstance(each, ModuleType)]


def missing_from(text):
    """The full names of the public objects that the directives of a text do not show."""
    shown = []
    for name in DIRECTIVE.findall(text):
        target = pkgutil.resolve_name(name)
        shown.extend(shown_by(target) if isinstance(target, ModuleType) else [target])
    return sorted({f"{o.__module__}.{o.__qualname__}" for o in public_objects() if o not in shown})


def test_every_public_name_is_on_a_page():
    assert missing_from("\n".join(page.read_text(encoding="utf-8") for page in PAGES)) == []


def test_missing_names_are_found():
    missing = missing_from("::: be_keras.layers\n\n::: be_keras.metrics.scores\n")
    assert "be_keras.ensemble_model.EnsembleModel" in missing
    assert "be_keras.metrics.temperature.fit_temperature" in missing
    assert "be_keras.metrics.scores.scores" not in missing
    assert "be_keras.layers.dense.DenseBatchEnsemble" not in missing


def test_the_site_leads_to_every_page():
    settings = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/-]+\.md", settings.partition("\nnav:")[2]))
    decisions = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    named |= {f"decisions/{name}" for name in re.findall(r"\]\(([\w-]+\.md)\)", decisions)}
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert pages - named == set()
    assert {name for name in named - pages if not (REPOSITORY / name).exists()} == set()
