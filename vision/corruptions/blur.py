"""Blur of the lens, of frosted glass, and of motion along and towards the picture."""

import math

import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter, uniform_filter1d

from vision.corruptions.pixels import interpolation, scale_of

# Lengths in pixels of a 32x32 image.
DEFOCUS = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1))  # radius, softness of its rim
GLASS = ((0.05, 1), (0.25, 1), (0.4, 1), (0.25, 2), (0.4, 2))  # blur before and after, rounds
GLASS_REACH = 1
MOTION = ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5))  # radius, deviation
ZOOM = (7, 12, 16, 21, 26)  # enlargements by 0%, 1%, ..., as many as the paper's program makes


def defocus_blur(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Spread every pixel over a disk with a soft rim, as a lens out of focus does."""
    scale = scale_of(image.shape)
    radius, softness = (length * scale for length in DEFOCUS[severity - 1])
    image = _average_disk(image, radius)
    # The published kernel softens with the nearest neighbours alone, and so do these lengths.
    offsets = np.arange(-round(scale), round(scale) + 1)
    rim = np.exp(-((offsets / softness) ** 2) / 2)
    for axis in (0, 1):
        image = correlate1d(image, rim / rim.sum(), axis, mode="mirror")
    return image


def _average_disk(image, radius):
    """Means over the pixels within a radius: sums of runs, one for each row of the disk."""
    height, width, _ = image.shape
    reach = math.floor(radius)
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    total, area = np.zeros_like(image), 0
    for row in range(-reach, reach + 1):
        run = 2 * math.floor(math.sqrt(radius**2 - row**2)) + 1
        rows = padded[reach + row : reach + row + height]
        total += run * uniform_filter1d(rows, run, axis=1)[:, reach : reach + width]
        area += run
    return total / area


def glass_blur(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Scatter pixels among their neighbours, between two slight blurs: frosted glass.

    The paper's program means to swap neighbours, but copies one over the other, and the published
    sets show copies. So does this: every pixel takes the colour of a near one.
    """
    scale = scale_of(image.shape)
    deviation, rounds = GLASS[severity - 1]
    sigma = (deviation * scale, deviation * scale, 0)
    image = gaussian_filter(image, sigma, mode="nearest")
    for _ in range(rounds):
        image = _scatter(image, round(GLASS_REACH * scale), draw)
    return gaussian_filter(image, sigma, mode="nearest")


def _scatter(image, reach, draw):
    """Read every pixel from `reach` before to `reach` - 1 after itself on both axes.

    Pixels of the rim, from where such places might lie outside, stay.
    """
    height, width, _ = image.shape
    rows = np.arange(reach + 1, height - reach + 1)[:, None]
    columns = np.arange(reach + 1, width - reach + 1)
    down, right = draw.integers(-reach, reach, (2, rows.size, columns.size))
    scattered = image.copy()
    scattered[rows, columns] = image[rows + down, columns + right]
    return scattered


def motion_blur(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Smear the image along a direction within 45 degrees of level."""
    return smear(image, *MOTION[severity - 1], draw.uniform(-45, 45))


def smear(image: np.ndarray, radius: float, deviation: float, angle: float) -> np.ndarray:
    """Average pixels with those that lie ahead of them, with the weights of half a normal curve.

    Args:
        image: floats `(H, W, channels)`.
        radius, deviation: of the curve, in pixels of a 32x32 image.
        angle: where ahead is, in degrees.
    """
    scale = scale_of(image.shape)
    height, width, _ = image.shape
    steps = np.arange(2 * math.ceil(radius * scale) + 1)
    weights = np.exp(-((steps / (deviation * scale)) ** 2) / 2)
    weights /= weights.sum()
    radians = math.radians(angle)
    down = np.rint(steps * math.sin(radians)).astype(int)
    right = np.rint(steps * math.cos(radians)).astype(int)
    margin = len(steps)
    padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    total = np.zeros_like(image)
    for top, left, weight in zip(down + margin, right + margin, weights.tolist(), strict=True):
        total += weight * padded[top : top + height, left : left + width]
    return total


def zoom_blur(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Average the image with enlargements of itself, as when a camera rushes towards it."""
    height, width, channels = image.shape
    factors = 1 + 0.01 * np.arange(ZOOM[severity - 1])  # K
    # A linear interpolation is a matrix on each side: `rows @ image @ columns.T`.
    rows, columns = (_enlargements(side, factors) for side in (height, width))
    stretched = rows @ image.reshape(height, width * channels)
    stretched = stretched.reshape(len(factors), height, width, channels)
    total = np.tensordot(columns, stretched, axes=((0, 2), (0, 2)))  # (W, H, channels)
    return (image + total.swapaxes(0, 1)) / (len(factors) + 1)


def _enlargements(side, factors):
    """Matrices `(K, side, side)` that enlarge a row of pixels about its middle."""
    middle = (side - 1) / 2
    return interpolation(middle + (np.arange(side) - middle) / factors[:, None], side)
