"""Reads a folder with the four idx files of MNIST, Fashion-MNIST and their kin."""

from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.idx import read_array
from vision.data.images import Images, make_images, number_classes

PARTS = {"train": "train", "test": "t10k"}


def read_mnist(folder: str | Path, split: str) -> Images:
    """Read one split of `train-images*`, `train-labels*`, `t10k-images*` and `t10k-labels*`.

    Args:
        folder: holds the files, gzipped or plain.
        split: "train" or "test".

    Returns:
        Images of one channel; the classes are numbered from 0 to the highest training label.

    Raises:
        UserError: a file is missing, there twice or damaged, the files do not match, or the test
            labels go beyond those of training.
    """
    folder = Path(folder)
    part = PARTS[split]
    images = read_array(_one(folder, f"{part}-images*"), 3)
    labels = {split: read_array(_one(folder, f"{part}-labels*"), 1)}
    (other,) = PARTS.keys() - {split}
    if any(folder.glob(f"{PARTS[other]}-labels*")):
        labels[other] = read_array(_one(folder, f"{PARTS[other]}-labels*"), 1)
    return make_images(images, labels[split], _names(labels, folder))


def is_mnist(folder: Path) -> bool:
    """Whether a folder holds such images."""
    return any(any(folder.glob(f"{part}-images*")) for part in PARTS.values())


def _names(labels: dict[str, np.ndarray], folder: Path) -> tuple[str, ...]:
    names = {split: number_classes(found) for split, found in labels.items()}
    if len(names) == 2 and len(names["test"]) > len(names["train"]):
        raise UserError(
            f"expected the same classes in {folder}/train-labels* and {folder}/t10k-labels*; got "
            f"labels from 0 to {len(names['train']) - 1} and from 0 to {len(names['test']) - 1}."
        )
    return names.get("train", names.get("test"))


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise UserError(f"expected one file {pattern} in {folder}; got {len(found)}.")
    return found[0]
