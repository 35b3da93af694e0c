"""The figure of unknown images: shares of both kinds, one panel a system and set."""

import pytest
from matplotlib.figure import Figure

from vision.reporting import ood as outside
from vision.reporting.ood import draw_histograms, outside_figure

FOUND = {
    "images": 4,
    "scores": {"entropy": {"auroc": 0.875}, "mutual_information": {"auroc": 0.5}},
    "histogram": {"edges": [0.0, 0.5, 1.5], "inside": [30, 10], "outside": [1, 3]},
}


@pytest.fixture
def figures(monkeypatch):
    """The figures that are rendered in a test."""
    kept, render = [], outside.png
    monkeypatch.setattr(outside, "png", lambda figure: kept.append(figure) or render(figure))
    return kept


def test_bars_are_shares_of_their_own_images():
    axes = Figure().subplots()
    draw_histograms(axes, FOUND, "")
    bars = [(p.get_x(), p.get_width(), p.get_height()) for p in axes.patches]
    assert bars == [(0.0, 0.5, 0.75), (0.5, 1.0, 0.25), (0.0, 0.5, 0.25), (0.5, 1.0, 0.75)]
    known, unknown = axes.patches[0].get_facecolor(), axes.patches[2].get_facecolor()
    assert known != unknown
    assert axes.get_title() == "AUROC 0.875"


def test_what_was_not_measured_is_an_empty_panel():
    axes = Figure().subplots()
    draw_histograms(axes, None, "set\n")
    assert axes.get_title() == "set\nnot measured" and not axes.patches


def test_one_row_a_system_and_one_column_a_set(figures):
    systems = {
        "one": {"outside": {"a": FOUND}},
        "bare": {"outside": {}},
        "two": {"outside": {"b": FOUND, "a": FOUND}},
    }
    outside_figure(systems)
    titles = [axes.get_title() for axes in figures[0].axes]
    assert titles == [
        "unknown: a\nAUROC 0.875",
        "unknown: b\nnot measured",
        *("AUROC 0.875", "AUROC 0.875"),
    ]
    left = [axes.get_ylabel() for axes in figures[0].axes[::2]]
    assert [label.splitlines()[0] for label in left] == ["one", "two"]
    assert "nats" in figures[0].axes[2].get_xlabel()


@pytest.mark.filterwarnings("error")
def test_odd_names_and_empty_histograms_are_drawn_without_complaint():
    nothing = {**FOUND, "histogram": {"edges": [0, 1], "inside": [0], "outside": [0]}}
    figure = outside_figure({"$x_{": {"outside": {"_$y_{": nothing}}})
    assert figure[:8] == b"\x89PNG\r\n\x1a\n"
