"""The learning figure: which lines it draws, for which systems."""

from matplotlib.axes import Axes

from translation.reporting.learning import learning_figure, with_history
from translation.reporting.page import page
from translation.reporting.summary import summarise


def learned(system, **scores):
    training = {**system["training"], "validations": {"tokens": [100, 200], **scores}}
    return {**system, "training": training}


def lines(systems, monkeypatch):
    """What `plot` is given, and the titles."""
    found, titles = [], []
    monkeypatch.setattr(Axes, "plot", lambda self, x, y, **look: found.append((x, y)))
    monkeypatch.setattr(Axes, "set_title", lambda self, title, **_: titles.append(title))
    assert learning_figure(systems)[:8] == b"\x89PNG\r\n\x1a\n"
    return found, titles


def test_a_line_for_each_system_and_score(systems, monkeypatch):
    systems = {
        "single": learned(systems["single"], nll=[3, 2], ece=[0.1, 0.2], disagreement=[0, 0]),
        "be4": learned(systems["be4"], nll=[4, 1], ece=[0.3, 0.4], disagreement=[0.5, 0.6]),
    }
    found, titles = lines(systems, monkeypatch)
    tokens = [100, 200]
    assert found == [
        (tokens, [3, 2]), (tokens, [4, 1]), (tokens, [0.1, 0.2]), (tokens, [0.3, 0.4]),
        (tokens, [0.5, 0.6]),
    ]  # fmt: skip
    assert [title.split()[0].rstrip(",") for title in titles] == ["NLL", "ECE", "disagreement"]


def test_bleu_is_drawn_where_there_is_any(systems, monkeypatch):
    first = learned(systems["single"], nll=[3, 2], bleu=[10, 20])
    found, titles = lines({"single": first}, monkeypatch)
    assert found[1] == ([100, 200], [10, 20]) and titles[1].startswith("BLEU")


def test_one_validation_is_no_history(systems):
    once = {**systems["single"], "training": {"validations": {"tokens": [100], "nll": [3]}}}
    twice = learned(systems["be4"], nll=[3, 2])
    assert list(with_history({"once": once, "twice": twice, **systems})) == ["twice"]


def test_the_page_shows_it_where_there_is_one(systems):
    assert "learning.png" not in page(summarise(systems, ""))
    systems["be4"] = learned(systems["be4"], nll=[3, 2])
    assert "](learning.png)" in page(summarise(systems, ""))
