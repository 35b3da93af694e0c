"""A cell: one setting and one seed of an experiment, and the line of JSON that it leaves.

    <task>.jsonl   one line a cell, in the order of names and seeds
"""

import fcntl
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from be_tracks.atomic import atomic_write

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
DIGITS = 9  # significant ones of results: with 6 some numbers of tables round otherwise


@dataclass(frozen=True)
class Cell:
    """One experiment of a grid.

    Attributes:
        task: What is learned by what, such as "fashion-mlp"; a folder of results.
        name: Name of the settings, the same for all seeds.
        seed: Draws weights, order and all else that is random.
        settings: What `train` reads; JSON values.

    Raises:
        ValueError: A name is no lower-case file name, or the seed is negative.
    """

    task: str
    name: str
    seed: int
    settings: Mapping = field(default_factory=dict)

    def __post_init__(self):
        for name in (self.task, self.name):
            if not NAME.fullmatch(name):
                raise ValueError(
                    "Names of tasks and cells are lower-case file names of letters, digits, "
                    f"'.', '_' and '-'. Received: {name!r}"
                )
        if self.seed < 0:
            raise ValueError(f"A seed is 0 or more. Received: {self.seed}")

    def read(self, folder: str | Path, all_settings: Mapping | None = None) -> dict | None:
        """The result of this cell, or None where it has not been run.

        Args:
            folder: Of results.
            all_settings: What the cell would be run with now, defaults too. Keys that the result
                has in its own `all_settings` must agree; one that it lacks is newer than it.

        Raises:
            ValueError: The file is of other settings, or no JSON.
        """
        result = read_results(folder, self.task).get(self.name, {}).get(self.seed)
        if result is None:
            return None
        path = f"{results_file(folder, self.task)}, {self.name} seed {self.seed}"
        if result.get("settings") != _as_read(self.settings):
            raise ValueError(
                f"{path} is a run of other settings ({result.get('settings')}) than this "
                f"cell's ({dict(self.settings)}). Delete its line to run the cell again, or rename "
                "the cell."
            )
        then, now = result.get("all_settings", {}), _as_read(all_settings or {})
        unlike = [key for key in now if key in then and then[key] != now[key]]
        if unlike:
            changes = ", ".join(f"{key} {then[key]!r} there, {now[key]!r} now" for key in unlike)
            raise ValueError(
                f"{path} is a run with other defaults than this cell has now: {changes}. Delete "
                "its line to run the cell again, or set the defaults back."
            )
        return result

    def write(self, folder: str | Path, result: Mapping) -> None:
        """Add the result to its task's file, whole or not at all, in the place of an older one.

        Several processes may do so at once. Numbers that are not finite become null.
        """
        content = {
            "task": self.task,
            "name": self.name,
            "seed": self.seed,
            "settings": dict(self.settings),
            **_rounded(result),
        }
        path = results_file(folder, self.task)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.parent):
            found = read_results(folder, self.task)
            found.setdefault(self.name, {})[self.seed] = _finite(content)
            lines = [
                json.dumps(found[name][seed], allow_nan=False)
                for name in sorted(found)
                for seed in sorted(found[name])
            ]
            with atomic_write(path) as partial:
                partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


def results_file(folder: str | Path, task: str) -> Path:
    """Where the results of a task lie below a folder of results."""
    return Path(folder) / f"{task}.jsonl"


def read_results(folder: str | Path, task: str) -> dict[str, dict[int, dict]]:
    """All results of a task: `{name: {seed: result}}`, empty if there are none.

    Raises:
        ValueError: A line is no JSON, or no result; it is named.
    """
    path, found = results_file(folder, task), {}
    if not path.exists():
        return found
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            result = json.loads(line)
            found.setdefault(result["name"], {})[result["seed"]] = result
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}, line {number}: no result of a cell ({error}). Delete the line."
            ) from None
    return found


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold other processes back that write below a folder, until the block ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _rounded(value):
    """A result with `DIGITS` digits, but for the settings in it, which must stay as they are."""
    if isinstance(value, Mapping):
        return {k: v if k == "all_settings" else _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _as_read(settings):
    """The settings as they come back from a file."""
    return json.loads(json.dumps(_finite(settings)))


def _finite(value):
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
