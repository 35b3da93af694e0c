"""The last few checkpoints of a training run, each whole or not there, and checked by its hash.

    00000250.keras    model and optimiser after step 250
    00000250.sha256   the hash of that file, and the identity of the run; written last: a
                      checkpoint without it does not count
"""

import hashlib
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras

from be_tracks.atomic import atomic_write
from be_tracks.errors import UserError, refusals_explained
from be_tracks.interrupts import held_interrupts

GO_ON = "make room or mend the rights, then repeat the command to go on from the last checkpoint."


class Checkpoints:
    """Writes and finds the checkpoints below a directory.

    Args:
        folder: Where they lie; made when the first is written.
        identity: Whose they are, without blanks: two runs that train otherwise have not the same.
        keep: How many of the last ones are kept, at least 1.
    """

    def __init__(self, folder: str | Path, identity: str = "", keep: int = 2):
        self.folder, self.identity, self.keep = Path(folder), identity, keep

    def save(self, model: keras.Model, step: int) -> None:
        """Write the one after a step, then remove what is older than the last `keep`.

        Raises:
            UserError: The disk refuses; what was there before is kept.
        """
        path = self._path(step)
        with refusals_explained(path, GO_ON):
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as partial:
                model.save(partial)
                digest = _sha256(partial)
            with atomic_write(path.with_suffix(".sha256")) as partial:
                partial.write_text(f"{digest} {self.identity}\n", encoding="ascii")
        for old in self.steps()[: -self.keep]:
            self._remove(old)

    def restore(
        self,
        load: Callable[[Path], keras.Model],
        say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> tuple[keras.Model | None, int]:
        """Give the newest checkpoint that is sound, and its step; None and 0 where there is none.

        A damaged one is left out with a message, removed, and the one before it taken.

        Args:
            load: From a path to a model. What it raises is passed on, and nothing removed: a
                sound file that cannot be loaded here may be loaded elsewhere.
            say: Called with a line for each damaged one.

        Raises:
            UserError: One cannot be read or is another run's, or there were some and none is sound.
        """
        steps = self.steps()
        for step in reversed(steps):
            path = self._path(step)
            try:
                # As bytes: a damaged mark need not be text.
                expected, _, identity = path.with_suffix(".sha256").read_bytes().partition(b" ")
                sound = _sha256(path).encode("ascii") == expected.strip()
            except OSError as error:
                raise UserError(
                    f"{path}: cannot be read ({error.strerror}); mend that and repeat the command."
                ) from None
            if sound and identity.strip() != self.identity.encode("ascii"):
                raise UserError(
                    f"{path}: expected a checkpoint of this run, got one of another (of other"
                    " settings, data or seed); put this run's own back, or train again with"
                    " another --out."
                )
            if sound:
                return load(path), step
            say(f"{path}: left out, its content is not what was written")
            self._remove(step)
        if steps:
            raise UserError(
                f"{self.folder}: no checkpoint of the run is sound; train again with another --out."
            )
        return None, 0

    def steps(self) -> list[int]:
        """Steps of the checkpoints that were written to their end, in order."""
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

    def _remove(self, step):
        # The hash first: it is never without its file.
        self._path(step).with_suffix(".sha256").unlink(missing_ok=True)
        self._path(step).unlink(missing_ok=True)


def load_model(path: Path, kind: type, called: str, remedy: str) -> keras.Model:
    """Load a `.keras` file as it was saved.

    Args:
        path: The file.
        kind: The class that the model must be of.
        called: What it is called in messages, such as "a translator".
        remedy: What to do about a file that holds something else, for messages.

    Raises:
        UserError: There is no such file, or no such model of this version in it.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such model; train one with the subcommand train.")
    try:
        with held_interrupts():
            model = keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        first = str(error).strip().split("\n")[0]
        raise UserError(
            f"{path}: expected a model of this version, got one that cannot be loaded ({first});"
            f" {remedy}."
        ) from None
    if not isinstance(model, kind):
        raise UserError(f"{path}: expected {called}, got a {type(model).__name__}.")
    return model


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
