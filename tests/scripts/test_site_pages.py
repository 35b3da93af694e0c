"""The pages of the repository's root, as pages of the site."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "site_pages.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("site_pages", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_lead_the_same_way(script):
    page = "[a](docs/a.md#b) [c](CHANGELOG.md), see docs/a.md and [d](https://example.org/docs/d)"
    expected = "[a](a.md#b) [c](CHANGELOG.md), see docs/a.md and [d](https://example.org/docs/d)"
    assert script.from_docs(page) == expected


def test_the_pages_exist(script):
    assert script.PAGES[0] == "README.md"
    assert [name for name in script.PAGES if not (script.REPOSITORY / name).exists()] == []
