"""Trials: names, files, and what is said of files that do not fit."""

import json
import threading
from functools import partial

import pytest

from experiments.trial import Trial, keep, read_results, results_file


def test_a_result_is_read_back_with_its_settings(tmp_path):
    trial = Trial("fashion-mlp", "signs", 2, {"lr": 0.1})
    assert trial.read(tmp_path) is None
    settings = {"lr": 0.1, "where": ("all", 1), "batch": 64}
    trial.write(tmp_path, settings, {"scores": {"nll": 0.5, "dee": float("nan")}, "steps": 3})
    result = trial.read(tmp_path)
    assert result["scores"] == {"nll": 0.5, "dee": None}
    assert (result["name"], result["seed"], result["steps"]) == ("signs", 2, 3)
    assert result["settings"] == {"lr": 0.1, "where": ["all", 1], "batch": 64}
    assert read_results(tmp_path, "fashion-mlp") == {"signs": {2: result}}
    assert read_results(tmp_path, "other") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["fashion-mlp.jsonl"]


def test_a_result_of_other_settings_is_refused_and_kept(tmp_path):
    trial = Trial("task", "name", 0, {"lr": 0.1})
    then = {"lr": 0.1, "batch": 128, "shares": (0.5, 1), "decay": float("inf")}
    trial.write(tmp_path, then, {})
    assert trial.read(tmp_path, then) == trial.read(tmp_path)
    # A setting that one of them lacks did not exist yet, or does so no more.
    assert trial.read(tmp_path, {"lr": 0.1, "batch": 128, "flip": True})
    message = (
        r"task\.jsonl, name seed 0 .*: batch 128 there, 64 now, "
        r"shares \[0\.5, 1\] there, \[1\] now\. Delete its line .*, or set the settings back"
    )
    with pytest.raises(ValueError, match=message):
        trial.read(tmp_path, {**then, "batch": 64, "shares": (1,)})
    with pytest.raises(ValueError, match=r"lr 0\.1 there, 0\.2 now"):
        Trial("task", "name", 0, {"lr": 0.2}).read(tmp_path)
    assert trial.read(tmp_path)["settings"]["batch"] == 128


def test_what_is_kept_of_a_result():
    result = {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "f": None}
    assert keep(result, ["a.c.d", "f", "g", "a.x.y", "a.c.e"]) == {
        "a": {"c": {"d": 2, "e": 3}},
        "f": None,
    }


@pytest.mark.parametrize("broken", ["{", "[]", "3", '{"name": "a"}', ""])
def test_a_broken_line_is_named_and_nothing_is_lost(tmp_path, broken):
    trial = Trial("task", "name", 0)
    trial.write(tmp_path, {}, {})
    text = results_file(tmp_path, "task").read_text() + broken + "\n"
    results_file(tmp_path, "task").write_text(text)
    write = partial(trial.write, settings={}, result={})
    for use in (trial.read, lambda folder: read_results(folder, "task"), write):
        with pytest.raises(ValueError, match=r"task\.jsonl, line 2: no result of a trial"):
            use(tmp_path)
    assert results_file(tmp_path, "task").read_text() == text


def test_lines_are_sorted_and_an_older_result_is_replaced(tmp_path):
    for name, seed, nll in (("b", 0, 1.0), ("a", 10, 2.0), ("a", 2, 3.0), ("b", 0, 4.0)):
        Trial("task", name, seed).write(tmp_path, {}, {"nll": nll})
    lines = map(json.loads, results_file(tmp_path, "task").read_text().splitlines())
    found = [(line["name"], line["seed"], line["nll"]) for line in lines]
    assert found == [("a", 2, 3.0), ("a", 10, 2.0), ("b", 0, 4.0)]


def test_results_are_rounded(tmp_path):
    trial = Trial("task", "a", 0)
    trial.write(tmp_path, {}, {"nll": [1.23456789123, 123456789]})
    assert trial.read(tmp_path)["nll"] == [1.23456789, 123456789]


def _write_many(folder, seeds):
    for seed in seeds:
        Trial("task", "a", seed).write(folder, {}, {})


def test_writers_at_once_lose_nothing(tmp_path):
    # A lock of a descriptor each, so that threads stand for processes.
    parts = [range(0, 20), range(20, 40)]
    writers = [threading.Thread(target=_write_many, args=(tmp_path, part)) for part in parts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(read_results(tmp_path, "task")["a"]) == list(range(40))
