"""The figure of scores: what it draws where, and the file it gives."""

import pytest
from matplotlib.figure import Figure

from be_tracks.report import scores as scores
from be_tracks.report.scores import Mark, Panel, draw_mark, draw_scores


def drawn(mark):
    """Draw one mark at height 2 and list the points of every line."""
    axes = Figure().subplots()
    draw_mark(axes, 2, mark)
    return [line.get_xydata().tolist() for line in axes.lines]


@pytest.fixture
def figures(monkeypatch):
    """The figures that are rendered in a test."""
    kept, render = [], scores.png
    monkeypatch.setattr(scores, "png", lambda figure: kept.append(figure) or render(figure))
    return kept


def test_a_score_is_a_dot_on_its_interval():
    assert drawn(Mark(30.0, [29.0, 31.0])) == [[[29.0, 2], [31.0, 2]], [[30.0, 2]]]
    assert drawn(Mark(0.05)) == [[[0.05, 2]]]
    assert drawn(Mark(None, [1.0, 2.0], [1.5])) == []


def test_members_are_rings():
    assert drawn(Mark(1.7, None, [1.9, 1.8]))[-1] == [[1.9, 2.25], [1.8, 2.25]]


def test_the_end_of_a_scale_looks_otherwise():
    axes = Figure().subplots()
    draw_mark(axes, 0, Mark(8.0, at_least=True))
    draw_mark(axes, 1, Mark(8.0))
    one, other = (line.get_marker() for line in axes.lines)
    assert one == ">" and other == "o"


def test_panels_stand_side_by_side_with_one_row_a_system(figures):
    shares = Panel("accuracy", [Mark(0.5, members=[0.25]), Mark(0.75)], share=True)
    sizes = Panel("DEE", [Mark(8.0, at_least=True), Mark(None)])
    png = draw_scores(["first", "second"], [shares, sizes], "one member")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    left, right = figures[0].axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["first", "second"]
    assert left.get_ylim() == (1.5, -0.5)  # the first system on top
    assert all(label.get_text().endswith("%") for label in left.get_xticklabels())
    assert not any("%" in label.get_text() for label in right.get_xticklabels())
    assert right.get_title() == "DEE" and len(right.lines) == 1
    legend = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert legend[1] == "one member" and "or more" in legend[2]


def test_the_legend_explains_only_what_there_is(figures):
    draw_scores(["a"], [Panel("NLL", [Mark(1.0)])], "one member")
    assert len(figures[0].legends[0].get_texts()) == 1


@pytest.mark.filterwarnings("error")
def test_odd_names_are_drawn_without_complaint():
    names = ["$x_{", "a name so long that it has to be broken into several lines"]
    draw_scores(names, [Panel("NLL", [Mark(1.0), Mark(2.0)])], "")
