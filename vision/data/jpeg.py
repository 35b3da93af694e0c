"""Decodes JPEGs that were packed into arrays, all of them behind one common header."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from be_tracks.errors import UserError
from vision.data.decode import opened

CHUNK = 256  # images that one thread decodes at a time


def decode_packed(
    header: np.ndarray, data: np.ndarray, offsets: np.ndarray, path: str | Path
) -> np.ndarray:
    """Decode N images of one size; image i is `header + data[offsets[i]:offsets[i + 1]]`.

    Args:
        header: uint8 `(bytes,)`, what all files begin with.
        data: uint8 `(bytes,)`, the rest of every file, back to back.
        offsets: integers `(N + 1,)`, from 0 to the length of `data`.
        path: where they come from, for messages and the progress bar.

    Returns:
        uint8 `(N, H, W)` for grey images, `(N, H, W, 3)` for others.

    Raises:
        UserError: the offsets do not fit the data, there is no image, one cannot be read, or one
            has another size than the first; it is named by its number.
    """
    header, data = header.tobytes(), data.tobytes()
    ends = _check_offsets(offsets, len(data), path)

    def decode(i):
        return _decode(header + data[ends[i] : ends[i + 1]], f"image {i} of {path}")

    first = decode(0)
    images = np.empty((len(ends) - 1, *first.shape), np.uint8)

    def fill(start):
        chunk = range(start, min(start + CHUNK, len(images)))
        for i in chunk:
            image = decode(i)
            if image.shape != first.shape:
                raise UserError(
                    f"image {i} of {path} has shape {image.shape}; expected that of the first, "
                    f"{first.shape}."
                )
            images[i] = image
        return len(chunk)

    bar = tqdm(total=len(images), unit="image", desc=Path(path).name, leave=False)
    with bar, ThreadPoolExecutor() as pool:
        for done in pool.map(fill, range(0, len(images), CHUNK)):
            bar.update(done)
    return images


def _check_offsets(offsets, size, path):
    ends = np.asarray(offsets, np.int64)
    if ends.ndim != 1 or len(ends) < 2 or ends[0] != 0 or ends[-1] != size:
        raise UserError(
            f"expected the offsets of {path} to be two or more, from 0 to its {size} bytes of "
            f"data; got offsets of shape {ends.shape}, {ends.ravel()[:1]} to {ends.ravel()[-1:]}."
        )
    return ends


def _decode(content, name):
    with opened(content, name) as image:
        return np.asarray(image if image.mode == "L" else image.convert("RGB"))
