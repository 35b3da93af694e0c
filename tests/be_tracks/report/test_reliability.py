"""The reliability figure: what it draws where, and the file it gives."""

import struct

import numpy as np
import pytest
from matplotlib.figure import Figure

from be_tracks.report.reliability import _draw_bins, _draw_counts, reliability_figure

BINS = {
    "edges": [0.0, 0.25, 0.5, 0.75, 1.0],
    "count": [0, 200, 300, 700],
    "confidence": [None, 0.4, 0.6, 0.9],
    "accuracy": [None, 0.5, 0.55, 0.9],
}
SYSTEM = {"reliability": BINS, "ece": 0.05}


def bars(axes):
    """List the bars of some axes as left, right, bottom, top."""
    return [
        pytest.approx(
            [
                *sorted([p.get_x(), p.get_x() + p.get_width()]),
                *sorted([p.get_y(), p.get_y() + p.get_height()]),
            ]
        )
        for p in axes.patches
    ]


def size(png):
    """Read width and height of a PNG file."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_bars_are_accuracy_and_hatching_reaches_the_confidence():
    axes = Figure().subplots()
    _draw_bins(axes, BINS)
    accuracy = [[0.25, 0.5, 0, 0.5], [0.5, 0.75, 0, 0.55], [0.75, 1, 0, 0.9]]
    overconfident, underconfident = [[0.5, 0.75, 0.55, 0.6]], [[0.25, 0.5, 0.4, 0.5]]
    assert accuracy + overconfident + underconfident == bars(axes)
    assert [bool(p.get_hatch()) for p in axes.patches] == [False] * 3 + [True] * 2
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[0, 0], [1, 1]])


def test_counts_are_on_a_common_logarithmic_scale():
    axes = Figure().subplots()
    _draw_counts(axes, BINS, most=5000)
    assert [p.get_height() for p in axes.patches] == [0, 200, 300, 700]
    assert axes.get_yscale() == "log" and axes.get_ylim() == (0.7, 10_000)


def test_the_figure_grows_with_the_systems():
    one, three, six = (
        size(reliability_figure({f"{n}": SYSTEM for n in range(count)}, "tokens"))
        for count in (1, 3, 6)
    )
    assert one[1] == three[1] and three[0] > 2 * one[0]
    assert six[0] == three[0] and six[1] > 1.8 * three[1]


@pytest.mark.filterwarnings("error")
def test_odd_evaluations_are_drawn_without_complaint():
    nothing = {"edges": [0, 1], "count": [0], "confidence": [None], "accuracy": [None]}
    systems = {
        "$x_{": SYSTEM,
        "a name so long that it has to be broken into several lines": SYSTEM,
        "empty": SYSTEM | {"reliability": nothing},
    }
    size(reliability_figure(systems, "tokens"))


def test_equal_evaluations_give_equal_files():
    systems = {"a": SYSTEM, "b": SYSTEM}
    assert reliability_figure(systems, "words") == reliability_figure(systems, "words")


def test_what_is_counted_is_told():
    systems = {"a": SYSTEM}
    assert reliability_figure(systems, "tokens") != reliability_figure(systems, "images")
