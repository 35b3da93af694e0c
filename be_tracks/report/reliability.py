"""The reliability figure: how often systems are right, by how sure they were."""

import math

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter, PercentFormatter

from be_tracks.report.style import BLUE, GREY, INK, ORANGE, png, tidy, wrapped

MOST_COLUMNS = 4
OVERCONFIDENT = {"facecolor": "#fbe9e2", "edgecolor": ORANGE, "hatch": "////", "lw": 0.6}
# On the bar, whose colour stays to be seen.
UNDERCONFIDENT = {"facecolor": "none", "edgecolor": "white", "hatch": "////", "lw": 0.0}


def reliability_figure(systems: dict[str, dict], unit: str) -> bytes:
    """Draw one reliability diagram per system, with how much each bin holds below it.

    A bar is the accuracy in a confidence bin; the hatching is what lies between it and the bin's
    mean confidence, above the bar where the system is overconfident, on the bar where it is
    underconfident. Counts are on a logarithmic scale that all systems share.

    Args:
        systems: `{name: evaluation}`, with `reliability` and `ece`.
        unit: what is counted, such as "images".

    Returns:
        The bytes of a PNG file.
    """
    rows = math.ceil(len(systems) / MOST_COLUMNS)
    columns = math.ceil(len(systems) / rows)
    figure = Figure(figsize=(3.3 * columns + 0.6, 4.8 * rows + 0.7), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.08)
    grid = figure.add_gridspec(2 * rows, columns, height_ratios=[4, 1] * rows)
    most = max(max(system["reliability"]["count"]) for system in systems.values())
    for place, (name, system) in enumerate(systems.items()):
        row, column = divmod(place, columns)
        diagram = figure.add_subplot(grid[2 * row, column])
        strip = figure.add_subplot(grid[2 * row + 1, column])
        _draw_bins(diagram, system["reliability"])
        _draw_counts(strip, system["reliability"], most)
        title = f"{wrapped(name)}\nECE {system['ece']:.3f}"
        diagram.set_title(title, fontsize=11, parse_math=False)
        if column == 0:
            diagram.set_ylabel("accuracy")
            strip.set_ylabel(unit)
        else:
            diagram.tick_params(labelleft=False)
            strip.tick_params(labelleft=False)
    figure.legend(
        handles=_legend(), loc="outside lower center", ncols=min(2 * columns, 4), frameon=False
    )
    return png(figure)


def _draw_bins(axes: Axes, reliability: dict) -> None:
    """Draw accuracy bars, their gaps to the confidence, and the diagonal."""
    edges = np.array(reliability["edges"])
    filled = np.array(reliability["count"]) > 0
    left, width = edges[:-1][filled], np.diff(edges)[filled]
    accuracy = np.array(reliability["accuracy"], float)[filled]
    gap = np.array(reliability["confidence"], float)[filled] - accuracy
    axes.bar(left, accuracy, width, align="edge", color=BLUE, edgecolor="white")
    for mask, style in ((gap > 0, OVERCONFIDENT), (gap < 0, UNDERCONFIDENT)):
        axes.bar(left[mask], gap[mask], width[mask], accuracy[mask], align="edge", **style)
    axes.plot([0, 1], [0, 1], "--", color=INK, lw=1)
    axes.set(xlim=(0, 1), ylim=(0, 1), box_aspect=1)
    axes.tick_params(labelbottom=False)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    tidy(axes)


def _draw_counts(axes: Axes, reliability: dict, most: int) -> None:
    """Draw how much each bin holds, on a logarithmic scale up to `most`."""
    edges, count = np.array(reliability["edges"]), reliability["count"]
    axes.set(xlim=(0, 1), ylim=(0.7, 2 * max(most, 10)), box_aspect=0.25)
    axes.set_yscale("log")
    axes.bar(edges[:-1], count, np.diff(edges), align="edge", color=GREY, edgecolor="white")
    axes.set_xlabel("confidence")
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    tidy(axes)


def _legend() -> list[Artist]:
    """Explain the marks, whether or not a diagram holds all of them."""
    return [
        Line2D([], [], ls="--", color=INK, lw=1, label="perfectly calibrated"),
        Patch(color=BLUE, label="accuracy"),
        Patch(**OVERCONFIDENT, label="overconfident by"),
        Patch(**{**UNDERCONFIDENT, "facecolor": BLUE}, label="underconfident by"),
    ]
