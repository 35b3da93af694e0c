"""Random crops and flips: the usual augmentation of small images (He et al., 2016)."""

import numpy as np


def augment(
    images: np.ndarray, seed: int, epoch: int, padding: int = 4, flip: bool = True
) -> np.ndarray:
    """Shift every image by up to `padding` pixels and mirror every second one.

    An image is padded with zeros on all sides and cropped to its size at a random place, then
    mirrored left to right with probability one half. The same seed and epoch give the same.

    Args:
        images: `(N, H, W, channels)`.
        seed, epoch: integers, 0 or more; draw the crops.
        padding: pixels, 0 or more.
        flip: whether to mirror.

    Returns:
        A copy, of the same shape and dtype.

    Raises:
        ValueError: negative padding.
    """
    if padding < 0:
        raise ValueError(f"`padding` must be 0 or more. Received: padding={padding}")
    count, height, width, _ = images.shape
    draw = np.random.default_rng((seed, epoch))
    top, left = draw.integers(0, 2 * padding + 1, size=(2, count, 1))
    rows = top + np.arange(height)  # (N, H)
    columns = left + np.arange(width)  # (N, W)
    if flip:
        mirrored = draw.random((count, 1)) < 0.5
        columns = np.where(mirrored, columns[:, ::-1], columns)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
