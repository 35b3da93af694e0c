"""Numbers, small tables and figures in guides are those of the result files."""

import json

import pytest

from experiments.excerpts import Excerpts, text
from experiments.table import Column, Table

ROWS = [("one network", "networks1"), ("four members", "members4")]
TABLE = Table("t", "title", ROWS, [Column("NLL", "scores.nll", 2)])
FOUND = {
    "networks1": {seed: {"scores": {"nll": 0.5}, "parameters": 100} for seed in (0, 1)},
    "members4": {
        0: {"scores": {"nll": 0.25}, "parameters": 106},
        1: {"scores": {"nll": 0.35}, "parameters": 106},
        2: {"diverged": True},
    },
}


@pytest.fixture
def excerpts(tmp_path):
    evaluation = {"name": "one", "bleu": {"score": 36.04}}
    (tmp_path / "runs.jsonl").write_text(json.dumps(evaluation) + "\n")
    (tmp_path / "benchmarks").mkdir()
    rows = [
        {
            "layer": name,
            "compiler": "graph",
            "ratio": ratio,
            "quartiles": [ratio - 0.1, ratio + 0.1],
        }
        for name, ratio in (("dense", 1.08), ("conv2d", 1.1))
    ]
    (tmp_path / "benchmarks" / "layers.json").write_text(json.dumps({"rows": rows}))
    return Excerpts(tmp_path, lambda name: (TABLE, FOUND))


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a/b | four members | NLL", "0.30"),
        ("a/b | four members | NLL | range .1f", "0.2 to 0.3"),
        ("a/b | four members | scores.nll | spread .3f", "0.300 ± 0.071"),
        ("a/b | four members / one network | parameters | .2f", "1.06"),
        ("a/b | one network - four members | NLL | .1%", "20.0 %"),
        ("runs | one | bleu.score | .1f", "36.0"),
        ("runs | gone | bleu.score", "missing"),
        ("benchmarks/layers/rows | dense; graph | ratio | .2f", "1.08"),
        ("benchmarks/layers/rows | dense; graph | quartiles | .2f", "0.98 to 1.18"),
        ("benchmarks/gone/rows | dense | ratio", "missing"),
    ],
)
def test_a_number(excerpts, address, written):
    page = f"worth <!-- value: {address} -->old<!-- end --> of it"
    new = excerpts.rewritten(page, "figures")
    assert new == f"worth <!-- value: {address} -->{written}<!-- end --> of it"
    assert excerpts.rewritten(new, "figures") == new


def test_a_small_table(excerpts):
    marker = (
        "<!-- excerpt: a/b\nrows: one network | four members = BatchEnsemble-4\n"
        "columns: NLL | parameters : .0f = weights\n-->\n"
    )
    new = excerpts.rewritten(f"a\n{marker}old\n<!-- end -->\nb", "figures")
    assert new == (
        f"a\n{marker}|  | NLL | weights |\n| --- | ---: | ---: |\n"
        "| one network | 0.50 ± 0.00 | 100 |\n"
        "| BatchEnsemble-4 (1 of 3 seeds diverged) | 0.30 ± 0.07 | 106 |\n<!-- end -->\nb"
    )


def test_a_figure(excerpts, tmp_path):
    page = (
        "<!-- scatter: a/b\nrows: one network | four members\npanels: NLL by parameters\n"
        "file: cost\ntitle: What it costs\n-->\n<!-- end -->\n"
    )
    assert "-->\n![What it costs](../figures/cost.png)\n<!-- end -->" in excerpts.rewritten(
        page, "../figures"
    )
    excerpts.draw(page, tmp_path / "figures")
    assert (tmp_path / "figures" / "cost.png").stat().st_size > 5_000


def test_what_does_not_exist_is_named(excerpts):
    with pytest.raises(ValueError, match="no row 'five members'. Take one of"):
        excerpts.rewritten("a <!-- value: a/b | five members | NLL --><!-- end -->", "")
    with pytest.raises(ValueError, match="is to name one row of the benchmark, and names 2"):
        excerpts.numbers("benchmarks/layers/rows", "graph", "ratio")


def test_whole_numbers_have_no_point():
    assert text([5_239_688], 4) == "5,239,688" and text([0.12345], None) == "0.123"
