"""A cell: one setting and one seed of an experiment, and the small JSON file it leaves."""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


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

    def path(self, folder: str | Path) -> Path:
        """Where the result of this cell lies below a folder of results."""
        return Path(folder) / self.task / f"{self.name}.seed{self.seed}.json"

    def read(self, folder: str | Path, all_settings: Mapping | None = None) -> dict | None:
        """The result of this cell, or None where it has not been run.

        Args:
            folder: Of results.
            all_settings: What the cell would be run with now, defaults too. Keys that the result
                has in its own `all_settings` must agree; one that it lacks is newer than it.

        Raises:
            ValueError: The file is of other settings, or no JSON.
        """
        path = self.path(folder)
        if not path.exists():
            return None
        result = _read(path)
        if result.get("settings") != _as_read(self.settings):
            raise ValueError(
                f"{path} holds a run of other settings ({result.get('settings')}) than this "
                f"cell's ({dict(self.settings)}). Delete it to run the cell again, or rename "
                "the cell."
            )
        then, now = result.get("all_settings", {}), _as_read(all_settings or {})
        unlike = [key for key in now if key in then and then[key] != now[key]]
        if unlike:
            changes = ", ".join(f"{key} {then[key]!r} there, {now[key]!r} now" for key in unlike)
            raise ValueError(
                f"{path} holds a run with other defaults than this cell has now: {changes}. Delete "
                "it to run the cell again, or set the defaults back."
            )
        return result

    def write(self, folder: str | Path, result: Mapping) -> None:
        """Write the result, whole or not at all; numbers that are not finite become null."""
        path = self.path(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "task": self.task,
            "name": self.name,
            "seed": self.seed,
            "settings": dict(self.settings),
            **result,
        }
        partial = path.with_name(path.name + ".partial")
        text = json.dumps(_finite(content), indent=1, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")
        os.replace(partial, path)


def read_results(folder: str | Path, task: str) -> dict[str, dict[int, dict]]:
    """All results of a task: `{name: {seed: result}}`, empty if there are none.

    Raises:
        ValueError: A file is no JSON.
    """
    found = {}
    for path in sorted((Path(folder) / task).glob("*.seed*.json")):
        result = _read(path)
        found.setdefault(result["name"], {})[result["seed"]] = result
    return found


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no result of a cell ({error}). Delete it.") from None


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
