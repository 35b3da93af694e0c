"""The folder of one training run: its settings, log and models, each file whole or not there.

    run.json          settings, sizes and the data they belong to
    vocabulary.model  the SentencePiece vocabulary
    log.jsonl         one line a validation
    last.keras        model and optimiser at the last validation; its optimiser knows the step
    best.keras        the model with the lowest validation NLL so far
    average.keras     the mean of the last few validations' weights, when training has ended and
                      that mean is no worse than the best
    recent/           the weights that will be averaged
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import keras
import numpy as np

from be_keras.tracks.errors import UserError
from be_keras.tracks.staging import check_replaceable, new_folder

PARTS = ("config", "method", "data")  # of the settings: what makes a run another run

_AGAIN = "train again with another --out."


class RunFolder:
    """Reads and writes a run's files.

    What writes raises UserError where the disk refuses, and leaves the file as it was.

    Args:
        path: the folder; it need not exist yet.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.last = self.path / "last.keras"
        self.best = self.path / "best.keras"
        self.average = self.path / "average.keras"
        self.vocabulary = self.path / "vocabulary.model"
        self.recent = self.path / "recent"

    def start(self, settings: dict, vocabulary: Path) -> None:
        """Make the folder, or check that the run in it has the same settings.

        Args:
            settings: a dictionary of dictionaries, of which `PARTS` are compared.
            vocabulary: the file to copy.

        Raises:
            UserError: the folder cannot be written, holds something else, or another run.
        """
        if (self.path / "run.json").exists():
            self._check_same(settings)
            return
        check_replaceable(self.path, ())
        with new_folder(self.path) as folder:
            (folder / self.recent.name).mkdir()
            shutil.copyfile(vocabulary, folder / self.vocabulary.name)
            text = json.dumps(settings, indent=2) + "\n"
            (folder / "run.json").write_text(text, encoding="utf-8")

    def _check_same(self, settings: dict) -> None:
        found, wanted = _flat(self.settings()), _flat(json.loads(json.dumps(settings)))
        changes = [
            f"{key} ({found.get(key)!r} there, {value!r} now)"
            for key, value in wanted.items()
            if found.get(key) != value
        ]
        if changes:
            raise UserError(
                f"{self.path}: there is a run already, and it differs in {', '.join(changes)}."
                " Repeat its own command to resume it, or choose another --out."
            )

    def settings(self) -> dict:
        """Give what `run.json` holds; raises UserError where there is no run."""
        path = self.path / "run.json"
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(
                f"{self.path}: expected the folder of a training run, got one without run.json;"
                " make it with the verb train."
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be read ({error}); {_AGAIN}") from None
        known = isinstance(settings, dict) and all(
            isinstance(settings.get(part), dict) for part in PARTS
        )
        if not known:
            raise UserError(f"{path}: expected {', '.join(PARTS)} of a run in it; {_AGAIN}")
        return settings

    def log(self) -> list[dict]:
        """Give the entries of the validations so far; raises UserError where they are damaged."""
        path = self.path / "log.jsonl"
        try:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be read ({error}); {_AGAIN}") from None

    def write_log(self, entries: list[dict]) -> None:
        """Write the log, a line for each entry, in place of the one before."""
        with _whole(self.path / "log.jsonl") as partial:
            text = "".join(json.dumps(entry) + "\n" for entry in entries)
            partial.write_text(text, encoding="utf-8")

    def save(self, model: keras.Model, path: Path) -> None:
        """Write a model to one of the paths above."""
        with _whole(path) as partial:
            model.save(partial)

    def save_recent(self, model: keras.Model, step: int, keep: int) -> None:
        """Keep the weights of this step, and of the last few before it."""
        with _whole(self.recent / f"{step:08d}.npz") as partial:
            np.savez(partial, *[keras.ops.convert_to_numpy(weight) for weight in model.weights])
        for old in self._kept()[:-keep]:
            old.unlink()

    def drop_recent_after(self, step: int) -> None:
        """Forget weights beyond a step, left by a run that was stopped before it saved itself."""
        for path in self._kept():
            if int(path.stem) > step:
                path.unlink()

    def recent_mean(self) -> list[np.ndarray]:
        """Give the mean of the weights kept, float32, in the order of `model.weights`.

        Raises:
            UserError: none were kept.
        """
        paths = self._kept()
        if not paths:
            raise UserError(f"{self.recent}: the weights to average are gone; {_AGAIN}")
        with ExitStack() as stack:
            files = [stack.enter_context(np.load(path)) for path in paths]
            return [
                np.mean([file[name] for file in files], axis=0, dtype=np.float64).astype(np.float32)
                for name in files[0].files
            ]

    def _kept(self) -> list[Path]:
        """Give the files of `recent/`, by step."""
        return sorted(self.recent.glob("[0-9]*.npz"))


def _flat(settings: dict) -> dict:
    return {key: value for part in PARTS for key, value in settings[part].items()}


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a path to write to; what lies there at a clean end takes the place of `path`."""
    partial = path.with_name(f"partial-{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); make room or mend the rights,"
            " then repeat the command to go on from the last checkpoint."
        ) from None
    finally:
        partial.unlink(missing_ok=True)
