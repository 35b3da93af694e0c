"""The figure of OOD images: shares of both kinds, one panel a system and set."""

import pytest
from matplotlib.figure import Figure

from vision.reporting import ood
from vision.reporting.ood import draw_histograms, ood_figure

FOUND = {
    "images": 4,
    "scores": {"entropy": {"auroc": 0.875}, "mutual_information": {"auroc": 0.5}},
    "histogram": {"edges": [0.0, 0.5, 1.5], "in_distribution": [30, 10], "ood": [1, 3]},
}


@pytest.fixture
def figures(monkeypatch):
    """The figures that are rendered in a test."""
    kept, render = [], ood.png
    monkeypatch.setattr(ood, "png", lambda figure: kept.append(figure) or render(figure))
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
        "one": {"ood": {"a": FOUND}},
        "bare": {"ood": {}},
        "two": {"ood": {"b": FOUND, "a": FOUND}},
    }
    ood_figure(systems)
    titles = [axes.get_title() for axes in figures[0].axes]
    assert titles == [
        "OOD: a\nAUROC 0.875",
        "OOD: b\nnot measured",
        *("AUROC 0.875", "AUROC 0.875"),
    ]
    left = [axes.get_ylabel() for axes in figures[0].axes[::2]]
    assert [label.splitlines()[0] for label in left] == ["one", "two"]
    assert "nats" in figures[0].axes[2].get_xlabel()


@pytest.mark.filterwarnings("error")
def test_odd_names_and_empty_histograms_are_drawn_without_complaint():
    nothing = {**FOUND, "histogram": {"edges": [0, 1], "in_distribution": [0], "ood": [0]}}
    figure = ood_figure({"$x_{": {"ood": {"_$y_{": nothing}}})
    assert figure[:8] == b"\x89PNG\r\n\x1a\n"
