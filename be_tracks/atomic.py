"""Atomic writes: a file or a folder appears whole or not at all.

Takes the path wanted, gives a temporary sibling to fill, and renames it when all went well.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError


@contextmanager
def new_folder(out: str | Path) -> Iterator[Path]:
    """Fill a temporary folder that then takes the place of `out`.

    On any error or interrupt the temporary folder is removed and `out` is what it was before. A
    folder already at `out` is replaced; whether it may be is the caller's question.

    Args:
        out: the folder wanted; missing parents are made.

    Yields:
        The temporary folder, beside `out` and so on the same disk.

    Raises:
        UserError: the disk refuses (read-only, full, a file where a folder should be).
    """
    out = Path(out).resolve()
    stage = _sibling(out, "partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
        yield stage
        _put(stage, out)
    except OSError as error:
        raise UserError(
            f"{out}: the folder cannot be written ({error.strerror}); choose a place that you"
            " may write to and that has room with --out."
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_replaceable(out: str | Path, names: Iterable[str]) -> None:
    """Check that replacing a folder would lose nothing but files of these names.

    Raises:
        UserError: the folder holds anything else, or is none.
    """
    out = Path(out)
    try:
        foreign = {path.name for path in out.iterdir()} - set(names)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(
            f"{out}: expected a folder to write to ({error.strerror}); choose another --out."
        ) from None
    if foreign:
        raise UserError(
            f"{out}: expected a new folder or one that this command made before, got"
            f" {', '.join(sorted(foreign)[:3])} in it; choose another --out."
        )


def _put(stage: Path, out: Path) -> None:
    """Rename the stage to `out`; an old `out` goes only once the new one stands."""
    if not out.exists():
        stage.rename(out)
        return
    old = _sibling(out, "old")
    out.rename(old)
    try:
        stage.rename(out)
    except BaseException:
        old.rename(out)
        raise
    shutil.rmtree(old)


def _sibling(out: Path, ending: str) -> Path:
    return out.with_name(f".{out.name}.{os.getpid()}.{ending}")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to; what lies there at a clean end takes the place of `path`.

    Every process has a path of its own, so a worker that outlived its parent does no harm.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def whole_array(path: Path, array: np.ndarray) -> None:
    """Write an array as a whole `.npy` file."""
    with whole(path) as partial, partial.open("wb") as stream:
        np.save(stream, array)
