"""The figure of out-of-distribution images: how uncertain systems are of them."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from be_tracks.report.style import BLUE, ORANGE, percent, png, tidy, wrapped
from vision.reporting.summary import ood_sets

TEST = {"facecolor": BLUE, "alpha": 0.55}
OOD = {"facecolor": ORANGE, "alpha": 0.55}


def ood_figure(systems: dict[str, dict]) -> bytes:
    """Draw histograms of the entropy of the mean prediction, one row a system, one column a set.

    Args:
        systems: `{name: evaluation}`; those that were shown no OOD images have no row.

    Returns:
        The bytes of a PNG file.
    """
    sets = ood_sets(systems)
    shown = {name: system for name, system in systems.items() if system.get("ood")}
    figure = Figure(figsize=(1.4 + 3.6 * len(sets), 1.2 + 2.0 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), len(sets), sharex=True, sharey="row", squeeze=False)
    for place, (row, (name, system)) in enumerate(zip(grid, shown.items(), strict=True)):
        for axes, key in zip(row, sets, strict=True):
            heading = "" if place else f"{wrapped(f'OOD: {key}')}\n"
            draw_histograms(axes, system["ood"].get(key), heading)
        row[0].set_ylabel(f"{wrapped(name, 24)}\n\nshare of images", size=9, parse_math=False)
    for axes in grid[-1]:
        axes.set_xlabel("entropy of the prediction, nats", size=9)
    title = "Uncertainty on test and OOD images (AUROC 1: told apart, 0.5: not at all)"
    figure.suptitle(textwrap.fill(title, int(12 * figure.get_figwidth())), fontsize=11)
    handles = [
        Patch(**TEST, label="test images"),
        Patch(**OOD, label="out-of-distribution images (OOD)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return png(figure)


def draw_histograms(axes: Axes, detected: dict | None, heading: str) -> None:
    """Draw both histograms as shares of their images, with the AUROC by this entropy on top."""
    tidy(axes)
    if detected is None:
        axes.set_title(f"{heading}not measured", size=9, parse_math=False)
        return
    edges = np.array(detected["histogram"]["edges"])
    for key, look in (("in_distribution", TEST), ("ood", OOD)):
        counts = np.array(detected["histogram"][key], float)
        share = counts / max(counts.sum(), 1)
        axes.bar(edges[:-1], share, np.diff(edges), align="edge", **look)
    auroc = detected["scores"]["entropy"]["auroc"]
    axes.set_title(f"{heading}AUROC {auroc:.3f}", size=9, parse_math=False)
    axes.yaxis.set_major_formatter(percent())
