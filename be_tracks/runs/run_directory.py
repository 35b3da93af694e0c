"""What is in the folder of every training run: settings, log, models; each whole or not there.

    run.json          settings, and the data they belong to
    log.jsonl         one line a checkpoint
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import keras

from be_tracks.atomic import check_replaceable, new_folder
from be_tracks.errors import UserError

AGAIN = "train again with another --out."


class RunFolder:
    """Reads and writes a run's files; a track adds its own.

    What writes raises UserError where the disk refuses, and leaves the file as it was.

    Args:
        path: The folder; it need not exist yet.

    Attributes:
        PARTS: Keys of the settings whose values, dictionaries, make a run another run.
    """

    PARTS: tuple[str, ...] = ()

    def __init__(self, path: str | Path):
        self.path = Path(path)

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
        with new_folder(self.path) as folder:
            self.fill(folder)
            text = json.dumps(settings, indent=2) + "\n"
            (folder / "run.json").write_text(text, encoding="utf-8")

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
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(
                f"{self.path}: expected the folder of a training run, got one without run.json;"
                " make it with the subcommand train."
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be read ({error}); {AGAIN}") from None
        known = isinstance(settings, dict) and all(
            isinstance(settings.get(part), dict) for part in self.PARTS
        )
        if not known:
            raise UserError(f"{path}: expected {', '.join(self.PARTS)} of a run in it; {AGAIN}")
        return settings

    def log(self) -> list[dict]:
        """Give the entries of the log so far.

        From the first damaged line on they are left out with a message on standard error: the
        models beside them are sound without them.

        Raises:
            UserError: The disk refuses.
        """
        path = self.path / "log.jsonl"
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UserError(
                f"{path}: cannot be read ({error.strerror}); mend that and repeat the command."
            ) from None
        entries = []
        for number, line in enumerate(lines, 1):
            entry = _entry(line)
            if entry is None:
                print(
                    f"{path}: line {number} is damaged; it and what follows it are left out",
                    file=sys.stderr,
                    flush=True,
                )
                break
            entries.append(entry)
        return entries

    def write_log(self, entries: list[dict]) -> None:
        """Write the log, a line for each entry, in place of the one before."""
        with whole_file(self.path / "log.jsonl") as partial:
            text = "".join(json.dumps(entry) + "\n" for entry in entries)
            partial.write_text(text, encoding="utf-8")

    def save(self, model: keras.Model, path: Path) -> None:
        """Write a model to a path in the folder."""
        with whole_file(path) as partial:
            model.save(partial)


def _entry(line: bytes) -> dict | None:
    """Give what a line of the log holds, or None where it is damaged."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; what lies there at a clean end takes the place of `path`.

    It is on the disk before it takes that place, so that a power cut leaves the one or the other.

    Raises:
        UserError: The disk refuses.
    """
    partial = path.with_name(f"partial-{path.name}")
    try:
        yield partial
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
        _flush_folder(path.parent)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); make room or mend the rights,"
            " then repeat the command to go on from the last checkpoint."
        ) from None
    finally:
        partial.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Put a folder's names on the disk, where the platform knows how to."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
