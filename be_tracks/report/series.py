"""How a system looks in every figure: its own colour, mark and dashes, and its place in legends."""

from collections.abc import Iterable

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from be_tracks.report.style import BLUE, GREEN, ORANGE, wrapped

# Told apart by all of the colour-blind together with the marks.
COLOURS = (BLUE, ORANGE, GREEN, "#8a5fa8", "#c29a1b", "#4fa6c9", "#b0477a", "#6b5b4f")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", "--", ":", "-.")


def looks(names: Iterable[str]) -> dict[str, dict]:
    """Give each system the options of its line; 8 colours and marks, then the dashes change."""
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
        labels: `{text: options of its line}`; the texts may hold anything.
        below: whether it stands below, in columns.
    """
    # Labels that begin with "_" would be left out, and "$" would begin a formula.
    handles = [Line2D([], [], **look, label="x") for look in labels.values()]
    texts = ["\n".join(wrapped(line) for line in label.splitlines()) for label in labels]
    columns = 1
    if below:
        longest = max(len(line) for text in texts for line in text.splitlines())
        columns = max(1, int(figure.get_figwidth() // (0.7 + 0.075 * longest)))
    made = figure.legend(
        handles=handles,
        loc="outside lower center" if below else "outside right upper",
        ncols=columns,
        frameon=False,
        fontsize=9,
        labelspacing=0.8,
    )
    for entry, text in zip(made.get_texts(), texts, strict=True):
        entry.set_parse_math(False)
        entry.set_text(text)
