"""The runner: each cell once, seeded, resumed after an interruption."""

import numpy as np
import pytest

from experiments import Cell, run_cells

CELLS = [Cell("task", name, seed, {"x": 1}) for name in ("a", "b") for seed in (0, 1)]


def draw(cell):
    return {"scores": {"drawn": float(np.random.random())}, "steps": 5}


def test_each_cell_runs_once_on_its_seed(tmp_path):
    lines = []
    assert run_cells(CELLS, tmp_path, draw, lines.append) == CELLS
    results = [cell.read(tmp_path) for cell in CELLS]
    drawn = [result["scores"]["drawn"] for result in results]
    assert drawn[:2] == drawn[2:] and drawn[0] != drawn[1]
    for key in ("seconds", "cpu_seconds", "steps", "environment"):
        assert all(key in result for result in results)
    assert results[0]["environment"]["keras"]
    assert lines[0] == "4 cells, 0 of them done already"
    assert lines[-1].startswith("4/4 task b seed 1: ")

    def refuse(cell):
        raise AssertionError(cell)

    assert run_cells(CELLS, tmp_path, refuse, lines.append) == []
    assert lines[-1] == "4 cells, 4 of them done already"


def test_an_interrupted_grid_goes_on(tmp_path):
    def stop_at_b(cell):
        if cell.name == "b":
            raise KeyboardInterrupt
        return draw(cell)

    with pytest.raises(KeyboardInterrupt):
        run_cells(CELLS, tmp_path, stop_at_b, lambda line: None)
    assert run_cells(CELLS, tmp_path, draw, lambda line: None) == CELLS[2:]


class Trainer:
    """Draws, and says with which settings, its default batch among them."""

    def __init__(self, batch):
        self.batch = batch

    def all_settings(self, cell):
        return {"batch": self.batch, **cell.settings}

    def __call__(self, cell):
        return {**draw(cell), "all_settings": self.all_settings(cell)}


def test_results_of_other_defaults_are_refused_before_any_cell_runs(tmp_path):
    run_cells(CELLS[1:], tmp_path, Trainer(128), lambda line: None)
    assert run_cells(CELLS[1:], tmp_path, Trainer(128), lambda line: None) == []
    with pytest.raises(ValueError, match=r"task\.jsonl, a seed 1 .* batch 128 there, 64 now"):
        run_cells(CELLS, tmp_path, Trainer(64), lambda line: None)
    assert CELLS[0].read(tmp_path) is None
    # A cell that sets the batch itself heeds no default.
    own = Cell("task", "own", 0, {"batch": 32})
    run_cells([own], tmp_path, Trainer(128), lambda line: None)
    assert run_cells([own], tmp_path, Trainer(64), lambda line: None) == []


def test_two_cells_of_one_name_are_refused_before_any_runs(tmp_path):
    clash = [*CELLS, Cell("task", "a", 0, {"x": 2})]
    with pytest.raises(ValueError, match="Two cells are called task/a with seed 0"):
        run_cells(clash, tmp_path, draw, lambda line: None)
    assert not list(tmp_path.iterdir())
    assert run_cells([*CELLS, CELLS[0]], tmp_path, draw, lambda line: None) == CELLS


def test_a_cell_that_takes_too_long_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.runner.CPU_SECONDS", -1)
    lines = []
    run_cells(CELLS[:1], tmp_path, draw, lines.append)
    assert "at most 20" in lines[-1]
