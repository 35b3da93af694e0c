"""Runs the trials that have not been run, one after another, each leaving its line."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import keras

from experiments.trial import Trial, keep

# Of a result beside what tables show: what guides quote, and what tests read.
ALWAYS = (
    *("scores.low", "scores.high", "out_of_distribution.ood_tin40.mutual_information.auroc"),
    *("parameters", "diverged", "reference", "cpu_seconds"),
)


def run_trials(
    trials: Sequence[Trial],
    folder: str | Path,
    train: Callable[[Trial], Mapping],
    settings_of: Callable[[Trial], Mapping],
    keys: Iterable[str],
    log: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> list[Trial]:
    """Run every trial whose result is missing; the same call again goes on where it was stopped.

    Args:
        trials: Of different names or seeds, in the order to run them.
        folder: Where results lie, `<task>.jsonl`.
        train: From a trial to its result, a nested dict of JSON values. The random state of Python,
            NumPy and the backend is set to the trial's seed before.
        settings_of: From a trial to all that it is run with; results of other settings are refused.
        keys: What is kept of a result, as `experiments.table.Column` names it.
        log: Called with a line of progress now and then.

    Returns:
        The trials that were run.

    Raises:
        ValueError: A result is of other settings.
    """
    missing = [trial for trial in trials if trial.read(folder, settings_of(trial)) is None]
    log(f"{len(trials)} trials, {len(trials) - len(missing)} of them done already")
    started, keys = time.monotonic(), (*keys, *ALWAYS)
    for done, trial in enumerate(missing, 1):
        keras.utils.set_random_seed(trial.seed)
        cpu_seconds = time.process_time()
        result = dict(train(trial))
        result["cpu_seconds"] = round(time.process_time() - cpu_seconds, 1)
        trial.write(folder, settings_of(trial), keep(result, keys))
        left = (time.monotonic() - started) / done * (len(missing) - done)
        log(
            f"{done}/{len(missing)} {trial.task} {trial.name} seed {trial.seed}: "
            f"{result['cpu_seconds']:.0f} CPU seconds, about {left / 60:.0f} min left"
        )
    return missing
