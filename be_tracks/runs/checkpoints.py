"""The last few states of a training run, each whole or not there, and checked by its hash.

    00000250.keras    model and optimiser after step 250
    00000250.sha256   the hash of that file; written last: a state without it does not count
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import keras

from be_tracks.errors import UserError
from be_tracks.runs.run_directory import whole_file

CHUNK = 1 << 20


class Checkpoints:
    """Writes and finds the states below a folder.

    Args:
        folder: Where they lie; made when the first is written.
        keep: How many of the last ones are kept, at least 1.
    """

    def __init__(self, folder: str | Path, keep: int = 2):
        self.folder, self.keep = Path(folder), keep

    def save(self, model: keras.Model, step: int) -> None:
        """Write the state after a step, then remove what is older than the last `keep`.

        Raises:
            UserError: The disk refuses; what was there before is kept.
        """
        self._make()
        path = self._path(step)
        with whole_file(path) as partial:
            model.save(partial)
            digest = _sha256(partial)
        with whole_file(path.with_suffix(".sha256")) as partial:
            partial.write_text(digest + "\n", encoding="ascii")
        for old in self.steps()[: -self.keep]:
            self._remove(old)

    def restore(
        self,
        load: Callable[[Path], keras.Model],
        say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> tuple[keras.Model | None, int]:
        """Give the newest state that is sound, and its step; None and 0 where there is none.

        A damaged one is left out with a message, removed, and the one before it taken.

        Args:
            load: From a path to a model. What it raises is passed on, and nothing removed: a
                sound file that cannot be loaded here may be loaded elsewhere.
            say: Called with a line for each damaged state.

        Raises:
            UserError: One cannot be read, or there were some and none is sound.
        """
        steps = self.steps()
        for step in reversed(steps):
            path = self._path(step)
            try:
                # As bytes: a damaged mark need not be text.
                expected = path.with_suffix(".sha256").read_bytes().strip()
                sound = _sha256(path).encode("ascii") == expected
            except OSError as error:
                raise UserError(
                    f"{path}: cannot be read ({error.strerror}); mend that and repeat the command."
                ) from None
            if sound:
                return load(path), step
            say(f"{path}: left out, its content is not what was written")
            self._remove(step)
        if steps:
            raise UserError(
                f"{self.folder}: no state of the run is sound; train again with another --out."
            )
        return None, 0

    def steps(self) -> list[int]:
        """Steps of the states that were written to their end, in order."""
        marked = [path for path in self.folder.glob("[0-9]*.sha256")]
        return sorted(int(path.stem) for path in marked if path.with_suffix(".keras").exists())

    def clear(self) -> None:
        """Remove all of them, and the folder."""
        for path in self.folder.glob("*"):
            path.unlink()
        if self.folder.exists():
            self.folder.rmdir()

    def _path(self, step):
        return self.folder / f"{step:08d}.keras"

    def _make(self):
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{self.folder}: cannot be made ({error.strerror}); choose another --out."
            ) from None

    def _remove(self, step):
        # The mark first: a state is never without its file.
        self._path(step).with_suffix(".sha256").unlink(missing_ok=True)
        self._path(step).unlink(missing_ok=True)


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
