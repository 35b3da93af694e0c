"""Excerpts of results in guides: numbers, small tables and figures, made of the result files.

A number names its source, row and key, and if need be how it is written. It may not begin a line,
where Markdown would take the rest of the line for HTML:

    ... are worth <!-- value: fashion-methods/examples | BatchEnsemble-4 | DEE -->2.20<!-- end -->

A small table names its rows and columns, each with the heading that it gets after "=", and a
figure its panels, each "Y by X" or "Y = heading by X":

    <!-- excerpt: fashion-methods/examples
    rows: one network | deep ensemble of 4 = four networks
    columns: calibrated NLL = NLL | accuracy : .1%
    -->
    <!-- end -->

    <!-- scatter: fashion-methods/examples
    rows: one network | deep ensemble of 4 = four networks
    panels: calibrated NLL by million weights | ECE by million weights
    file: methods
    title: What is drawn, for those who cannot see it
    -->
    <!-- end -->

A source is `TASK/SWEEP`, `overview/SWEEP`, `benchmarks/NAME/KEY` (a row by the words that it
holds, such as "dense; graph"), a TASK of evaluations, or "." for a JSON file. "A / B" and
"A - B" are ratio and difference of two rows. Forms are Python's, ".1%"; "range .1f" is the least
and the largest over seeds, "min" and "max" one of them.
"""

import dataclasses
import functools
import json
import re
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

from experiments import evaluations
from experiments.table import Column, Table, converged, values

Sweeps = Callable[[str], tuple[Table, dict]]

VALUE = re.compile(r"(<!-- value: ([^\n>]+?) -->)[^<\n]*(<!-- end -->)")
BLOCK = re.compile(
    r"(<!-- (excerpt|scatter): (\S+)\n((?:\w+: [^\n]+\n)+)-->\n).*?(<!-- end -->)", re.DOTALL
)
# As many as a figure can show and tell apart.
COLOURS = ("#333333", "#cc6677", "#3d72b4", "#ddaa33", "#1f7a6c", "#aa88cc")


@dataclasses.dataclass(frozen=True)
class Excerpts:
    """What excerpts are made of.

    Attributes:
        results: The folder of result files.
        sweeps: Gives the table and the results of `TASK/SWEEP`.
    """

    results: Path
    sweeps: Sweeps

    def rewritten(self, page: str, figures: str) -> str:
        """A page with its numbers, small tables and links to figures made anew.

        Args:
            page: Markdown.
            figures: The folder of figures as the page links it.
        """

        def block(match):
            fields = _fields(match[4])
            if match[2] == "excerpt":
                return match[1] + self.table(match[3], fields) + match[5]
            return f"{match[1]}![{fields['title']}]({figures}/{fields['file']}.png)\n{match[5]}"

        def value(match):
            source, row, key, *form = (part.strip() for part in match[2].split("|"))
            return match[1] + text(*self.numbers(source, row, key), *form) + match[3]

        return VALUE.sub(value, BLOCK.sub(block, page))

    def draw(self, page: str, figures: Path) -> None:
        """Draw the figures that a page names."""
        for _, kind, source, lines, _ in BLOCK.findall(page):
            if kind == "scatter":
                self.scatter(source, _fields(lines), figures)

    def table(self, source: str, fields: Mapping[str, str]) -> str:
        """A small table in Markdown, without the end line's break."""
        columns = [_named(column) for column in fields["columns"].split(" | ")]
        lines = [
            "| " + " | ".join(["", *(heading.split(" : ")[0] for _, heading in columns)]) + " |",
            "| --- |" + " ---: |" * len(columns),
        ]
        for row, label in map(_named, fields["rows"].split(" | ")):
            keys = [column.partition(" : ") for column, _ in columns]
            cells = [
                text(*self.numbers(source, row, key), form or "spread") for key, _, form in keys
            ]
            lines.append("| " + " | ".join([label + self.lost(source, row), *cells]) + " |")
        return "\n".join(lines) + "\n"

    def scatter(self, source: str, fields: Mapping[str, str], figures: Path) -> None:
        """Draw rows as points, one panel a pair of columns: every seed pale, their mean strong."""
        import matplotlib  # an extra: tables do without it

        matplotlib.use("Agg")
        from matplotlib import pyplot

        panels = [panel.split(" by ") for panel in fields["panels"].split(" | ")]
        better = {column.title: column.better for column in self.sweeps(source)[0].columns}
        figure, axes = pyplot.subplots(
            1, len(panels), figsize=(3.1 * len(panels), 3.4), squeeze=False, layout="constrained"
        )
        for axis, (y, x) in zip(axes[0], panels, strict=True):
            y, heading = _named(y)
            rows = map(_named, fields["rows"].split(" | "))
            for colour, (row, label) in zip(COLOURS, rows, strict=False):
                points = [self.numbers(source, row, key)[0] for key in (x, y)]
                if all(points):
                    axis.plot(*points, "o", color=colour, alpha=0.35, markersize=5)
                    means = [[statistics.fmean(numbers)] for numbers in points]
                    axis.plot(*means, "D", color=colour, markersize=7, label=label)
            score, _, network = heading.partition(", ")
            axis.set_title(network, fontsize=10)
            axis.set_xlabel(x.partition(", ")[0], fontsize=9)
            wish = f"\n({better[y]} is better)" if better.get(y) else ""
            axis.set_ylabel(score + wish, fontsize=9)
            axis.tick_params(labelsize=8)
            axis.grid(color="0.9")
            axis.spines[["top", "right"]].set_visible(False)
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
        figures.mkdir(exist_ok=True)
        figure.savefig(figures / f"{fields['file']}.png", dpi=130)
        pyplot.close(figure)

    def numbers(self, source: str, row: str, key: str) -> tuple[list, int | None]:
        """The numbers of a row under a key, one for each seed, and the digits to write."""
        for sign, combined in ((" / ", lambda a, b: a / b), (" - ", lambda a, b: a - b)):
            if sign in row:
                found = [self.numbers(source, each, key) for each in row.split(sign)]
                means = [statistics.fmean(numbers) for numbers, _ in found if numbers]
                return ([combined(*means)] if len(means) == 2 else []), found[0][1]
        if source.startswith("benchmarks/"):
            _, name, part = source.split("/")
            content = _json(self.results / "benchmarks" / f"{name}.json")
            return ([_of_words(content[part], row)[key]] if content else []), None
        if "/" not in source:
            lines = self.results / f"{source}.jsonl"
            content = evaluations.read(lines, [row]).get(row)
            if source == ".":
                content = _json(self.results / f"{row}.json")
            return ([functools.reduce(dict.get, key.split("."), content)] if content else []), 4
        table, found = self.sweeps(source)
        column = next((each for each in table.columns if each.title == key), Column(key, key))
        return values(column, found.get(_cell(table, row), {})), column.digits

    def lost(self, source: str, row: str) -> str:
        """What a label adds: how many of a row's seeds diverged."""
        if source.count("/") != 1 or " / " in row or " - " in row:
            return ""
        table, results = self.sweeps(source)
        found = results.get(_cell(table, row), {})
        count = len(found) - len(converged(found))
        return f" ({count} of {len(found)} seeds diverged)" if count else ""


def text(numbers: list, digits: int | None, form: str = "") -> str:
    """Numbers as text: the mean over seeds, with the spread if asked for, or their range."""
    if not numbers:
        return "missing"
    if isinstance(numbers[0], str):
        return numbers[0]
    if isinstance(numbers[0], list):
        return " to ".join(text([each], digits, form) for each in numbers[0])
    words = form.split()
    spec = words[-1] if words and words[-1][-1] in "ef%" else _spec(numbers[0], digits)
    if "min" in words or "max" in words:
        found = f"{min(numbers) if 'min' in words else max(numbers):{spec}}"
    elif "range" in words:
        found = f"{min(numbers):{spec}} to {max(numbers):{spec}}"
    else:
        mean = numbers[0] if len(numbers) == 1 else statistics.fmean(numbers)
        found = f"{mean:{spec}}"
        if "spread" in words and len(numbers) > 1:
            found += f" ± {statistics.stdev(numbers):{spec}}"
    return found.replace("%", " %").rstrip(".")


def _spec(number, digits):
    if isinstance(number, int):
        return ",.0f"
    if digits is not None:
        return f".{digits}f"
    return ",.0f" if abs(number) >= 999.5 else "#.3g"


def _fields(lines):
    """The fields of a block, each a line "name: text"."""
    return dict(line.split(": ", 1) for line in lines.splitlines())


def _named(name):
    """(name, heading) of "name = heading", or of a name that is its own heading."""
    name, _, heading = name.strip().partition(" = ")
    return name, heading or name


def _cell(table, label):
    names = dict(table.rows)
    if label not in names:
        raise ValueError(f"{table.name} has no row {label!r}. Take one of {list(names)}.")
    return names[label]


def _of_words(rows, words):
    """The one row of a benchmark that holds all words, such as "dense; graph"."""
    wanted = set(words.split("; ")) - {""}
    found = [row for row in rows if wanted <= {str(value) for value in row.values()}]
    if len(found) != 1:
        raise ValueError(f"{words!r} is to name one row of the benchmark, and names {len(found)}.")
    return found[0]


def _json(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
