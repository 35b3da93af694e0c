"""Figures of corrupted images: scores by severity, and accuracy by the kind of corruption."""

import statistics

import numpy as np
from matplotlib.figure import Figure

from be_tracks.report.style import legend, line_styles, percent, png, tidy, wrapped

PANELS = {
    "accuracy": "Accuracy\nhigher is better",
    "nll": "NLL, nats per image\nlower is better",
    "ece": "Calibration error (ECE)\nlower is better",
}


def severity_figure(systems: dict[str, dict]) -> bytes:
    """Draw accuracy, NLL and ECE against severity, each of all corruptions together.

    Severity 0 is the test set as it is.

    Args:
        systems: `{name: evaluation}`; those without corruptions have no line.

    Returns:
        The bytes of a PNG file.
    """
    styles, shown = line_styles(systems), corrupted(systems)
    figure = Figure(figsize=(11.5, 4.6), layout="constrained")
    for axes, (key, title) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        for name, system in shown.items():
            axes.plot(*by_severity(system, key), **styles[name])
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("severity of corruption (0: none)")
        axes.set_xticks([0, *next(iter(shown.values()))["corruptions"]["severities"]])
        if key == "accuracy":
            axes.yaxis.set_major_formatter(percent())
        tidy(axes)
    kinds = len(next(iter(shown.values()))["corruptions"]["by_name"])
    figure.suptitle(f"Corrupted images, {kinds} kinds of corruption together", fontsize=11)
    legend(figure, {name: styles[name] for name in shown}, below=True)
    return png(figure)


def by_severity(system: dict, key: str) -> tuple[list[float], list[float]]:
    """Give the severities from 0 on, and one score at each."""
    corruptions = system["corruptions"]
    return [0, *corruptions["severities"]], [system[key], *corruptions["by_severity"][key]]


def kinds_figure(systems: dict[str, dict]) -> bytes:
    """Draw the accuracy under each corruption, the mean over severities, as a table of colours.

    Args:
        systems: `{name: evaluation}`; those without corruptions have no column.

    Returns:
        The bytes of a PNG file.
    """
    rows, values = accuracy_by_kind(systems)
    shown = corrupted(systems)
    figure = Figure(figsize=(2.3 + 1.35 * len(shown), 1.5 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(values, cmap="Blues", aspect="auto")
    dark = 0.4 * values.min() + 0.6 * values.max()
    for (row, column), value in np.ndenumerate(values):
        ink = "white" if value > dark else "black"
        axes.text(column, row, f"{100 * value:.1f}", ha="center", va="center", size=9, color=ink)
    axes.set_xticks(range(len(shown)), [wrapped(n, 16) for n in shown], parse_math=False)
    axes.set_yticks(range(len(rows)), rows, parse_math=False)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    for line in (0.5, len(rows) - 1.5):
        axes.axhline(line, color="white", lw=4)
    title = "Accuracy in % by corruption\nmean over severities, higher (darker) is better"
    figure.suptitle(title, fontsize=11)
    return png(figure)


def accuracy_by_kind(systems: dict[str, dict]) -> tuple[list[str], np.ndarray]:
    """Give names of rows, and accuracies (rows, systems): no corruption, each, and their mean."""
    shown = corrupted(systems).values()
    kinds = list(next(iter(shown))["corruptions"]["by_name"])
    values = [
        [statistics.fmean(system["corruptions"]["by_name"][kind]["accuracy"]) for system in shown]
        for kind in kinds
    ]
    rows = ["no corruption", *(kind.replace("_", " ") for kind in kinds), "mean of corruptions"]
    clean = [system["accuracy"] for system in shown]
    return rows, np.array([clean, *values, np.mean(values, axis=0)])


def corrupted(systems: dict[str, dict]) -> dict[str, dict]:
    """Those systems whose corruptions were measured."""
    return {name: system for name, system in systems.items() if system.get("corruptions")}
