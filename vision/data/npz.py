"""Reads image sets out of `.npz` files: arrays of pixels, or packed JPEGs.

Packed JPEGs lie in pairs of files, one a split: `FOLDER/cifar10_train.npz` and `..._test.npz`.
"""

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images, make_images, number_classes
from vision.data.jpeg import decode_packed

SPLITS = ("train", "test")
PIXELS = ("x_train", "y_train", "x_test", "y_test")
BROKEN = (
    *(OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error, struct.error),
    # An encrypted member or unknown compression; sizes beyond memory; members that are no arrays.
    *(RuntimeError, MemoryError, OverflowError, TypeError, AttributeError, IndexError),
)
PACKED = ("header", "data", "offsets", "labels", "class_names")


def read_npz(path: str | Path, split: str | None = None) -> Images:
    """Read the images of a `.npz` file.

    Such a file holds `x_train`, `y_train`, `x_test`, `y_test` (uint8 `(N, H, W)` or
    `(N, H, W, channels)`; integers) and perhaps `class_names`; or one split as JPEGs that share
    their header: `header`, `data`, `offsets`, `labels`, `class_names` (see `vision.data.jpeg`).

    Args:
        path: the file.
        split: "train" or "test"; None for packed JPEGs, which are one split.

    Raises:
        UserError: the file is missing or damaged, lacks a key or the split, or holds images or
            labels that make no sense.
    """
    try:
        file = np.load(path)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise UserError(f"expected several named arrays in {path}; got one without a name.")
        with file:
            return _read(file, path, split)
    except UserError as error:
        raise UserError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from None
    except BROKEN as error:
        raise UserError(f"expected a readable .npz file; got {path}: {error}.") from None


def _read(file, path, split):
    if "header" in file:
        _check_keys(file, path, PACKED)
        if split is not None:
            raise UserError(
                f"expected no split for {path}, whose packed images are one; got {split!r}. Name "
                "the file of the split you want."
            )
        images = decode_packed(*(file[key] for key in PACKED[:3]), path)
        return make_images(images, file["labels"], file["class_names"])
    _check_keys(file, path, PIXELS)
    if split not in SPLITS:
        raise UserError(f"expected the split train or test of {path}; got {split!r}.")
    names = file["class_names"] if "class_names" in file else None
    if names is None:
        # Of both splits: one of them may lack a class.
        names = number_classes(file["y_train"], file["y_test"])
    return make_images(file[f"x_{split}"], file[f"y_{split}"], names)


def _check_keys(file, path, keys):
    missing = [key for key in keys if key not in file]
    if missing:
        raise UserError(
            f"expected {path} to hold {', '.join(PIXELS)}, or {', '.join(PACKED)}; it lacks "
            f"{', '.join(missing)} and holds {', '.join(file.files)}."
        )


def read_pair(prefix: str | Path, split: str) -> Images:
    """Read one split of a pair.

    Args:
        prefix: what both paths begin with, such as `FOLDER/cifar10`.
        split: "train" or "test".

    Raises:
        UserError: the file is missing or damaged, or the two have other classes.
    """
    path = member_of(prefix, split)
    if not path.is_file():
        raise UserError(f"expected one file {path.name} in {path.parent}; got 0.")
    images = read_npz(path)
    other = member_of(prefix, *(set(SPLITS) - {split}))
    if other.is_file():
        names = _class_names(other)
        if names != images.class_names:
            raise UserError(
                f"expected the same classes in {path} and {other}; got "
                f"{_listed(images.class_names)} and {_listed(names)}."
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
    except BROKEN as error:
        raise UserError(f"expected {path} to hold packed images; got {error}.") from None


def _listed(names):
    return f"{len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
