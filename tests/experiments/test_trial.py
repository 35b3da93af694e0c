"""Cells: names, files, and what is said of files that do not fit."""

import json

import pytest

from experiments import Cell, read_results


def test_a_result_is_read_back_with_its_cell(tmp_path):
    cell = Cell("fashion-mlp", "signs", 2, {"lr": 0.1, "where": ("all", 1)})
    assert cell.read(tmp_path) is None
    cell.write(tmp_path, {"scores": {"nll": 0.5, "dee": float("nan")}, "steps": 3})
    assert cell.path(tmp_path) == tmp_path / "fashion-mlp" / "signs.seed2.json"
    result = cell.read(tmp_path)
    assert result["scores"] == {"nll": 0.5, "dee": None}
    assert (result["name"], result["seed"], result["steps"]) == ("signs", 2, 3)
    assert result["settings"] == {"lr": 0.1, "where": ["all", 1]}
    assert read_results(tmp_path, "fashion-mlp") == {"signs": {2: result}}
    assert read_results(tmp_path, "other") == {}
    assert [path.name for path in cell.path(tmp_path).parent.iterdir()] == ["signs.seed2.json"]


def test_a_result_of_other_settings_is_refused_and_kept(tmp_path):
    Cell("task", "name", 0, {"lr": 0.1}).write(tmp_path, {})
    other = Cell("task", "name", 0, {"lr": 0.2})
    with pytest.raises(ValueError, match=r"other settings .*0\.1.*0\.2.*Delete it"):
        other.read(tmp_path)
    assert json.loads(other.path(tmp_path).read_text())["settings"] == {"lr": 0.1}


def test_a_result_of_other_defaults_is_refused_and_kept(tmp_path):
    cell = Cell("task", "name", 0, {"lr": 0.1})
    then = {"lr": 0.1, "batch": 128, "shares": (0.5, 1), "decay": float("inf")}
    cell.write(tmp_path, {"all_settings": then})
    assert cell.read(tmp_path, then) == cell.read(tmp_path)
    # A setting that one of them lacks did not exist yet, or does so no more.
    assert cell.read(tmp_path, {"lr": 0.1, "batch": 128, "flip": True})
    message = (
        r"name\.seed0\.json .*: batch 128 there, 64 now, shares \[0\.5, 1\] there, \[1\] now\. "
        "Delete it .*, or set the defaults back"
    )
    with pytest.raises(ValueError, match=message):
        cell.read(tmp_path, {**then, "batch": 64, "shares": (1,)})
    assert cell.read(tmp_path)["all_settings"]["batch"] == 128


def test_a_result_that_says_nothing_of_defaults_is_read(tmp_path):
    cell = Cell("task", "name", 0)
    assert cell.read(tmp_path, {"batch": 64}) is None
    cell.write(tmp_path, {})
    assert cell.read(tmp_path, {"batch": 64})


def test_a_broken_file_is_named(tmp_path):
    cell = Cell("task", "name", 0)
    cell.path(tmp_path).parent.mkdir()
    cell.path(tmp_path).write_text("{")
    for read in (cell.read, lambda folder: read_results(folder, "task")):
        with pytest.raises(ValueError, match=r"name\.seed0\.json is no result of a cell"):
            read(tmp_path)


@pytest.mark.parametrize("name", ["", "A", "a/b", "../a", ".a"])
def test_names_that_are_no_file_names_are_refused(name):
    with pytest.raises(ValueError, match="file names"):
        Cell("task", name, 0)
    with pytest.raises(ValueError, match="file names"):
        Cell(name, "name", 0)
    with pytest.raises(ValueError, match="0 or more"):
        Cell("task", "name", -1)
