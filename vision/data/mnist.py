"""Reads a folder with the four idx files of MNIST, Fashion-MNIST and their kin, gzipped or plain.

An idx file is two zero bytes, a byte for the type (8: uint8), a byte for the rank, the dimensions
as big-endian 32-bit integers, and the values.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images, make_images, number_classes

PARTS = {"train": "train", "test": "t10k"}
UNSIGNED_BYTES = 8
GZIP = b"\x1f\x8b"


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


def read_array(path: str | Path, rank: int) -> np.ndarray:
    """Read one idx file of unsigned bytes; give uint8 of that rank.

    Raises:
        UserError: the file is missing, damaged, or of another type or rank.
    """
    content = _content(path)
    start = 4 + 4 * rank
    if content[:4] != bytes((0, 0, UNSIGNED_BYTES, rank)) or len(content) < start:
        raise UserError(
            f"expected {path} to be an idx file of unsigned bytes with {rank} dimensions, which "
            f"begins with the bytes 0 0 8 {rank}; got {' '.join(map(str, content[:4]))}. Are "
            "images and labels swapped?"
        )
    shape = np.frombuffer(content, ">u4", rank, offset=4).tolist()
    if len(content) - start != math.prod(shape):
        raise UserError(
            f"expected {math.prod(shape)} values in {path}, which says it holds {tuple(shape)}; "
            f"got {len(content) - start}. Fetch the file again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path):
    """The bytes of a file, unpacked if they are gzipped."""
    try:
        content = Path(path).read_bytes()
        return gzip.decompress(content) if content[:2] == GZIP else content
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"expected a readable idx file; got {path}: {error}.") from None
