"""What the figures of a report share: colours, tidy axes, names as labels, PNG bytes."""

import io
import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

BLUE, ORANGE, GREEN, GREY, INK = "#3d72b4", "#d9603b", "#1f7a6c", "#a3adb8", "#333333"


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
