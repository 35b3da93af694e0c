"""A trial: one setting and one seed of an experiment, and the line of JSON that it leaves.

<task>.jsonl   one line a trial, in the order of names and seeds
"""

import fcntl
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from be_tracks.atomic import atomic_write

DIGITS = 9  # significant ones of results: with 6 some numbers of tables round otherwise


@dataclass(frozen=True)
class Trial:
    """One experiment of a sweep.

    Attributes:
        task: What is learned by what, such as "fashion-mlp"; a file of results.
        name: Name of the settings, the same for all seeds.
        seed: Draws weights, order and all else that is random.
        settings: What differs from the task's defaults; JSON values.
    """

    task: str
    name: str
    seed: int
    settings: Mapping = field(default_factory=dict)

    def read(self, folder: str | Path, settings: Mapping | None = None) -> dict | None:
        """The result of this trial, or None where it has not been run.

        Args:
            folder: Of results.
            settings: All that the trial would be run with now, or None for its own settings alone.
                Keys that the result has too must agree; one that it lacks is newer than it.

        Raises:
            ValueError: The result is of other settings, or a line of the file is no JSON.
        """
        result = read_results(folder, self.task).get(self.name, {}).get(self.seed)
        if result is None:
            return None
        then, now = result["settings"], _plain(settings or self.settings)
        unlike = [key for key in now if then.get(key, now[key]) != now[key]]
        if unlike:
            changes = ", ".join(f"{key} {then[key]!r} there, {now[key]!r} now" for key in unlike)
            raise ValueError(
                f"{results_file(folder, self.task)}, {self.name} seed {self.seed} is a run of "
                f"other settings: {changes}. Delete its line to run the trial again, rename the "
                "trial, or set the settings back."
            )
        return result

    def write(self, folder: str | Path, settings: Mapping, result: Mapping) -> None:
        """Add the result to its task's file, whole or not at all, in the place of an older one.

        Several processes may do so at once. Numbers that are not finite become null.
        """
        line = {"name": self.name, "seed": self.seed, "settings": settings, **result}
        path = results_file(folder, self.task)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.parent):
            results = read_results(folder, self.task)
            results.setdefault(self.name, {})[self.seed] = _plain(line)
            lines = [
                json.dumps(results[name][seed], allow_nan=False) + "\n"
                for name in sorted(results)
                for seed in sorted(results[name])
            ]
            with atomic_write(path) as partial:
                partial.write_text("".join(lines), encoding="utf-8")


def results_file(folder: str | Path, task: str) -> Path:
    """Where the results of a task lie below a folder of results."""
    return Path(folder) / f"{task}.jsonl"


def read_results(folder: str | Path, task: str) -> dict[str, dict[int, dict]]:
    """All results of a task: `{name: {seed: result}}`, empty if there are none.

    Raises:
        ValueError: A line is no JSON, or no result; it is named.
    """
    path, results = results_file(folder, task), {}
    if not path.exists():
        return results
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            result = json.loads(line)
            results.setdefault(result["name"], {})[result["seed"]] = result
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}, line {number}: no result of a trial ({error}). Delete the line."
            ) from None
    return results


def keep(result: Mapping, keys: Iterable[str]) -> dict:
    """What a nested result holds at some keys, joined by dots; those that it lacks are left out."""
    kept = {}
    for key in keys:
        value, target, (*path, last) = result, kept, key.split(".")
        for part in path:
            value = value.get(part, {})
        if last in value:
            for part in path:
                target = target.setdefault(part, {})
            target[last] = value[last]
    return kept


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold other processes back that write below a folder, until the block ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _plain(value):
    """A value as a file holds it: floats of `DIGITS` digits, None where one is not finite."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
