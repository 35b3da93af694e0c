"""The directory of one training run: settings, log and models, each file whole or not there.

    run.json          settings, sizes and the data they belong to
    vocabulary.model  the SentencePiece vocabulary
    log.jsonl         one line a validation
    checkpoints/      model and optimiser at the last two validations, each with its hash
    best.keras        the model with the lowest validation NLL so far
    average.keras     the mean of the last few validations' weights, when training has ended and
                      that mean is no worse than the best
    recent/           the weights that will be averaged
"""

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import keras
import numpy as np

from be_tracks.errors import UserError
from be_tracks.runs import run_directory
from be_tracks.runs.run_directory import AGAIN


class RunDirectory(run_directory.RunDirectory):
    """Reads and writes a run's files.

    What writes raises UserError where the disk refuses, and leaves the file as it was.

    Args:
        path: the directory; it need not exist yet.
        vocabulary: the file to copy into a new one.
    """

    PARTS = ("config", "method", "data")

    def __init__(self, path: str | Path, vocabulary: str | Path | None = None):
        super().__init__(path)
        self.average = self.path / "average.keras"
        self.vocabulary = self.path / "vocabulary.model"
        self.recent = self.path / "recent"
        self._vocabulary_source = vocabulary

    def fill(self, folder: Path) -> None:
        """Put the vocabulary into a new folder, and an empty `recent/`."""
        (folder / self.recent.name).mkdir()
        shutil.copyfile(self._vocabulary_source, folder / self.vocabulary.name)

    def save_recent(self, model: keras.Model, step: int, keep: int) -> None:
        """Keep the weights of this step, and of the last few before it."""
        with self.writing(self.recent / f"{step:08d}.npz") as partial:
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

        A damaged file is left out with a message on standard error.

        Raises:
            UserError: none were kept, or none is sound.
        """
        paths = [path for path in self._kept() if _is_sound(path)]
        if not paths:
            raise UserError(f"{self.recent}: the weights to average are gone; {AGAIN}")
        with ExitStack() as stack:
            files = [stack.enter_context(np.load(path)) for path in paths]
            return [
                np.mean([file[name] for file in files], axis=0, dtype=np.float64).astype(np.float32)
                for name in files[0].files
            ]

    def _kept(self) -> list[Path]:
        """Give the files of `recent/`, by step."""
        return sorted(self.recent.glob("[0-9]*.npz"))


def _is_sound(path: Path) -> bool:
    """Read a file of weights, whose archive checks its own sums; say so where it is damaged."""
    try:
        with open(path, "rb") as file, np.load(file) as weights:
            for name in weights.files:
                weights[name]
    except Exception as error:  # there is little that a damaged archive does not raise
        print(
            f"{path}: left out of the average, it cannot be read ({error})",
            file=sys.stderr,
            flush=True,
        )
        return False
    return True
