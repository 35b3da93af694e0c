"""The documentation is true: its code runs, its links lead somewhere, its commands exist."""

import importlib.util
import re
from pathlib import Path

import keras
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
README = REPOSITORY / "README.md"
RUN_PAGES = [README, *sorted((REPOSITORY / "docs").rglob("*.md"))]
LINKED_PAGES = [*RUN_PAGES, REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "CHANGELOG.md"]

BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
FILE_IN_COMMAND = re.compile(r"(?<![\w/.-])((?:\./)?(?:[\w.-]+/)*[\w-]+\.(?:sh|py))\b")
EXPECTED = re.compile(r"<!-- expected: within ([\d.]+) -->\n(.*?)<!-- end -->", re.DOTALL)
DECIMAL = re.compile(r"\d+\.\d+")
MODULE_IN_COMMAND = re.compile(r"python[\d.]*\s+-m\s+([\w.]+)")


def blocks_of(text, language):
    """(number of the line before the code, code) of every fenced block in one language."""
    return [
        (text.count("\n", 0, match.start(2)), match[2])
        for match in BLOCK.finditer(text)
        if match[1] == language
    ]


def prose_of(text):
    """The text with its fenced blocks taken out, in which brackets are no links."""
    return BLOCK.sub("", text)


def anchors_of(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+\s+(.+?)\s*$", prose_of(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page):
    """The relative links of a page that lead to no file, or to no heading of a page."""
    broken = []
    for target in LINK.findall(prose_of(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists():
            broken.append(target)
        elif anchor and anchor not in anchors_of(file.read_text(encoding="utf-8")):
            broken.append(target)
    return broken


def missing_commands(code):
    """Scripts and modules that a block of commands calls and that do not exist."""
    scripts = [name for name in FILE_IN_COMMAND.findall(code) if not (REPOSITORY / name).exists()]
    modules = [
        name for name in MODULE_IN_COMMAND.findall(code) if importlib.util.find_spec(name) is None
    ]
    return scripts + modules


def name_of(page):
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", RUN_PAGES, ids=name_of)
def test_python_blocks_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": page.stem}
    text = page.read_text(encoding="utf-8")
    for line, code in blocks_of(text, "python"):
        # The empty lines make a traceback point at the line of the page.
        exec(compile("\n" * line + code, str(page), "exec"), namespace)
    printed = [float(number) for number in DECIMAL.findall(capsys.readouterr().out)]
    for tolerance, block in EXPECTED.findall(text):
        expected = [float(number) for number in DECIMAL.findall(block)]
        if keras.backend.backend() == "tensorflow":  # other backends draw other numbers
            assert printed[-len(expected) :] == pytest.approx(expected, abs=float(tolerance))


@pytest.mark.parametrize("page", LINKED_PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    assert broken_links(page) == []


@pytest.mark.parametrize("page", RUN_PAGES, ids=name_of)
def test_commands_exist(page):
    text = page.read_text(encoding="utf-8")
    assert [name for _, code in blocks_of(text, "bash") for name in missing_commands(code)] == []


def test_continuous_integration_runs_the_command_of_the_readme():
    command = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert command == "bash scripts/test.sh"
    commands = [code for _, code in blocks_of(README.read_text(encoding="utf-8"), "bash")]
    assert any(line.split("#")[0].strip() == command for c in commands for line in c.splitlines())


def test_reading_of_blocks():
    page = "# A\n```python\nx = 1\n```\ntext\n```bash\nls\n```\n```python\nx += 1\n```\n"
    assert blocks_of(page, "python") == [(2, "x = 1\n"), (9, "x += 1\n")]
    assert prose_of(page) == "# A\n\ntext\n\n\n"


def test_broken_links_are_found(tmp_path):
    (tmp_path / "other.md").write_text("# One & two\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md) [b](other.md#one--two) [c](#here) [d](https://example.org/x)\n"
        "[e](gone.md) [f](other.md#three) [g](#there)\n```python\nx[0](gone)\n```\n"
    )
    assert broken_links(page) == ["gone.md", "other.md#three", "#there"]


def test_missing_commands_are_found():
    code = "PYTHON=python3.11 bash scripts/test.sh -k x\npython -m pytest\n"
    assert missing_commands(code) == []
    code = "bash scripts/no_such.sh --out DIR\npython -m no_such_module train\n./nowhere.py\n"
    assert missing_commands(code) == ["scripts/no_such.sh", "./nowhere.py", "no_such_module"]
