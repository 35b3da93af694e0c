"""The figure of scores: which scores it draws, and the file it gives."""

from be_tracks.report.scores import Mark
from translation.reporting.scores import _mark, scores_figure


def test_a_score_comes_with_its_interval(evaluation):
    assert _mark(evaluation("a"), "bleu") == Mark(30.0, [29.0, 31.0], [])
    assert _mark(evaluation("a"), "ece") == Mark(0.05, None, [])


def test_the_members_of_an_ensemble_come_with_its_nll(systems):
    assert _mark(systems["single"], "nll") == Mark(1.8, [1.75, 1.85], [])
    assert _mark(systems["be4"], "nll") == Mark(1.7, [1.75, 1.85], [1.9])
    assert not _mark(systems["be4"], "bleu").members


def test_gives_a_png(systems):
    assert scores_figure(systems)[:8] == b"\x89PNG\r\n\x1a\n"
