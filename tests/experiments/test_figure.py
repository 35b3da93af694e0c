"""Figures of results: what is drawn, and what is said where there is nothing to draw."""

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402

from experiments.figure import draw  # noqa: E402
from experiments.table import Column, Table  # noqa: E402


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """A function: draws results and gives the figure."""
    monkeypatch.setattr(pyplot, "close", lambda figure: None)
    shown = Table(
        "made", "A title", [("first", "a"), ("second", "b"), ("third", "c")],
        [Column("loss", "scores.loss", 2, "lower")],
    )  # fmt: skip

    def run(results):
        draw(shown, results, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 5_000
        return pyplot.gcf()

    yield run
    pyplot.rcdefaults()


def test_seeds_are_dots_and_what_is_not_there_is_said(drawn):
    of_seed = {seed: {"scores": {"loss": float(seed)}} for seed in range(2)}
    figure = drawn({"a": {**of_seed, 2: {"diverged": True}}, "b": {0: {"diverged": True}}})
    (axes,) = figure.axes
    dots, mean = axes.lines
    assert list(dots.get_xdata()) == [0.0, 1.0] and list(mean.get_xdata()) == [0.5]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [
        "first\n(1 of 3 seeds diverged)", "second\n(1 of 1 seeds diverged)", "third"
    ]  # fmt: skip
    assert [text.get_text() for text in axes.texts] == ["diverged", "missing"]


def test_results_without_such_a_number_are_not_called_diverged(drawn):
    (axes,) = drawn({"a": {0: {"scores": {}}}, "b": {0: {"scores": {"loss": 1.0}}}}).axes
    assert [text.get_text() for text in axes.texts] == ["–", "missing"]
