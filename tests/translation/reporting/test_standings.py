"""The standings figure: what it draws where, and the file it gives."""

from matplotlib.figure import Figure

from translation.reporting.standings import _draw_score, standings_figure


def drawn(system, key):
    """Draw one score and list the points of every line."""
    axes = Figure().subplots()
    _draw_score(axes, 2, system, key)
    return [line.get_xydata().tolist() for line in axes.lines]


def test_a_score_is_a_dot_on_its_interval(evaluation):
    assert drawn(evaluation("a"), "bleu") == [[[29.0, 2], [31.0, 2]], [[30.0, 2]]]
    assert drawn(evaluation("a"), "ece") == [[[0.05, 2]]]


def test_the_members_of_an_ensemble_are_a_ring(systems):
    assert drawn(systems["single"], "nll") == [[[1.75, 2], [1.85, 2]], [[1.8, 2]]]
    assert drawn(systems["be4"], "nll")[-1] == [[1.9, 2]]


def test_gives_a_png(systems):
    assert standings_figure(systems)[:8] == b"\x89PNG\r\n\x1a\n"
