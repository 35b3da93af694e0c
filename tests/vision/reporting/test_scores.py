"""The figure of scores: which scores it draws, and the file it gives."""

from be_tracks.report.scores import Mark
from vision.reporting import scores as scores
from vision.reporting.scores import _equivalent, _mark, scores_figure


def test_a_score_comes_with_its_interval_and_its_members(systems):
    single, ensemble = systems["single"], systems["be4"]
    expected = Mark(single["accuracy"], single["intervals"]["accuracy"], [])
    assert _mark(single, "accuracy") == expected
    for key in ("accuracy", "nll"):
        assert list(_mark(ensemble, key).members) == ensemble["members_alone"][key]
    assert _mark(ensemble, "ece") == Mark(ensemble["ece"], ensemble["intervals"]["ece"], [])


def test_the_equivalent_is_known_or_not(systems):
    found = {"dee": 8.0, "low": 6.0, "high": 8.0, "at_least": True}
    assert _equivalent({"dee": found}) == Mark(8.0, [6.0, 8.0], at_least=True)
    assert _equivalent({"dee": found | {"at_least": False}}).at_least is False
    assert _equivalent(systems["pair"]) == Mark(None)


def test_no_panel_for_an_equivalent_that_no_system_has(systems, monkeypatch):
    drawn = []
    monkeypatch.setattr(scores, "draw_scores", lambda *given: drawn.append(given) or b"")
    scores_figure(systems)
    scores_figure({"pair": systems["pair"]})
    (_, four, _), (names, three, _) = drawn
    assert (len(four), len(three), names) == (4, 3, ["pair"])
    assert [panel.share for panel in four] == [True, False, False, False]


def test_gives_a_png(systems):
    assert scores_figure(systems)[:8] == b"\x89PNG\r\n\x1a\n"
