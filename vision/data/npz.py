"""Reads image sets out of `.npz` files: arrays of pixels, or packed JPEGs."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images, make_images, number_classes
from vision.data.jpeg import decode_packed

SPLITS = ("train", "test")
PIXELS = ("x_train", "y_train", "x_test", "y_test")
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
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
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
