"""Figures of results: one panel a column, one line a setting, every seed a dot."""

import statistics
from collections.abc import Mapping
from pathlib import Path

from experiments.table import Table, converged, values


def draw(table: Table, results: Mapping[str, Mapping[int, Mapping]], path: str | Path) -> None:
    """Draw a table as dots, the mean over seeds as a bar, and write it as an image.

    Args:
        table: What to draw; rows from top to bottom, columns from left to right.
        results: Of `read_results`. Rows without numbers say why: "missing", "diverged", or "–" for
            results that have no such number.
        path: The image to write, .png or .svg; needs the extra `experiments`.
    """
    import matplotlib  # an extra: tables do without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows, columns = list(table.rows), list(table.columns)
    figure, panels = pyplot.subplots(
        1,
        len(columns),
        figsize=(2.0 + 2.2 * len(columns), 1.2 + 0.32 * len(rows)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for panel, column in zip(panels[0], columns, strict=True):
        for place, (_, name) in enumerate(rows):
            found = results.get(name, {})
            _draw_row(panel, place, values(column, found), _reason(found))
        arrow = {"higher": " →", "lower": " ←", "": ""}[column.better]
        panel.set_title(column.title + arrow, fontsize=9)
        panel.tick_params(labelsize=8)
        panel.grid(axis="x", color="0.9")
        panel.set_axisbelow(True)
        panel.locator_params(axis="x", nbins=4)
        for side in ("top", "right", "left"):
            panel.spines[side].set_visible(False)
    labels = [_label(label, results.get(name, {})) for label, name in rows]
    panels[0][0].set_yticks(range(len(rows)), labels, fontsize=8)
    panels[0][0].set_ylim(len(rows) - 0.5, -0.5)
    figure.suptitle(table.title, fontsize=10)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _reason(found):
    """Why a row has no number: not run, diverged, or without such a number."""
    if not found:
        return "missing"
    return "–" if converged(found) else "diverged"


def _label(label, found):
    """A row's label, and how many of its seeds have no dot."""
    diverged = sum(bool(result.get("diverged")) for result in found.values())
    return f"{label}\n({diverged} of {len(found)} seeds diverged)" if diverged else label


def _draw_row(panel, place, numbers, otherwise):
    if not numbers:
        panel.annotate(
            otherwise, (0.5, place), xycoords=("axes fraction", "data"),
            ha="center", va="center", fontsize=7, color="0.6",
        )  # fmt: skip
        return
    panel.plot(numbers, [place] * len(numbers), "o", color="#4477aa", alpha=0.6, markersize=4)
    panel.plot([statistics.fmean(numbers)], [place], "|", color="#222222", markersize=12)
