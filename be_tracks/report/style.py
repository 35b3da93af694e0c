"""The plot style of reports: colours, tidy axes, line styles and legends, PNG bytes."""

import io
import textwrap
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

BLUE, ORANGE, GREEN, GREY, INK = "#3d72b4", "#d9603b", "#1f7a6c", "#a3adb8", "#333333"
# Told apart by all of the colour-blind together with the marks.
COLOURS = (BLUE, ORANGE, GREEN, "#8a5fa8", "#c29a1b", "#4fa6c9", "#b0477a", "#6b5b4f")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", "--", ":", "-.")


def tidy(axes: Axes) -> None:
    """Leave out lines that carry nothing, and put a light grid behind the marks."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="both", color="#e6e8eb", lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, color=GREY)


def percent() -> FuncFormatter:
    """Ticks of shares in per cent, with no more digits than they need."""
    return FuncFormatter(lambda share, _: f"{100 * share:.4g}%")


def wrapped(name: str, width: int = 28) -> str:
    """Break a system's name into lines of so many letters, to fit above or beside a panel."""
    return textwrap.fill(name, width)


def png(figure: Figure) -> bytes:
    """Render without a display; no metadata, so that equal figures are equal files."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    return stream.getvalue()


def line_styles(names: Iterable[str]) -> dict[str, dict]:
    """Give each system the style of its line; 8 colours and marks, then the dashes change."""
    return {
        name: {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKS[place % len(MARKS)],
            "ls": DASHES[place // len(COLOURS) % len(DASHES)],
            "ms": 5.5,
            "lw": 1.7,
        }
        for place, name in enumerate(names)
    }


def legend(figure: Figure, labels: dict[str, dict], below: bool = False) -> None:
    """Put a legend beside or below all panels, where it covers nothing.

    Args:
        figure: with the layout "constrained".
        labels: `{text: style of its line}`; the texts may hold anything.
        below: whether it stands below, in columns.
    """
    # Labels that begin with "_" would be left out, and "$" would begin a formula.
    handles = [Line2D([], [], **style, label="x") for style in labels.values()]
    texts = ["\n".join(wrapped(line) for line in label.splitlines()) for label in labels]
    columns = 1
    if below:
        longest = max(len(line) for text in texts for line in text.splitlines())
        columns = max(1, int(figure.get_figwidth() // (0.7 + 0.075 * longest)))
    drawn = figure.legend(
        handles=handles,
        loc="outside lower center" if below else "outside right upper",
        ncols=columns,
        frameon=False,
        fontsize=9,
        labelspacing=0.8,
    )
    for entry, text in zip(drawn.get_texts(), texts, strict=True):
        entry.set_parse_math(False)
        entry.set_text(text)
