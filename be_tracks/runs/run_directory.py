"""What is in the directory of every training run: settings, log, models; each whole or not there.

    run.json          settings, and the data they belong to
    log.jsonl         one line a checkpoint
    owner.json        the process that trains it, while it does
    best.keras        the model with the lowest validation NLL so far
    checkpoints/      model and optimiser at the last two checkpoints, each with its hash

In a run of several networks `-<i>` follows the names of the last two.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import keras

from be_tracks.atomic import PARTIAL, atomic_directory, atomic_write, check_replaceable
from be_tracks.errors import UserError, refusals_explained
from be_tracks.json_files import read_json
from be_tracks.lock import locked
from be_tracks.runs.checkpoints import GO_ON, Checkpoints

AGAIN = "train again with another --out."


class RunDirectory:
    """Reads and writes a run's files; a track adds its own.

    What writes raises UserError where the disk refuses, and leaves the file as it was.

    Args:
        path: The directory; it need not exist yet.

    Attributes:
        PARTS: Keys of the settings whose values, dictionaries, make a run another run.
        COUNTS: Keys of the log whose values, integers, each entry has.
    """

    PARTS: tuple[str, ...] = ()
    COUNTS: tuple[str, ...] = ("step",)

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def best(self, index: int | None = None) -> Path:
        """Where the best model lies, of a network of several or of the only one."""
        return self.path / ("best.keras" if index is None else f"best-{index}.keras")

    def checkpoints(self, index: int | None = None) -> Checkpoints:
        """The last checkpoints, of a network of several or of the only one, of this run alone."""
        settings = self.settings()
        decisive = json.dumps([[settings[part] for part in self.PARTS], index], sort_keys=True)
        return Checkpoints(
            self.path / ("checkpoints" if index is None else f"checkpoints-{index}"),
            hashlib.sha256(decisive.encode()).hexdigest(),
        )

    def start(self, settings: Mapping[str, Mapping]) -> None:
        """Make the folder, or check that the run in it has the same settings.

        Args:
            settings: A dictionary of dictionaries, of which `PARTS` are compared.

        Raises:
            UserError: The folder cannot be written, holds something else, or another run.
        """
        if (self.path / "run.json").exists():
            self._check_same(settings)
            return
        check_replaceable(self.path, ())
        with refusals_explained(self.path), atomic_directory(self.path, replace=False) as folder:
            self.fill(folder)
            text = json.dumps(settings, indent=2) + "\n"
            (folder / "run.json").write_text(text, encoding="utf-8")

    @contextmanager
    def under_way(self, settings: Mapping[str, Mapping], writes: bool = True) -> Iterator[None]:
        """Start the run or take it up, and keep other processes out until the block ends.

        Args:
            settings: As in `start`.
            writes: Whether this process reads and writes the directory; else nothing is done.

        Raises:
            UserError: As in `start`, or another process works on this run.
        """
        if not writes:
            yield
            return
        self.start(settings)
        with locked(self.path / "owner.json", self.path):
            for left in self.path.rglob(f"{PARTIAL}*"):
                left.unlink()
            yield

    def fill(self, folder: Path) -> None:
        """Put into a new folder what a run begins with; nothing, unless a track says more."""

    def _check_same(self, settings):
        found, wanted = self._flat(self.settings()), self._flat(json.loads(json.dumps(settings)))
        renamed = sorted(key for _, key in found.keys() ^ wanted.keys())
        if renamed:
            raise UserError(
                f"{self.path}: there is a run already, begun by another version of this program"
                f" with other settings than now ({', '.join(renamed)}). It can be used, but not be"
                " resumed; choose another --out."
            )
        changes = [
            f"{key} ({found.get((part, key))!r} there, {value!r} now)"
            for (part, key), value in wanted.items()
            if found.get((part, key)) != value
        ]
        if changes:
            raise UserError(
                f"{self.path}: there is a run already, and it differs in {', '.join(changes)}."
                " Repeat its own command to resume it, or choose another --out."
            )

    def _flat(self, settings):
        # By part too: two of them may use the same key.
        return {(part, key): v for part in self.PARTS for key, v in settings[part].items()}

    def settings(self) -> dict:
        """Give what `run.json` holds; raises UserError where there is no run."""
        path = self.path / "run.json"
        settings = read_json(
            path,
            f"{self.path}: expected the folder of a training run, got one without run.json;"
            " make it with the subcommand train.",
            AGAIN,
        )
        known = all(isinstance(settings.get(part), dict) for part in self.PARTS)
        if not known:
            raise UserError(f"{path}: expected {', '.join(self.PARTS)} of a run in it; {AGAIN}")
        return settings

    def log(self) -> list[dict]:
        """Give the entries of the log that are sound, as `read_log`."""
        return self.read_log()[0]

    def read_log(self) -> tuple[list[dict], bool]:
        """Give the entries of the log so far, and whether all were sound.

        From the first damaged line on they are left out with a message on standard error: the
        models beside them are sound without them.

        Raises:
            UserError: The disk refuses.
        """
        path, entries = self.path / "log.jsonl", []
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            return [], True
        except OSError as error:
            raise UserError(
                f"{path}: cannot be read ({error.strerror}); mend that and repeat the command."
            ) from None
        for number, line in enumerate(lines, 1):
            entry = self._entry(line)
            if entry is None:
                _say(
                    f"{path}: line {number} is damaged, expected a dictionary of finite numbers"
                    f" with {', '.join(self.COUNTS)}; it and what follows it are left out. To keep"
                    " them, put a sound copy of the file there and repeat the command."
                )
                return entries, False
            entries.append(entry)
        return entries, True

    def _entry(self, line):
        """What a line of the log holds, or None where it is damaged."""
        try:
            entry = json.loads(line)
            sound = all(isinstance(value, int) or math.isfinite(value) for value in entry.values())
            counted = all(type(entry[key]) is int for key in self.COUNTS)
            decided = "nll" in entry or not entry.get("best")
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return None
        return entry if sound and counted and decided else None

    def write_log(self, entries: list[dict]) -> None:
        """Write the log, a line for each entry, in place of the one before."""
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        with self.writing(self.path / "log.jsonl") as partial:
            partial.write_text(text, encoding="utf-8")

    def save(self, model: keras.Model, path: Path) -> None:
        """Write a model to a path in the folder."""
        with self.writing(path) as partial:
            model.save(partial)

    @contextmanager
    def writing(self, path: Path) -> Iterator[Path]:
        """Write a file of the run as a whole; raises UserError where the disk refuses."""
        with refusals_explained(path, GO_ON), atomic_write(path) as partial:
            yield partial


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
