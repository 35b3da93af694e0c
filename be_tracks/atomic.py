"""Atomic writes: a file or a directory appears whole or not at all.

Takes the path wanted, gives a temporary sibling to fill, and renames it when all went well. What is
written is on the disk before it has its name, always: other files speak of it (a checkpoint's hash,
the record of a chunk that is prepared), and after a power cut they may be there while it is empty.
Each write has a sibling of its own, so that a worker which outlived its parent does no harm.

The disk's refusals are raised as they come, OSError; `be_tracks.errors.refusals_explained` makes
messages of them.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError

PARTIAL = ".partial-"  # in front: what saves models and arrays goes by the end of a name


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Give a path to write to; what lies there at a clean end takes the place of `path`."""
    path = Path(path)
    partial = _sibling(path)
    try:
        yield partial
        _flush(partial)
        os.replace(partial, path)
        _flush(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: str | Path, replace: bool = True) -> Iterator[Path]:
    """Give a new directory to fill, which at a clean end takes the place of `path`.

    On any error or interrupt it is removed, and `path` is what it was before.

    Args:
        path: The directory wanted; missing parents are made.
        replace: Whether a directory there that is not empty is replaced; else it is an OSError.

    Yields:
        The temporary directory, beside `path` and so on the same disk.
    """
    path = Path(path).resolve()
    partial = _sibling(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir()
    try:
        yield partial
        for content in (partial, *partial.rglob("*")):
            _flush(content)
        _put(partial, path, replace)
        _flush(path.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_replaceable(path: str | Path, names: Iterable[str]) -> None:
    """Check that replacing a directory would lose nothing but files of these names.

    Raises:
        UserError: The directory holds anything else, or is none.
    """
    path = Path(path)
    try:
        foreign = {content.name for content in path.iterdir()} - set(names)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(
            f"{path}: expected a folder to write to ({error.strerror}); choose another --out."
        ) from None
    if foreign:
        raise UserError(
            f"{path}: expected a new folder or one that this command made before, got"
            f" {', '.join(sorted(foreign)[:3])} in it; choose another --out."
        )


def cached(path: str | Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Give the array in a file, which is made and written where it is missing.

    Args:
        path: An `.npz` file; its directory is made.
        make: Called without arguments.
    """
    path = Path(path)
    if not path.exists():
        array = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as partial:
            np.savez_compressed(partial, array=array)
    with np.load(path) as file:
        return file["array"]


def _sibling(path: Path) -> Path:
    return path.with_name(f"{PARTIAL}{secrets.token_hex(4)}-{path.name}")


def _put(partial: Path, path: Path, replace: bool) -> None:
    """Rename to `path`; a directory there goes only once the new one stands."""
    try:
        partial.rename(path)  # over nothing, or an empty directory
    except OSError as error:
        if not replace or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        old = path.with_name(f"{partial.name}.old")
        path.rename(old)
        try:
            partial.rename(path)
        except BaseException:
            old.rename(path)
            raise
        shutil.rmtree(old)


def _flush(path: Path) -> None:
    """Put a file's content on the disk, or a directory's names, where the platform knows how to."""
    with suppress(OSError) if path.is_dir() else nullcontext():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
