"""Sweeps: names, factors, trials in order, and the table of an ablation."""

import pytest

from experiments.sweep import Sweep, name_of
from experiments.table import Column

VARIANTS = [("one", {"ensemble_size": None}), ("long", {"ensemble_size": 4, "steps": 2})]
SWEEP = Sweep(
    {"small": {"steps": 10, "rate": 0.5}, "large": {"steps": 50}},
    {"size": ("How large?", VARIANTS), "again": ("Once more?", VARIANTS[:1])},
    [Column("NLL", "scores.nll")],
    factors={"steps": "steps", "more": "steps", "rate": "rate"},
)


def test_names():
    assert name_of({"ensemble_size": None}) == "networks1"
    assert name_of({"ensemble_size": None, "networks": 4}) == "networks4"
    assert name_of({"ensemble_size": 4, "initializer": "normal:1:0.5", "branch": 0.25}) == (
        "members4.branch-0.25.initializer-normal-1-0.5"
    )
    assert name_of({"ensemble_size": 2, "augment": True}) == "members2.augment-true"


def test_factors_multiply_the_tasks_defaults():
    assert SWEEP.settings_of("small", VARIANTS[1][1])["steps"] == 20
    assert SWEEP.settings_of("large", VARIANTS[1][1])["steps"] == 100
    assert SWEEP.settings_of("small", {"more": 0.25, "rate": 0.5}) == {"more": 2, "rate": 0.25}


def test_trials_come_once_and_seed_by_seed():
    found = SWEEP.trials("small", ("size", "again"), 2)
    assert [(trial.name, trial.seed) for trial in found] == [
        ("networks1", 0),
        ("members4.steps-20", 0),
        ("networks1", 1),
        ("members4.steps-20", 1),
    ]


def test_a_table_names_its_trials():
    table = SWEEP.table("large", "size")
    assert (table.name, table.title) == ("large-size", "How large?")
    assert table.rows == [("one", "networks1"), ("long", "members4.steps-100")]


def test_settings_that_share_a_name_are_refused():
    variants = [("a", {"ensemble_size": 4, "x": 0.1}), ("b", {"ensemble_size": 4, "x": 0.10000001})]
    sweep = Sweep({"task": {}}, {"ablation": ("?", variants)}, [])
    with pytest.raises(ValueError, match="members4.x-0.1"):
        sweep.trials("task", ("ablation",), 1)
