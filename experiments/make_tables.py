"""Writes the tables of the pages below docs that hold results from the JSON files in docs/results.

A table stands between two comment lines that name its files; everything else in a page is left
alone. The figures of these pages are drawn as well. `--check` changes nothing and fails where a
table is not what its files say.
"""

import argparse
import dataclasses
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

import experiments.image_sweeps
import experiments.method_sweeps
import experiments.resnet_sweeps
import experiments.text_sweeps
from experiments import Table, converged, draw, markdown, read_results
from experiments.excerpts import Excerpts
from translation.reporting.learning import learning_figure, with_history

ROOT = Path(__file__).resolve().parent.parent
# Benchmarks are commands, no package: what shows their rows is found where it lies.
sys.path.append(str(ROOT / "benchmarks"))

import report  # noqa: E402

DOCS = ROOT / "docs"
ALL_GRIDS = (
    experiments.image_sweeps.GRID,
    experiments.resnet_sweeps.GRID,
    experiments.method_sweeps.GRID,
    experiments.text_sweeps.GRID,
)
GRIDS = {task: grid for grid in ALL_GRIDS for task in grid.defaults}
# The columns that people look at first.
PICTURED = (
    *("calibrated NLL", "DEE", "ECE", "disagreement"),
    *("AUROC ood_tin40", "AUROC newstest2013", "corrupted NLL", "corrupted ECE"),
)
# What is drawn side by side: the same questions to four networks.
NETWORKS = {
    "fashion-mlp": "MLP",
    "fashion-cnn": "CNN",
    "cifar-resnet": "ResNet",
    "multi30k": "Transformer",
}
COMPARED = ("DEE", "calibrated NLL", "disagreement")
KINDS = "learning|trials|overview|rows|across|figure"
MARKED = re.compile(rf"(<!-- ({KINDS}): ([\w/-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def evaluations(folder: Path, names: list[str]) -> dict[str, dict]:
    """The evaluations of these names that have been run, and were validated more than once."""
    paths = [folder / f"{name}.json" for name in names]
    found = [json.loads(path.read_text()) for path in paths if path.exists()]
    return with_history({each["name"]: each for each in found})


def sweep(docs: Path, name: str) -> tuple[Table, dict]:
    """The table and the results of `TASK/QUESTION`, or of `overview/QUESTION`."""
    task, question = name.split("/")
    if task == "overview":
        return overview(docs, question)
    return GRIDS[task].table(task, question), read_results(docs / "results" / "members", task)


def overview(docs: Path, question: str) -> tuple[Table, dict]:
    """The rows of a question that most of the networks were asked, and what all of them gave.

    Returns:
        A table with a column for each network and score, and its results: a row's of one seed
        are those of the networks, by task.
    """
    rows, columns, merged = Counter(), [], {}
    for task in NETWORKS:
        table = GRIDS[task].table(task, question)
        found = read_results(docs / "results" / "members", task)
        for label, name in table.rows:
            rows[label] += 1
            for seed, result in converged(found.get(name, {})).items():
                merged.setdefault(label, {}).setdefault(seed, {})[task] = result
    for title in COMPARED:
        for task, network in NETWORKS.items():
            column = next(each for each in GRIDS[task].columns if each.title == title)
            key = f"{task}.{column.key}"
            columns.append(dataclasses.replace(column, title=f"{title}, {network}", key=key))
    common = [(label, label) for label, count in rows.items() if count >= len(NETWORKS) - 1]
    title = f"Four networks: {table.title[0].lower()}{table.title[1:]}"
    return Table(f"overview-{question}", title, common, columns), merged


def measurements(docs: Path, name: str) -> dict | None:
    """What a benchmark wrote to `results/benchmarks/NAME.json`, None if that is missing."""
    path = docs / "results" / "benchmarks" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def benchmark(docs: Path, figures: str, kind: str, name: str, key: str) -> str:
    """Give the Markdown table of a benchmark's rows, or the link to its figure, or "missing".

    Args:
        docs: Where the pages lie.
        figures: The folder of figures as the page links it.
        kind: "rows" as they are; "across", ratios with one column for each number of members;
            "figure".
        name: Of the benchmark.
        key: Of the rows in its file; the name of the figure.
    """
    content = measurements(docs, name)
    if content is None:
        return "missing\n"
    if kind == "figure":
        return f"![What M members cost]({figures}/{key}.png)\n"
    rows = content[key]
    return report.table(report.across_members(rows, "ratio") if kind == "across" else rows)


def rewritten(page: str, docs: Path, figures: str = "figures") -> str:
    """A page with every marked table made anew.

    A marker `learning: FOLDER/ROW/ROW` names evaluations, for the figure of their validations,
    `trials: TASK/QUESTION` experiments, `overview: QUESTION` the same of several
    networks; `rows`, `across` and `figure: NAME/KEY` are benchmarks.
    """

    def replace(match):
        first, *names = match[3].split("/")
        if match[2] == "trials":
            return match[1] + markdown(*sweep(docs, match[3])) + "\n" + match[4]
        if match[2] == "overview":
            return match[1] + markdown(*overview(docs, first)) + "\n" + match[4]
        if match[2] == "learning":
            title = "NLL, BLEU, ECE and disagreement of the validations"
            link = f"![{title}]({figures}/{first}.png)\n"
            there = evaluations(docs / "results" / first, names)
            return match[1] + (link if there else "missing\n") + match[4]
        return match[1] + benchmark(docs, figures, match[2], first, *names) + match[4]

    return MARKED.sub(replace, page)


def draw_figures(page: str, docs: Path) -> None:
    """Draw the figures of a page: of tables of experiments, of validations and of benchmarks."""
    for _, kind, names, _ in MARKED.findall(page):
        if kind == "trials":
            shown, results = sweep(docs, names)
            columns = [column for column in shown.columns if column.title in PICTURED]
            if not any(results.get(name) for _, name in shown.rows):
                continue  # a picture of nothing: the table says that all is missing
            (docs / "figures").mkdir(exist_ok=True)
            path = docs / "figures" / f"{shown.name}.png"
            draw(dataclasses.replace(shown, columns=columns), results, path)
        if kind == "overview":
            shown, results = overview(docs, names)
            (docs / "figures").mkdir(exist_ok=True)
            # DEE cannot fall below 1, which hides how much worse than one network a row is.
            for score in COMPARED[1:]:
                columns = [each for each in shown.columns if each.title.startswith(score)]
                path = docs / "figures" / f"{shown.name}-{score.split()[-1].lower()}.png"
                draw(dataclasses.replace(shown, columns=columns), results, path)
        if kind == "learning":
            first, *rows = names.split("/")
            if there := evaluations(docs / "results" / first, rows):
                (docs / "figures").mkdir(exist_ok=True)
                (docs / "figures" / f"{first}.png").write_bytes(learning_figure(there))
        if kind == "figure":
            name, key = names.split("/")
            content = measurements(docs, name)
            if content is not None:
                (docs / "figures").mkdir(exist_ok=True)
                report.FIGURES[name](content, docs / "figures" / f"{key}.png")


def main() -> int:
    """Rewrite the pages, or check them; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    parser.add_argument("pages", nargs="*", type=Path, help="default: all that hold results")
    arguments = parser.parse_args()
    check = arguments.check
    status = 0
    excerpts = Excerpts(DOCS / "results", lambda name: sweep(DOCS, name))
    # Below docs/api and docs/decisions there is nothing measured.
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md"), *DOCS.glob("results/*.md")]
    for path in arguments.pages or sorted(path for path in pages if path.exists()):
        page = path.read_text(encoding="utf-8")
        figures = os.path.relpath(DOCS / "figures", path.parent)
        new = excerpts.rewritten(rewritten(page, DOCS, figures), figures)
        if not check:
            path.write_text(new, encoding="utf-8")
            draw_figures(page, DOCS)
            excerpts.draw(page, DOCS / "figures")
        elif new != page:
            cure = "python -m experiments.make_tables"
            print(f"{path} differs from its files; write it anew: {cure}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
