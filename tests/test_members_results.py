"""Every result of the experiments belongs to a row of a table, and was made with its settings."""

from pathlib import Path

from experiments.sweeps import SWEEPS
from experiments.trial import read_results

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "docs" / "results" / "members"


def results():
    """(task, name, seed, result) of every line."""
    for path in sorted(RESULTS.glob("*.jsonl")):
        for name, seeds in read_results(RESULTS, path.stem).items():
            yield from ((path.stem, name, seed, result) for seed, result in seeds.items())


def test_every_result_is_that_of_a_trial():
    trials = {
        (task, trial.name, trial.seed): trial
        for task, sweep in SWEEPS.items()
        for trial in sweep.trials(task, tuple(sweep.ablations), seeds=3)
    }
    found = {(task, name, seed) for task, name, seed, _ in results()}
    assert found
    strangers = sorted(found - set(trials))
    assert not strangers, "no table shows these: delete their lines, or name their row"
    for task, name, seed, result in results():
        settings = trials[task, name, seed].settings
        assert settings.items() <= result["settings"].items()


def test_rows_of_one_width_stand_against_one_curve():
    """Networks trained again by another version of the library are another curve, and another DEE.

    Reference networks are as wide as a row's, but on text, where they have the default width.
    """
    curves = {}
    for task, name, seed, result in results():
        if "reference" in result:
            curve = tuple(round(nll, 5) for nll in result["reference"])
            of_width = curves.setdefault((task, result["settings"]["width"]), {})
            of_width.setdefault(curve, []).append((name, seed))
    assert curves
    mixed = {where: found for where, found in curves.items() if len(found) > 1}
    assert not mixed, "run the trials of all but one of these curves again"
