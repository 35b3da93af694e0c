"""The folder of one training run: its settings, log and models, each file whole or not there.

    run.json          settings, sizes and the data they belong to
    vocabulary.model  the SentencePiece vocabulary
    log.jsonl         one line a validation
    last.keras        model and optimiser at the last validation; its optimiser knows the step
    best.keras        the model with the lowest validation NLL so far
    average.keras     the mean of the last few validations' weights, when training has ended
    recent/           the weights that will be averaged
"""

import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np

from translation.errors import UserError


class RunFolder:
    """Reads and writes a run's files.

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

        Raises:
            UserError: the folder cannot be written, holds something else, or another run.
        """
        try:
            self.recent.mkdir(parents=True, exist_ok=True)
            if (self.path / "run.json").exists():
                self._check_same(settings)
                return
            foreign = [entry.name for entry in self.path.iterdir() if entry != self.recent]
            if foreign:
                raise UserError(
                    f"{self.path}: expected a new folder or an earlier run, got"
                    f" {', '.join(sorted(foreign)[:3])} in it; choose another --out."
                )
            shutil.copyfile(vocabulary, self.vocabulary)
            self._write_text("run.json", json.dumps(settings, indent=2) + "\n")
        except OSError as error:
            raise UserError(
                f"{self.path}: the run's folder cannot be written ({error.strerror}); choose a"
                " place that you may write to with --out."
            ) from None

    def _check_same(self, settings: dict) -> None:
        found = self.settings()
        wanted = json.loads(json.dumps(settings))
        flat = {key: value for part in ("config", "method", "data") for key, value in wanted[part].items()}
        old = {key: value for part in ("config", "method", "data") for key, value in found[part].items()}
        changed = [key for key in flat if old.get(key) != flat[key]]
        if changed:
            raise UserError(
                f"{self.path}: there is a run already, and it differs in {', '.join(changed)}"
                f" ({changed[0]}: {old.get(changed[0])!r} there, {flat[changed[0]]!r} now). Repeat"
                " its own command to resume it, or choose another --out."
            )

    def settings(self) -> dict:
        """Give what `run.json` holds; raises UserError where there is no run."""
        try:
            return json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(
                f"{self.path}: expected the folder of a training run, got one without run.json;"
                " make it with the verb train."
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{self.path}/run.json cannot be read ({error}).") from None

    def log(self, until: int | None = None) -> list[dict]:
        """Give the validations so far, up to a step; what lies beyond is dropped from the file."""
        path = self.path / "log.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").split("\n")
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        if until is not None:
            entries = [entry for entry in entries if entry["step"] <= until]
            self._write_text("log.jsonl", "".join(json.dumps(entry) + "\n" for entry in entries))
        return entries

    def append_log(self, entry: dict) -> None:
        """Add one validation to the log."""
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")

    def save(self, model: keras.Model, path: Path) -> None:
        """Write a model whole, or leave what was there."""
        partial = path.with_name(f"partial-{path.name}")
        model.save(partial)
        os.replace(partial, path)

    def save_recent(self, model: keras.Model, step: int, keep: int) -> None:
        """Keep the weights of this step, and of the last few before it."""
        partial = self.recent / "partial.npz"
        weights = [keras.ops.convert_to_numpy(w) for w in model.weights]
        np.savez(partial, *weights)
        os.replace(partial, self.recent / f"{step:08d}.npz")
        for old in sorted(self.recent.glob("[0-9]*.npz"))[:-keep]:
            old.unlink()

    def recent_mean(self, until: int) -> list[np.ndarray]:
        """Give the mean of the weights kept, up to a step, in the order of `model.weights`."""
        paths = [p for p in sorted(self.recent.glob("[0-9]*.npz")) if int(p.stem) <= until]
        total = None
        for path in paths:
            with np.load(path) as arrays:
                weights = [arrays[name].astype(np.float64) for name in arrays.files]
            total = weights if total is None else [t + w for t, w in zip(total, weights, strict=True)]
        return [(t / len(paths)).astype(np.float32) for t in total]

    def drop_recent_after(self, step: int) -> None:
        """Forget weights beyond a step, left by a run that was stopped before it saved itself."""
        for path in self.recent.glob("[0-9]*.npz"):
            if int(path.stem) > step:
                path.unlink()

    def _write_text(self, name: str, text: str) -> None:
        partial = self.path / f"partial-{name}"
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, self.path / name)


def load_model(path: Path) -> keras.Model:
    """Load a `.keras` model of this track; raises UserError where that fails."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such model; train one with the verb train.")
    try:
        return keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        first = str(error).strip().split("\n")[0]
        raise UserError(f"{path}: this is no model that can be loaded ({first}).") from None


def best_model_path(run: str | Path) -> Path:
    """Give the model of a run that translation should use: the average, or else the best so far.

    Args:
        run: a run's folder, or a `.keras` file, which is given back as it is.
    """
    path = Path(run)
    if path.suffix == ".keras":
        return path
    folder = RunFolder(path)
    folder.settings()
    return folder.average if folder.average.exists() else folder.best
