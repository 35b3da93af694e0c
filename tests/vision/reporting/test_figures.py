"""Which figures there are, and that they are whole files."""

import struct

from vision.reporting.figures import FIGURES, draw_figures

ALWAYS = {"scores.png", "reliability.png", "rejection.png"}


def size(png):
    """Read width and height of a PNG file."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and png.endswith(b"IEND\xaeB`\x82")
    return struct.unpack(">II", png[16:24])


def test_all_figures_where_everything_was_measured(systems):
    figures = draw_figures(systems)
    assert set(figures) == set(FIGURES)
    for content in figures.values():
        width, height = size(content)
        assert 300 < width < 3000 and 200 < height < 3000


def test_only_what_there_is_to_show(evaluation):
    bare = evaluation("a", corruptions=None, ood={}, dee=None)
    assert set(draw_figures({"a": bare})) == ALWAYS
    ensemble = evaluation("b", 4, corruptions=None, ood={})
    assert set(draw_figures({"b": ensemble})) == ALWAYS | {"diversity.png"}


def test_equal_evaluations_give_equal_files(systems):
    one = {"be4": systems["be4"]}
    assert draw_figures(one) == draw_figures(one)
