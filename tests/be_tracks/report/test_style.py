"""Every system has a style of its own, and any name can stand in a legend."""

import pytest
from matplotlib.figure import Figure

from be_tracks.report.style import legend, line_styles, png


def test_line_styles_differ():
    seen = line_styles(f"system {n}" for n in range(20))
    assert len(seen) == 20
    assert len({(style["color"], style["marker"], style["ls"]) for style in seen.values()}) == 20
    first = list(seen.values())[:8]
    assert len({style["color"] for style in first}) == 8
    assert len({style["marker"] for style in first}) == 8


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("below", [False, True])
def test_legends_hold_any_name_and_cover_no_panel(below):
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    names = ["_hidden", "$x_{", "a name so long that it has to be broken into lines", "two\nlines"]
    legend(figure, line_styles(names), below)
    png(figure)
    (shown_legend,) = figure.legends
    shown = [text.get_text() for text in shown_legend.get_texts()]
    assert shown[:2] == names[:2] and shown[3] == names[3]
    assert shown[2].replace("\n", " ") == names[2] and "\n" in shown[2]
    ours, panel = shown_legend.get_window_extent(), axes.get_window_extent()
    assert not ours.overlaps(panel)
    inside = figure.bbox
    assert inside.x0 <= ours.x0 and ours.x1 <= inside.x1 and inside.y0 <= ours.y0
