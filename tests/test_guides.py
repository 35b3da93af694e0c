"""A guide answers one question in a page, and no measured number in it is typed by hand."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"

CODE = re.compile(r"^```.*?^```[ \t]*$|`[^`]*`", re.MULTILINE | re.DOTALL)
# What the generator writes, and what a demo is expected to print.
GENERATED = re.compile(r"<!-- (?:[a-z]+: [^>]*?)-->.*?<!-- end -->", re.DOTALL)
LINK_TARGET = re.compile(r"\]\([^)]*\)")
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
# 0.123, .123, 12.3 %, 1e-5; "12 %" as well.
NUMBER = re.compile(r"(?<![\w.])\d*\.\d+(?![\w.]*\w)(?: ?%)?|(?<![\w.])\d+ ?%|\d+e-?\d+")
# Numbers that are definitions, settings or versions; no measurement.
ALLOWED = {
    "members.md": {"0.1", "0.5", "1.2"},  # N(1, 0.1), N(1, 0.5); a DEE that means nothing
    "conversion.md": {"0.5"},  # N(1, 0.5)
    "distributed.md": {"1e-5"},  # what the tests allow
    "vision.md": {"95 %"},
    "translation.md": {"95 %"},
    "ten-lines.md": {"0.03"},
    "README.md": {"3.11", "3.13", "95 %", "2.0"},
}


def guides():
    """The pages that the site lists as tutorials and guides, and README."""
    nav = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    sections = re.split(r"^  - ", nav, flags=re.MULTILINE)
    listed = [s for s in sections if s.startswith(("Tutorials:", "Guides:"))]
    return [DOCS / name for s in listed for name in re.findall(r"- ([\w-]+\.md)", s)]


def test_the_navigation_lists_every_page_once():
    nav = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r"([\w/-]+\.md)$", nav, re.MULTILINE)
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    expected = [page for page in pages if not page.startswith("decisions/0")]
    root = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    assert sorted(listed) == sorted([*expected, *root])


def typed(text):
    """The numbers of a page that stand outside code, links and generated blocks."""
    for pattern in (GENERATED, CODE, LINK_TARGET):
        text = pattern.sub("", text)
    return NUMBER.findall(text)


def tables(text):
    """(rows, columns) of every table of a page."""
    found = [table.splitlines() for table in TABLE.findall(text)]
    return [(len(lines) - 2, lines[0].count("|") - 1) for lines in found]


@pytest.mark.parametrize("page", [*guides(), REPOSITORY / "README.md"], ids=lambda page: page.name)
def test_no_measured_number_is_typed_by_hand(page):
    found = set(typed(page.read_text(encoding="utf-8")))
    assert found - ALLOWED.get(page.name, set()) == set(), "see experiments/excerpts.py"


@pytest.mark.parametrize("page", guides(), ids=lambda page: page.name)
def test_a_guide_has_one_small_table(page):
    sizes = tables(page.read_text(encoding="utf-8"))
    assert len(sizes) <= 1
    assert all(rows <= 6 and columns <= 5 for rows, columns in sizes)


@pytest.mark.parametrize("page", guides(), ids=lambda page: page.name)
def test_a_guide_says_when_to_use_it_and_has_a_figure(page):
    text = page.read_text(encoding="utf-8")
    if page.name not in ("ten-lines.md", "distributed.md"):  # a tutorial; nothing to draw
        assert text.count("![") == 1 and text.count("\n## When to use it, and when not\n") == 1


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_a_page_is_short(page):
    assert len(page.read_text(encoding="utf-8").split()) <= 1_500


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_generated_numbers_do_not_begin_a_line(page):
    """Markdown takes a line that begins with a comment for HTML, up to the line's end."""
    assert not re.findall(r"^ *<!-- value.*", page.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_guides_are_found():
    assert {"members.md", "vision.md", "ten-lines.md"} <= {page.name for page in guides()}


def test_typed_numbers_are_found():
    page = (
        "It is 0.12, .5 or 12.5 % and 7 % of 1,000.\n<!-- value: a | b | c -->0.3<!-- end -->\n"
        "`x = 0.1` [a](b.md#1.2) TensorFlow2.21 to 5e-7\n```\n0.9\n```\n"
    )
    assert typed(page) == ["0.12", ".5", "12.5 %", "7 %", "5e-7"]
    assert tables("a\n| a | b |\n| --- | --- |\n| c | d |\n\n| e |\n| --- |\n") == [(1, 2), (0, 1)]
