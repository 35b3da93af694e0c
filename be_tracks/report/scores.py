"""The figure of scores: the main scores of all systems side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from be_tracks.report.style import BLUE, ORANGE, percent, png, tidy, wrapped

SYSTEM = {"marker": "o", "ms": 7, "color": BLUE, "lw": 2, "solid_capstyle": "round"}
MEMBERS = {"marker": "o", "ms": 5, "mfc": "none", "mec": ORANGE, "ls": ""}
AT_LEAST = {"marker": ">", "ms": 9, "color": BLUE, "ls": ""}

# Members that are as good as their ensemble would cover its dot; heights grow downwards.
BELOW = 0.25


@dataclass(frozen=True)
class Mark:
    """One system's place on one scale.

    Attributes:
        score: its value, or None where it has none.
        interval: `[low, high]` of 95 %, or None.
        members: scores of its members, each alone; empty for none.
        at_least: whether the score is the end of what can be told.
    """

    score: float | None
    interval: Sequence[float] | None = None
    members: Sequence[float] = ()
    at_least: bool = False


@dataclass(frozen=True)
class Panel:
    """One scale.

    Attributes:
        title: what it shows, its unit and what is better.
        marks: one per system, in the order of the systems.
        share: whether the scores are shares, to be shown in per cent.
    """

    title: str
    marks: Sequence[Mark]
    share: bool = False


def draw_scores(names: Sequence[str], panels: Sequence[Panel], members: str) -> bytes:
    """Draw the scores of all systems, with 95 % intervals where they are known.

    Args:
        names: of the systems.
        panels: from left to right, each with a mark per name.
        members: what a ring says, for the legend.

    Returns:
        The bytes of a PNG file.
    """
    longest = max(wrapped(name).count("\n") for name in names)
    size = (2.5 + 2.5 * len(panels), 1.4 + (0.45 + 0.12 * longest) * len(names))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        for place, mark in enumerate(panel.marks):
            draw_mark(axes, place, mark)
        axes.set_title(panel.title, fontsize=10)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        if panel.share:
            axes.xaxis.set_major_formatter(percent())
        axes.margins(x=0.12)
        tidy(axes)
    grid[0].set_yticks(range(len(names)), map(wrapped, names), parse_math=False)
    grid[0].set_ylim(len(names) - 0.5, -0.5)
    marks = [mark for panel in panels for mark in panel.marks]
    figure.legend(
        handles=_legend(marks, members), loc="outside lower center", ncols=3, frameon=False,
        fontsize=9,
    )  # fmt: skip
    return png(figure)


def draw_mark(axes: Axes, place: int, mark: Mark) -> None:
    """Draw a score as a dot on its interval at height `place`, its members as rings just below."""
    if mark.score is None:
        return
    if mark.interval:
        axes.plot(mark.interval, [place, place], **{**SYSTEM, "marker": ""})
    axes.plot([mark.score], [place], **(AT_LEAST if mark.at_least else SYSTEM))
    if mark.members:
        axes.plot(mark.members, [place + BELOW] * len(mark.members), **MEMBERS)


def _legend(marks: list[Mark], members: str) -> list[Line2D]:
    """Explain the marks that there are."""
    handles = [Line2D([], [], **SYSTEM, label="system and its 95 % interval")]
    if any(mark.members for mark in marks):
        handles.append(Line2D([], [], **MEMBERS, label=members))
    if any(mark.at_least for mark in marks):
        handles.append(Line2D([], [], **AT_LEAST, label="this or more: the scale ends here"))
    return handles
