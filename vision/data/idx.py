"""Reads idx files, the format of MNIST and Fashion-MNIST, gzipped or plain.

An idx file is two zero bytes, a byte for the type (8: uint8), a byte for the rank, the dimensions
as big-endian 32-bit integers, and the values.
"""

import gzip
import math
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images, make_images

UNSIGNED_BYTES = 8
GZIP = b"\x1f\x8b"


def read_idx(
    images_path: str | Path, labels_path: str | Path, class_names: Sequence[str] | None = None
) -> Images:
    """Read images `(N, H, W)` and their labels `(N,)`.

    Args:
        images_path, labels_path: the two files of one split.
        class_names: C names; None numbers the classes.

    Raises:
        UserError: a file is missing, damaged, of another type or rank, or the two do not match.
    """
    return make_images(read_array(images_path, 3), read_array(labels_path, 1), class_names)


def read_array(path: str | Path, rank: int) -> np.ndarray:
    """Read one idx file of unsigned bytes; give uint8 of that rank.

    Raises:
        UserError: as `read_idx`.
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
