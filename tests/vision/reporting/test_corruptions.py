"""Figures of corrupted images: means worked by hand, and what is drawn."""

import numpy as np
import pytest

from vision.reporting import corruptions
from vision.reporting.corruptions import (
    accuracy_by_kind,
    by_severity,
    corrupted,
    kinds_figure,
    severity_figure,
)

SYSTEM = {
    "accuracy": 0.9,
    "nll": 0.3,
    "ece": 0.05,
    "corruptions": {
        "severities": [1, 5],
        "by_name": {
            "fog": {"accuracy": [0.8, 0.6], "nll": [0.5, 1.0], "ece": 0.1},
            "shot_noise": {"accuracy": [0.6, 0.2], "nll": [0.7, 2.0], "ece": 0.4},
        },
        "by_severity": {"accuracy": [0.7, 0.4], "nll": [0.6, 1.5], "ece": [0.1, 0.3]},
    },
}


@pytest.fixture
def figures(monkeypatch):
    """The figures that are rendered in a test."""
    kept, render = [], corruptions.png
    monkeypatch.setattr(corruptions, "png", lambda figure: kept.append(figure) or render(figure))
    return kept


def test_scores_by_severity_begin_without_corruption():
    severities, accuracy = by_severity(SYSTEM, "accuracy")
    assert severities == [0, 1, 5]
    assert accuracy == pytest.approx([0.9, 0.7, 0.4])
    assert by_severity(SYSTEM, "ece")[1] == pytest.approx([0.05, 0.1, 0.3])


def test_means_by_kind_stand_between_none_and_all():
    rows, values = accuracy_by_kind({"a": SYSTEM, "bare": {"corruptions": None}})
    assert rows == ["no corruption", "fog", "shot noise", "mean of corruptions"]
    np.testing.assert_allclose(values, [[0.9], [0.7], [0.4], [0.55]])


def test_corruptions_are_found_by_name_whatever_their_order():
    other = {**SYSTEM, "corruptions": dict(SYSTEM["corruptions"])}
    by_name = SYSTEM["corruptions"]["by_name"]
    other["corruptions"]["by_name"] = dict(reversed(by_name.items()))
    _, values = accuracy_by_kind({"a": SYSTEM, "b": other})
    np.testing.assert_array_equal(values[:, 0], values[:, 1])


def test_a_line_for_each_system_that_was_shown_corruptions(systems, figures):
    assert list(corrupted(systems)) == ["single", "be4"]
    severity_figure(systems)
    assert len(figures[0].axes) == 3
    for axes, key in zip(figures[0].axes, ("accuracy", "nll", "ece"), strict=True):
        single, ensemble = axes.lines
        np.testing.assert_allclose(single.get_ydata(), by_severity(systems["single"], key)[1])
        assert single.get_color() != ensemble.get_color()
        assert "is better" in axes.get_title()
    assert [t.get_text() for t in figures[0].legends[0].get_texts()] == ["single", "be4"]
    assert "3 kinds of corruption together" in figures[0].get_suptitle()


def test_every_cell_holds_its_number(systems, figures):
    kinds_figure(systems)
    (axes,) = figures[0].axes
    _, values = accuracy_by_kind(systems)
    shown = [text.get_text() for text in axes.texts]
    assert shown == [f"{100 * value:.1f}" for value in values.ravel()]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["single", "be4"]


@pytest.mark.filterwarnings("error")
def test_one_system_of_one_accuracy_is_drawn_without_complaint():
    scores = {"accuracy": [0.9, 0.9], "nll": [1.0, 1.0], "ece": [0.1, 0.1]}
    corruptions = {"severities": [1, 2], "by_name": {"$fog_{": scores}, "by_severity": scores}
    flat = {**SYSTEM, "corruptions": corruptions}
    for draw in (kinds_figure, severity_figure):
        assert draw({"_$x_{": flat})[:8] == b"\x89PNG\r\n\x1a\n"
