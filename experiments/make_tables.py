"""Writes the tables and figures of the pages below docs from the result files in docs/results.

A table stands between two comments, the first of which names what it shows; everything else in a
page is left alone. `trials: TASK/ABLATION` is a table of a sweep, `overview: ABLATION` the same of
four networks, `learning: TASK/NAME/NAME` the figure of the validations of translation runs; `rows`,
`across` and `figure: NAME/KEY` are benchmarks. `experiments.excerpts` has what guides show.
"""

import argparse
import dataclasses
import json
import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from experiments import evaluations
from experiments.excerpts import Excerpts
from experiments.figure import draw
from experiments.overview import COMPARED, overview
from experiments.sweeps import SWEEPS
from experiments.table import Table, markdown
from experiments.trial import read_results
from translation.reporting.learning import learning_figure

ROOT = Path(__file__).resolve().parent.parent
# Benchmarks are commands, no package: what shows their rows is found where it lies.
sys.path.append(str(ROOT / "benchmarks"))

import report  # noqa: E402

DOCS = ROOT / "docs"
# The columns that people look at first.
PICTURED = (
    *("calibrated NLL", "DEE", "ECE", "disagreement"),
    *("AUROC ood_tin40", "AUROC newstest2013", "corrupted NLL", "corrupted ECE"),
)
MARKED = re.compile(r"(<!-- (\w+): ([\w/-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
# A table or a link, and the figures that belong to it: what draws each to a path, by name.
Shown = tuple[str, dict[str, Callable[[Path], object]]]


def tabled(name: str) -> tuple[Table, dict]:
    """The table and the results of `TASK/ABLATION`, or of `overview/ABLATION`."""
    task, ablation = name.split("/")
    folder = DOCS / "results" / "members"
    if task == "overview":
        return overview(folder, ablation)
    return SWEEPS[task].table(task, ablation), read_results(folder, task)


def trials(task: str, ablation: str) -> Shown:
    """The table of an ablation, and its figure unless all trials are missing."""
    table, results = tabled(f"{task}/{ablation}")
    columns = [column for column in table.columns if column.title in PICTURED]
    figures = {table.name: partial(draw, dataclasses.replace(table, columns=columns), results)}
    found = any(results.get(name) for _, name in table.rows)
    return markdown(table, results), figures if found else {}


def side_by_side(ablation: str) -> Shown:
    """The table of an ablation of four networks, and a figure of each score."""
    table, results = tabled(f"overview/{ablation}")
    figures = {}
    # DEE cannot fall below 1, which hides how much worse than one network a row is.
    for score in COMPARED[1:]:
        columns = [each for each in table.columns if each.title.startswith(score)]
        shown = dataclasses.replace(table, columns=columns)
        figures[f"{table.name}-{score.split()[-1].lower()}"] = partial(draw, shown, results)
    return markdown(table, results), figures


def learning(task: str, *names: str) -> Shown:
    """The figure of the validations of those runs that have several."""
    found = evaluations.validated(DOCS / "results" / f"{task}.jsonl", names)
    if not found:
        return "missing", {}
    link = f"![NLL, BLEU, ECE and disagreement of the validations](figures/{task}.png)"
    return link, {task: lambda path: path.write_bytes(learning_figure(found))}


def benchmark(kind: str, name: str, key: str) -> Shown:
    """A benchmark's rows as they are ("rows"), with a column a size ("across"), or its figure."""
    path = DOCS / "results" / "benchmarks" / f"{name}.json"
    if not path.exists():
        return "missing", {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if kind == "figure":
        link = f"![What M members cost](figures/{key}.png)"
        return link, {key: partial(report.FIGURES[name], content)}
    rows = content[key]
    return report.table(report.across_members(rows, "ratio") if kind == "across" else rows), {}


KINDS = {"trials": trials, "overview": side_by_side, "learning": learning}
KINDS |= {kind: partial(benchmark, kind) for kind in ("rows", "across", "figure")}


def rewritten(page: str, figures: str = "figures") -> tuple[str, dict]:
    """A page with every marked table made anew, and what draws its figures.

    Args:
        page: Its text.
        figures: The path from its folder to that of the figures.
    """
    drawn = {}

    def replace(match):
        text, found = KINDS[match[2]](*match[3].split("/"))
        drawn.update(found)
        text = text.rstrip("\n").replace("](figures/", f"]({figures}/")
        return f"{match[1]}{text}\n{match[4]}"

    return MARKED.sub(replace, page), drawn


def main() -> int:
    """Rewrite the pages, or check them; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    parser.add_argument(
        "--evaluations", nargs=2, metavar=("TASK", "FOLDER"), help="runs to take into results first"
    )
    parser.add_argument("pages", nargs="*", type=Path, help="default: all that hold results")
    args = parser.parse_args()
    if args.evaluations:
        task, folder = args.evaluations
        evaluations.gather(Path(folder), DOCS / "results" / f"{task}.jsonl")
    status, excerpts = 0, Excerpts(DOCS / "results", tabled)
    # Below docs/api and docs/decisions there is nothing measured.
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md"), *DOCS.glob("results/*.md")]
    for path in args.pages or sorted(path for path in pages if path.exists()):
        page = path.read_text(encoding="utf-8")
        folder = os.path.relpath(DOCS / "figures", path.parent)
        new, figures = rewritten(page, folder)
        new = excerpts.rewritten(new, folder)
        if not args.check:
            path.write_text(new, encoding="utf-8")
            (DOCS / "figures").mkdir(exist_ok=True)
            for name, draw_to in figures.items():
                draw_to(DOCS / "figures" / f"{name}.png")
            excerpts.draw(page, DOCS / "figures")
        elif new != page:
            cure = "python -m experiments.make_tables"
            print(f"{path} differs from its files; write it anew: {cure}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
