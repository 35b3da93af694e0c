"""Retired words: the field has its own for what these named, and none of them may come back.

Options are read from the help of the real command lines; names of functions, classes, arguments,
fields and files, headings and the texts of figures from the sources.
"""

import ast
import dataclasses
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from translation.config import Config
from vision.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("be_keras", "be_tracks", "vision", "translation"),
    *("experiments", "benchmarks", "scripts"),
)
COMMANDS = ("vision", "translation")
# By kind: what is said instead stands in the comment.
OPTIONS = {
    "--outside",  # --ood
    "--batch",  # --batch-size
    "--accumulate",  # --microbatches
    "--demo",  # the subcommand demo
}
# Keys of `--set`: weight_decay, weight_decay_roles, fast_weight_lr_multiplier, batch_size, ...
SETTINGS = {"decay", "decayed", "multiplier", "batch", "fast_stddev"}
NAMES = {
    *("made_images", "made_foreign"),  # synthetic_images, synthetic_ood
    *("outside_figure", "outside_sets"),  # ood_figure, ood_sets
    *("standings_figure", "draw_standings", "looks"),  # scores, line_styles
    *("read_idx", "own_peak"),  # read_array, peak_memory
    *("for_use", "row_examples", "row_tokens"),  # for_inference, member_examples, member_tokens
    *("multiply_adds", "multiply_adds_per_row"),  # macs
    *("of_chief", "part_of", "slices_of"),  # broadcast_from_chief, shard_for_replica, microbatches
    *("fate", "fates", "crew", "unit_tasks", "work_folder"),  # status, pool, staging_directory
    *("families", "PlainFamily", "BatchEnsembleFamily"),  # layer factory
    *("whole_file", "whole_array", "new_folder"),  # atomic_write, atomic_directory
    *("check_agreed", "placed", "rejoining"),  # check_same_settings, restore_in_scope
    *("decayed", "fast_stddev", "run_verb"),  # weight_decay_roles, fast_initializer, cli.main
}
FILES = {
    *("standings", "canvas", "series", "outside"),  # scores, style, ood
    *("pictures", "matching", "peak", "fitting", "downloads", "idx"),  # decode, resize, memory, fit
    *("postactivation", "preactivation", "families", "damage", "staging", "units", "ensemble_step"),
}
HEADINGS = (
    r"\bunknown images\b|\bother things\b",  # out-of-distribution images
    r"\bforeign\b",  # out-of-distribution
    r"\barithmetic\b|\bmultiply-adds\b",  # compute, MACs
    r"\bstandings\b",  # scores
    r"\bmade images\b",  # synthetic images
    r"\brow (tokens|examples)\b|\bmillion rows\b",  # member tokens, member examples
)
TEXTS_OF_FIGURES = ("set_title", "set_xlabel", "set_ylabel", "suptitle", "text", "set", "Patch")
LABELS = (*HEADINGS, r"\bunknown\b|\bknown\b")


def options_of(help_text: str) -> set[str]:
    """The options that a help text names."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", help_text))


def names_in(source: str) -> set[str]:
    """Public functions and classes, arguments of functions, and fields of classes."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.arguments):
            names |= {argument.arg for argument in (*node.args, *node.kwonlyargs)}
        if isinstance(node, ast.ClassDef):
            fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
            names |= {field.target.id for field in fields if isinstance(field.target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def texts_in(source: str) -> Iterator[str]:
    """All string constants but docstrings: headings and columns of reports are among them."""
    tree = ast.parse(source)
    documentation = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documentation:
                yield node.value


def labels_in(source: str) -> Iterator[str]:
    """The strings in calls that write into figures, and under their keyword `label`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        writes = name in TEXTS_OF_FIGURES
        parts = [*node.args, *(k.value for k in node.keywords)] if writes else []
        parts += [keyword.value for keyword in node.keywords if keyword.arg == "label"]
        for part in parts:
            for inner in ast.walk(part):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value


def headings_in(page: str) -> list[str]:
    """The headings of a page of Markdown."""
    return re.findall(r"^#+ (.+)$", page, re.MULTILINE)


def matches(patterns: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Those texts in which a pattern is found, whatever its case."""
    found = re.compile("|".join(patterns), re.IGNORECASE)
    return [text for text in texts if found.search(text)]


def sources(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("command", COMMANDS)
def test_options(command, capsys):
    main = __import__(f"{command}.__main__", fromlist=["main"]).main

    def help_of(*words):
        with pytest.raises(SystemExit, match="0"):
            main([*words, "--help"])
        return capsys.readouterr().out

    subcommands = re.findall(r"^    ([a-z]+) ", help_of(), re.MULTILINE)
    assert {"train", "evaluate", "report"} <= set(subcommands)
    found = {word: options_of(help_of(word)) & OPTIONS for word in subcommands}
    assert not any(found.values()), found


def test_settings():
    keys = {field.name for kind in (Config, Settings) for field in dataclasses.fields(kind)}
    assert {"weight_decay", "fast_weight_lr_multiplier", "batch_size"} <= keys
    assert not keys & SETTINGS


def test_public_names_and_files():
    paths = sources(*PACKAGES)
    assert len(paths) > 150
    found = {path.relative_to(ROOT): names_in(path.read_text()) & NAMES for path in paths}
    assert not any(found.values()), {path: names for path, names in found.items() if names}
    assert not [path.relative_to(ROOT) for path in paths if path.stem in FILES]


def test_headings_of_pages_and_reports():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = {path.name: matches(HEADINGS, headings_in(path.read_text())) for path in pages}
    for path in sources("be_tracks/report", "vision/reporting", "translation/reporting"):
        found[path.name] = matches(HEADINGS, texts_in(path.read_text()))
    assert not any(found.values()), {name: texts for name, texts in found.items() if texts}


def test_labels_of_figures():
    found = {
        path.relative_to(ROOT): matches(LABELS, labels_in(path.read_text()))
        for path in sources(*PACKAGES)
    }
    assert not any(found.values()), {path: texts for path, texts in found.items() if texts}


def test_retired_words_are_found():
    """What the tests above look with finds what it should, and nothing else."""
    assert options_of("  --outside SOURCE, --ood-set  x--no") == {"--outside", "--ood-set"}
    source = '''
def looks(names, *, fates=None):
    """Unknown images."""
    axes.set_title(f"Unknown images of {names}", size=9)
    axes.set(xlabel="equal arithmetic")
    axes.plot(x, label="known: tests")
    parts = {"## Standings": names, "entropy": 1}

class Row:
    row_tokens: int
    def _family(self, multiply_adds): ...
'''
    assert names_in(source) & NAMES == {"looks", "fates", "row_tokens", "multiply_adds"}
    assert "_family" not in names_in(source)
    assert sorted(matches(HEADINGS, texts_in(source))) == [
        *("## Standings", "Unknown images of ", "equal arithmetic"),
    ]
    assert sorted(matches(LABELS, labels_in(source))) == [
        *("Unknown images of ", "equal arithmetic", "known: tests"),
    ]
    page = "# Vision\n\nForeign text is no heading.\n\n## Foreign images\n### Scores\n"
    assert matches(HEADINGS, headings_in(page)) == ["Foreign images"]
