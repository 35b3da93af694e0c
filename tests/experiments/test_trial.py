"""Cells: names, files, and what is said of files that do not fit."""

import json
import threading
from functools import partial

import pytest

from experiments import Cell, read_results, results_file


def test_a_result_is_read_back_with_its_cell(tmp_path):
    cell = Cell("fashion-mlp", "signs", 2, {"lr": 0.1, "where": ("all", 1)})
    assert cell.read(tmp_path) is None
    cell.write(tmp_path, {"scores": {"nll": 0.5, "dee": float("nan")}, "steps": 3})
    result = cell.read(tmp_path)
    assert result["scores"] == {"nll": 0.5, "dee": None}
    assert (result["name"], result["seed"], result["steps"]) == ("signs", 2, 3)
    assert result["settings"] == {"lr": 0.1, "where": ["all", 1]}
    assert read_results(tmp_path, "fashion-mlp") == {"signs": {2: result}}
    assert read_results(tmp_path, "other") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["fashion-mlp.jsonl"]


def test_a_result_of_other_settings_is_refused_and_kept(tmp_path):
    Cell("task", "name", 0, {"lr": 0.1}).write(tmp_path, {})
    other = Cell("task", "name", 0, {"lr": 0.2})
    with pytest.raises(ValueError, match=r"other settings .*0\.1.*0\.2.*Delete its line"):
        other.read(tmp_path)
    assert read_results(tmp_path, "task")["name"][0]["settings"] == {"lr": 0.1}


def test_a_result_of_other_defaults_is_refused_and_kept(tmp_path):
    cell = Cell("task", "name", 0, {"lr": 0.1})
    then = {"lr": 0.1, "batch": 128, "shares": (0.5, 1), "decay": float("inf")}
    cell.write(tmp_path, {"all_settings": then})
    assert cell.read(tmp_path, then) == cell.read(tmp_path)
    # A setting that one of them lacks did not exist yet, or does so no more.
    assert cell.read(tmp_path, {"lr": 0.1, "batch": 128, "flip": True})
    message = (
        r"task\.jsonl, name seed 0 .*: batch 128 there, 64 now, "
        r"shares \[0\.5, 1\] there, \[1\] now\. Delete its line .*, or set the defaults back"
    )
    with pytest.raises(ValueError, match=message):
        cell.read(tmp_path, {**then, "batch": 64, "shares": (1,)})
    assert cell.read(tmp_path)["all_settings"]["batch"] == 128


def test_a_result_that_says_nothing_of_defaults_is_read(tmp_path):
    cell = Cell("task", "name", 0)
    assert cell.read(tmp_path, {"batch": 64}) is None
    cell.write(tmp_path, {})
    assert cell.read(tmp_path, {"batch": 64})


@pytest.mark.parametrize("broken", ["{", "[]", "3", '{"name": "a"}', ""])
def test_a_broken_line_is_named_and_nothing_is_lost(tmp_path, broken):
    cell = Cell("task", "name", 0)
    cell.write(tmp_path, {})
    text = results_file(tmp_path, "task").read_text() + broken + "\n"
    results_file(tmp_path, "task").write_text(text)
    write = partial(cell.write, result={})
    for use in (cell.read, lambda folder: read_results(folder, "task"), write):
        with pytest.raises(ValueError, match=r"task\.jsonl, line 2: no result of a cell"):
            use(tmp_path)
    assert results_file(tmp_path, "task").read_text() == text


def test_lines_are_sorted_and_an_older_result_is_replaced(tmp_path):
    for name, seed, nll in (("b", 0, 1.0), ("a", 10, 2.0), ("a", 2, 3.0), ("b", 0, 4.0)):
        Cell("task", name, seed).write(tmp_path, {"nll": nll})
    lines = map(json.loads, results_file(tmp_path, "task").read_text().splitlines())
    found = [(line["name"], line["seed"], line["nll"]) for line in lines]
    assert found == [("a", 2, 3.0), ("a", 10, 2.0), ("b", 0, 4.0)]


def test_results_are_rounded_and_settings_keep_all_of_theirs(tmp_path):
    cell = Cell("task", "a", 0, {"lr": 0.12345678912})
    cell.write(tmp_path, {"nll": [1.23456789123, 123456789], "all_settings": {"lr": 0.12345678912}})
    result = cell.read(tmp_path)
    assert result["nll"] == [1.23456789, 123456789]
    assert result["settings"] == result["all_settings"] == {"lr": 0.12345678912}


def _write_many(folder, seeds):
    for seed in seeds:
        Cell("task", "a", seed).write(folder, {})


def test_writers_at_once_lose_nothing(tmp_path):
    # A lock of a descriptor each, so that threads stand for processes.
    parts = [range(0, 20), range(20, 40)]
    writers = [threading.Thread(target=_write_many, args=(tmp_path, part)) for part in parts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(read_results(tmp_path, "task")["a"]) == list(range(40))


@pytest.mark.parametrize("name", ["", "A", "a/b", "../a", ".a"])
def test_names_that_are_no_file_names_are_refused(name):
    with pytest.raises(ValueError, match="file names"):
        Cell("task", name, 0)
    with pytest.raises(ValueError, match="file names"):
        Cell(name, "name", 0)
    with pytest.raises(ValueError, match="0 or more"):
        Cell("task", "name", -1)
