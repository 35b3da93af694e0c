"""What the corruptions share: pixels as floats and back, sizes, luminance, interpolation.

An effect takes one image, float32 `(H, W, channels)` from 0 to 1, its severity and a generator
of random numbers, and gives floats of the same shape. It need not clip them.
"""

import numpy as np

BASE = 32  # pixels, the side for which the constants were published
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue, ITU-R BT.601


def to_unit(image: np.ndarray) -> np.ndarray:
    """Give uint8 pixels as float32 from 0 to 1."""
    return image.astype(np.float32) / np.float32(255)


def to_bytes(image: np.ndarray) -> np.ndarray:
    """Give floats from 0 to 1 as uint8, clipped and rounded; undoes `to_unit` exactly."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def scale_of(shape: tuple[int, ...]) -> float:
    """Give what the published lengths are multiplied by, 1 or more, in images `(H, W, ...)`."""
    return max(1.0, min(shape[:2]) / BASE)


def luminance(image: np.ndarray) -> np.ndarray:
    """Give the brightness `(H, W, 1)` of an image `(H, W, channels)`."""
    return image if image.shape[-1] == 1 else (image @ LUMA)[..., None]


def interpolation(positions: np.ndarray, length: int) -> np.ndarray:
    """Give the matrix `(..., P, length)` that reads a row of pixels at P positions between them.

    Args:
        positions: floats `(..., P)`, in pixels; those outside 0 to `length` - 1 read the border.
        length: pixels in the row.
    """
    inside = np.clip(positions, 0, length - 1)[..., None]
    return np.maximum(0, 1 - np.abs(inside - np.arange(length))).astype(np.float32)
