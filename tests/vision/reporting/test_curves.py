"""Figures of one panel: their lines, and what their legends say."""

import numpy as np
import pytest

from be_tracks.report.style import line_styles
from vision.reporting import curves
from vision.reporting.curves import diversity_figure, rejection_figure


@pytest.fixture
def figures(monkeypatch):
    """The figures that are rendered in a test."""
    kept, render = [], curves.png
    monkeypatch.setattr(curves, "png", lambda figure: kept.append(figure) or render(figure))
    return kept


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_one_line_for_each_ensemble_with_its_disagreement(systems, figures):
    systems["be4"]["divergence"] = {
        "confidence": [0.2, None, 0.6, 0.9],
        "pairwise_kl": [5.0, None, 0.5, 0.1],
        "count": [9, 0, 10, 500],
    }
    systems["be4"]["disagreement"] = 0.0525
    assert diversity_figure(systems)[:8] == b"\x89PNG\r\n\x1a\n"
    (axes,) = figures[0].axes
    ensemble, pair = axes.lines
    # A mean over nine images is left out.
    np.testing.assert_array_equal(ensemble.get_xydata(), [[0.6, 0.5], [0.9, 0.1]])
    assert ensemble.get_color() == line_styles(systems)["be4"]["color"]
    assert pair.get_color() == line_styles(systems)["pair"]["color"]
    assert legend_of(figures[0])[0] == "be4\n5.25% disagreement" and len(axes.lines) == 2
    assert axes.get_ylim()[0] == 0 and "nats" in axes.get_ylabel()


def test_one_line_for_each_system_that_rejects(systems, figures):
    rejection_figure(systems)
    (axes,) = figures[0].axes
    assert legend_of(figures[0]) == list(systems)
    for line, system in zip(axes.lines, systems.values(), strict=True):
        found = system["rejection"]
        np.testing.assert_array_equal(line.get_xdata(), found["rejected"])
        np.testing.assert_array_equal(line.get_ydata(), found["accuracy"])
    assert "higher is better" in axes.get_title()


def test_kept_images_are_right_more_often(systems):
    for system in systems.values():
        accuracy = system["rejection"]["accuracy"]
        assert accuracy[0] == pytest.approx(system["accuracy"]) and accuracy[-1] > accuracy[0]
