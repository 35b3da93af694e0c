"""Pairs of packed `.npz` files, one a split: `FOLDER/cifar10_train.npz` and `..._test.npz`."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images
from vision.data.npz import SPLITS, read_npz


def read_pair(prefix: str | Path, split: str) -> Images:
    """Read one split of a pair.

    Args:
        prefix: what both paths begin with, such as `FOLDER/cifar10`.
        split: "train" or "test".

    Raises:
        UserError: the file is missing or damaged, or the two have other classes.
    """
    wanted = member_of(prefix, split)
    if not wanted.is_file():
        raise UserError(f"expected one file {wanted.name} in {wanted.parent}; got 0.")
    images = read_npz(wanted)
    other = member_of(prefix, *(set(SPLITS) - {split}))
    if other.is_file():
        names = _class_names(other)
        if names != images.class_names:
            raise UserError(
                f"expected the same classes in {wanted} and {other}; got "
                f"{_said(images.class_names)} and {_said(names)}."
            )
    return images


def read_single(path: Path, split: str) -> Images:
    """Read a packed file by itself.

    Its name says the split: `..._train.npz` is training images, any other file is test images.

    Raises:
        UserError: it is damaged, or the other split.
    """
    holds = "train" if path.stem.endswith("_train") else "test"
    if holds != split:
        raise UserError(
            f"expected the split {split} of {path}, which holds packed images of the split {holds} "
            "alone. Put NAME_train.npz and NAME_test.npz into one folder, and give FOLDER/NAME."
        )
    return read_npz(path)


def prefixes_in(folder: Path) -> list[Path]:
    """Give the prefixes of the pairs in a folder, sorted; half a pair counts as one."""
    found = {
        path.with_name(path.name.removesuffix(f"_{split}.npz"))
        for split in SPLITS
        for path in folder.glob(f"*_{split}.npz")
    }
    return sorted(found)


def is_prefix(path: Path) -> bool:
    """Whether a pair, or half of one, begins with this path."""
    return any(member_of(path, split).is_file() for split in SPLITS)


def is_packed(path: Path) -> bool:
    """Whether a `.npz` file holds packed images; no for a file that is none."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return "header.npy" in file.namelist()


def member_of(prefix: str | Path, split: str) -> Path:
    """Give the path of one of a pair."""
    prefix = Path(prefix)
    return prefix.with_name(f"{prefix.name}_{split}.npz")


def _class_names(path):
    """The names of the classes of a packed file; its images stay packed."""
    try:
        with np.load(path) as file:
            return tuple(map(str, file["class_names"]))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"expected {path} to hold packed images; got {error}.") from None


def _said(names):
    return f"{len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
