"""The page as HTML: whole in one file, and names are text in it."""

import base64
import re

import pytest

from vision.reporting.figures import FIGURES
from vision.reporting.page import page
from vision.reporting.summary import summarise
from vision.reporting.web import web_page

PICTURES = {name: f"picture of {name}".encode() for name in FIGURES}
ODD = '_x_y|<img src="gone.png"><script>alert(1)</script> & "co" (1)'


@pytest.fixture
def document(systems, evaluation):
    """The HTML of a report that holds a name of hostile characters."""
    systems[ODD] = evaluation(ODD, 2)
    return web_page(page(summarise(systems, ""), FIGURES), PICTURES, "A <title>")


def test_figures_are_inside(document):
    sources = re.findall(r'<img [^>]*src="([^"]+)"', document)
    assert len(sources) == len(FIGURES)
    prefix = "data:image/png;base64,"
    assert all(source.startswith(prefix) for source in sources)
    decoded = {base64.b64decode(source.removeprefix(prefix)) for source in sources}
    assert decoded == set(PICTURES.values())


def test_nothing_is_fetched_from_elsewhere(document):
    assert not re.search(r"https?:|//|@import|url\(|<link|<script|<iframe", document)
    assert re.findall(r"<[^>]*\bsrc=(?!.data:)", document) == []
    assert "href" not in document


def test_it_is_one_whole_document(document):
    assert document.startswith("<!DOCTYPE html>") and document.endswith("</html>\n")
    assert "<title>A &lt;title&gt;</title>" in document and document.count("<style>") == 1
    for tag in ("table", "tr", "td", "div", "ul", "li", "p", "body"):
        assert len(re.findall(rf"<{tag}[ >]", document)) == document.count(f"</{tag}>")


def test_names_are_text(document, systems):
    plain = re.sub(r"<[^>]+>", "", document)
    expected = ODD.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain.count(expected) >= 5
    for name in systems:
        assert name == ODD or f"<td>{name}</td>" in document


def test_tables_are_tables_and_intervals_stand_apart(document, systems):
    assert document.count("<table>") == document.count('<div class="wide"><table>') == 4
    assert "| ---" not in document and "**" not in document
    low, high = systems["be4"]["intervals"]["nll"]
    interval = f"<small>[{low:.4f}, {high:.4f}]</small></td>"
    assert f">{systems['be4']['nll']:.4f} {interval}" in document
    assert "<small>(1)</small>" not in document  # the end of a name is none


def test_a_figure_that_is_not_there_is_a_mistake():
    with pytest.raises(KeyError, match="gone.png"):
        web_page("![alt](gone.png)", {}, "")
