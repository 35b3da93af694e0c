"""The standings figure: BLEU, NLL and ECE of all systems side by side."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from be_keras.tracks.canvas import BLUE, ORANGE, png, tidy, wrapped
from translation.reporting.summary import score_and_interval

PANELS = {
    "bleu": "BLEU (higher is better)",
    "nll": "NLL, nats per token (lower is better)",
    "ece": "ECE (lower is better)",
}
SYSTEM = {"marker": "o", "ms": 7, "color": BLUE, "lw": 2, "solid_capstyle": "round"}
MEMBERS = {"marker": "o", "ms": 7, "mfc": "none", "mec": ORANGE, "ls": ""}


def standings_figure(systems: dict[str, dict]) -> bytes:
    """Draw the scores of all systems, with 95 % intervals where they are known.

    A ring beside the NLL of an ensemble is the mean NLL of its members, each on its own.

    Args:
        systems: `{name: evaluation}`.

    Returns:
        The bytes of a PNG file.
    """
    figure = Figure(figsize=(10, 1.4 + 0.45 * len(systems)), layout="constrained")
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (key, title) in zip(panels, PANELS.items(), strict=True):
        for place, system in enumerate(systems.values()):
            _draw_score(axes, place, system, key)
        axes.set_title(title, fontsize=10)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.margins(x=0.12)
        tidy(axes)
    names = [wrapped(name) for name in systems]
    panels[0].set_yticks(range(len(systems)), names, parse_math=False)
    panels[0].set_ylim(len(systems) - 0.5, -0.5)
    marks = [
        Line2D([], [], **SYSTEM, label="system and its 95 % interval"),
        Line2D([], [], **MEMBERS, label="mean of its members, each alone"),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return png(figure)


def _draw_score(axes: Axes, place: int, system: dict, key: str) -> None:
    """Draw one system's score as a dot on its interval, and its members' mean NLL as a ring."""
    score, interval = score_and_interval(system, key)
    if interval:
        axes.plot(interval, [place, place], **{**SYSTEM, "marker": ""})
    axes.plot([score], [place], **SYSTEM)
    if key == "nll" and system["ensemble_size"] > 1:
        axes.plot([system["member_nll"]], [place], **MEMBERS)
