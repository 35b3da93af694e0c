"""The figure of unknown images: how uncertain systems are of them, beside known images."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from be_tracks.report.style import BLUE, ORANGE, percent, png, tidy, wrapped
from vision.reporting.summary import outside_sets

KNOWN = {"facecolor": BLUE, "alpha": 0.55}
UNKNOWN = {"facecolor": ORANGE, "alpha": 0.55}


def outside_figure(systems: dict[str, dict]) -> bytes:
    """Draw histograms of the entropy of the mean prediction, one row a system, one column a set.

    Args:
        systems: `{name: evaluation}`; those that were shown no unknown images have no row.

    Returns:
        The bytes of a PNG file.
    """
    sets = outside_sets(systems)
    shown = {name: system for name, system in systems.items() if system.get("outside")}
    figure = Figure(figsize=(1.4 + 3.6 * len(sets), 1.2 + 2.0 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), len(sets), sharex=True, sharey="row", squeeze=False)
    for place, (row, (name, system)) in enumerate(zip(grid, shown.items(), strict=True)):
        for axes, key in zip(row, sets, strict=True):
            heading = "" if place else f"{wrapped(f'unknown: {key}')}\n"
            draw_histograms(axes, system["outside"].get(key), heading)
        row[0].set_ylabel(f"{wrapped(name, 24)}\n\nshare of images", size=9, parse_math=False)
    for axes in grid[-1]:
        axes.set_xlabel("entropy of the prediction, nats", size=9)
    title = "Uncertainty of known and unknown images (AUROC 1: told apart, 0.5: not at all)"
    figure.suptitle(textwrap.fill(title, int(12 * figure.get_figwidth())), fontsize=11)
    handles = [
        Patch(**KNOWN, label="known: the test images"),
        Patch(**UNKNOWN, label="unknown images"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return png(figure)


def draw_histograms(axes: Axes, found: dict | None, heading: str) -> None:
    """Draw both histograms as shares of their images, with the AUROC by this entropy on top."""
    tidy(axes)
    if found is None:
        axes.set_title(f"{heading}not measured", size=9, parse_math=False)
        return
    edges = np.array(found["histogram"]["edges"])
    for key, look in (("inside", KNOWN), ("outside", UNKNOWN)):
        counts = np.array(found["histogram"][key], float)
        share = counts / max(counts.sum(), 1)
        axes.bar(edges[:-1], share, np.diff(edges), align="edge", **look)
    auroc = found["scores"]["entropy"]["auroc"]
    axes.set_title(f"{heading}AUROC {auroc:.3f}", size=9, parse_math=False)
    axes.yaxis.set_major_formatter(percent())
