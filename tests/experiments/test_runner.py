"""The runner: each trial once, seeded, resumed after an interruption."""

import numpy as np
import pytest

from experiments.runner import run_trials
from experiments.trial import Trial

TRIALS = [Trial("task", name, seed, {"x": 1}) for name in ("a", "b") for seed in (0, 1)]


def draw(trial):
    return {"scores": {"drawn": float(np.random.random()), "more": 1}, "steps": 5}


def settings_of(trial):
    return {"batch": 128, **trial.settings}


def run(trials, folder, train=draw, settings_of=settings_of, log=lambda line: None):
    return run_trials(trials, folder, train, settings_of, ["scores.drawn"], log)


def test_each_trial_runs_once_on_its_seed(tmp_path):
    lines = []
    assert run(TRIALS, tmp_path, log=lines.append) == TRIALS
    results = [trial.read(tmp_path) for trial in TRIALS]
    drawn = [result["scores"]["drawn"] for result in results]
    assert drawn[:2] == drawn[2:] and drawn[0] != drawn[1]
    for result in results:
        assert result.keys() == {"name", "seed", "settings", "scores", "cpu_seconds"}
        assert result["settings"] == {"batch": 128, "x": 1}
        assert result["scores"].keys() == {"drawn"}
    assert lines[0] == "4 trials, 0 of them done already"
    assert lines[-1].startswith("4/4 task b seed 1: ")

    def refuse(trial):
        raise AssertionError(trial)

    assert run(TRIALS, tmp_path, refuse, log=lines.append) == []
    assert lines[-1] == "4 trials, 4 of them done already"


def test_an_interrupted_sweep_goes_on(tmp_path):
    def stop_at_b(trial):
        if trial.name == "b":
            raise KeyboardInterrupt
        return draw(trial)

    with pytest.raises(KeyboardInterrupt):
        run(TRIALS, tmp_path, stop_at_b)
    assert run(TRIALS, tmp_path) == TRIALS[2:]


def test_results_of_other_defaults_are_refused_before_any_trial_runs(tmp_path):
    def smaller(trial):
        return {"batch": 64, **trial.settings}

    run(TRIALS[1:], tmp_path)
    with pytest.raises(ValueError, match=r"task\.jsonl, a seed 1 .* batch 128 there, 64 now"):
        run(TRIALS, tmp_path, settings_of=smaller)
    assert TRIALS[0].read(tmp_path) is None
    # A trial that sets the batch itself heeds no default.
    own = Trial("task", "own", 0, {"batch": 32})
    run([own], tmp_path)
    assert run([own], tmp_path, settings_of=smaller) == []
