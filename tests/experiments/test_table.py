"""Tables and figures of results: known answers, missing trials shown."""

import numpy as np

from experiments.figure import draw
from experiments.table import Column, Table, markdown, score_columns

TABLE = Table(
    "initialiser",
    "Which initialiser?",
    rows=[("signs", "sign"), ("near one", "near"), ("ones", "ones")],
    columns=[Column("NLL", "scores.nll", 2, "lower"), Column("DEE", "scores.dee", 1, "higher")],
    seeds=2,
)
RESULTS = {
    "sign": {
        0: {"scores": {"nll": 0.5, "dee": 2.0}},
        1: {"scores": {"nll": 0.7, "dee": None}},
    },
    "near": {0: {"scores": {"nll": 0.25}}},
}


def test_markdown():
    assert markdown(TABLE, RESULTS) == (
        "|  | NLL | DEE | seeds |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| signs | 0.60 ± 0.14 | 2.0 | 2 |\n"
        "| near one | 0.25 | – | 1 of 2 |\n"
        "| ones | missing | missing | 0 of 2 |"
    )


def test_what_diverged_says_so():
    lost = {"diverged": True}
    assert "| near one | diverged | diverged | 2, 2 diverged |" in markdown(
        TABLE, {"near": {0: lost, 1: lost}}
    )
    assert "| near one | diverged | diverged | 1 of 2, 1 diverged |" in markdown(
        TABLE, {"near": {1: lost}}
    )
    assert "| near one | 0.25 | – | 2, 1 diverged |" in markdown(
        TABLE, {"near": {0: {"scores": {"nll": 0.25}}, 1: lost}}
    )


def test_the_figure_shows_every_row(tmp_path):
    from matplotlib import image

    draw(TABLE, RESULTS, tmp_path / "all.png")
    draw(TABLE, {}, tmp_path / "none.png")
    full, empty = (image.imread(tmp_path / name) for name in ("all.png", "none.png"))
    assert full.shape == empty.shape and full.shape[0] > 100
    assert np.any(full != empty)


def test_the_columns_of_scores_find_their_numbers():
    columns = {column.title: column for column in score_columns(["far"], digits=2)}
    result = {
        "scores": {"nll": 0.5, "dee": 2.0},
        "out_of_distribution": {"far": {"entropy": {"auroc": 0.9}}},
        "gradient_cosine": {"end": 0.25},
    }
    titles = ("NLL", "DEE", "AUROC far", "cosine, end", "cosine, begin")
    found = [columns[title].value(result) for title in titles]
    assert found == [0.5, 2.0, 0.9, 0.25, None]
    assert columns["NLL"].digits == columns["member NLL"].digits == 2
