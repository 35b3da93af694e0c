"""A set of labelled images in memory: what every reader gives and everything else takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from be_tracks.errors import UserError

MOST_CLASSES = 1_000_000  # of labels without names


@dataclass(frozen=True, eq=False)
class Images:
    """N labelled images of one size, N at least 1.

    Attributes:
        images: uint8 `(N, H, W, channels)`.
        labels: int32 `(N,)`, each the place of its class in `class_names`.
        class_names: C names.

    Raises:
        UserError: an array has another shape or type, the counts differ, or a label lies outside
            0 to C - 1; the first such image is named.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]

    def __post_init__(self):
        _check_pixels(self.images)
        check_labels(self.labels, len(self.images), len(self.class_names))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.images.shape[1:]

    def pixels(self, chosen: np.ndarray, draw: np.random.Generator | None = None) -> np.ndarray:
        """Give the images of these numbers, uint8 `(n, H, W, channels)`.

        `draw` changes nothing here: `vision.data.lazy.LazyImages`, which this method is shared
        with, takes random crops of its larger pictures.
        """
        return self.images[chosen]

    def select(self, chosen: np.ndarray) -> "Images":
        """Give `Images` of these numbers `(n,)`, in their order; a number may come twice."""
        return Images(self.images[chosen], self.labels[chosen], self.class_names)

    def take(self, n: int, seed: int) -> "Images":
        """Draw n of the images without repeats, in random order.

        The draws of one seed begin alike: fewer images are the first of more.

        Raises UserError where there are fewer than n images, or n is below 1.
        """
        return self.select(draw_some(len(self), n, seed))


def draw_some(count: int, n: int, seed: int) -> np.ndarray:
    """Draw n of the numbers 0 to `count` - 1 without repeats; UserError where n is impossible."""
    if not 1 <= n <= count:
        raise UserError(f"expected to take 1 to {count} images; got {n}. Ask for fewer.")
    return np.random.default_rng(seed).permutation(count)[:n]


def make_images(
    images: np.ndarray, labels: np.ndarray, class_names: Sequence[str] | None = None
) -> Images:
    """Give `Images` of the arrays as files hold them.

    Args:
        images: uint8 `(N, H, W)`, which is taken as one channel, or `(N, H, W, channels)`.
        labels: integers `(N,)` or `(N, 1)`.
        class_names: C names; None numbers the classes from 0 to the highest label.

    Raises:
        UserError: as `Images`.
    """
    if images.ndim == 3:
        images = images[..., None]
    _check_pixels(images)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if class_names is None:
        class_names = number_classes(labels)
    check_labels(labels, len(images), len(class_names))
    return Images(images, labels.astype(np.int32), tuple(map(str, class_names)))


def number_classes(*labels: np.ndarray) -> tuple[str, ...]:
    """Give the names "0", "1", ... up to the highest of all labels."""
    for array in labels:
        _check_integers(array)
    highest = max((int(array.max()) for array in labels if array.size), default=-1)
    if highest >= MOST_CLASSES:
        raise UserError(
            f"expected labels below {MOST_CLASSES:,}, one for each class; got {highest}. Number the"
            " classes from 0 without gaps, or give class_names."
        )
    return tuple(map(str, range(highest + 1)))


def _check_pixels(images: np.ndarray) -> None:
    if images.ndim != 4 or 0 in images.shape or images.dtype != np.uint8:
        raise UserError(
            "expected images as uint8 (N, H, W, channels), at least one; got"
            f" {images.dtype} {images.shape}."
        )


def _check_integers(labels: np.ndarray) -> None:
    if not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"expected labels as integers (N,); got {labels.dtype} {labels.shape}. Number the"
            " classes from 0 and save the numbers as integers."
        )


def check_labels(labels: np.ndarray, count: int, classes: int) -> None:
    """Raise UserError unless labels are `count` integers from 0 to `classes` - 1."""
    _check_integers(labels)
    if labels.ndim != 1:
        raise UserError(f"expected labels as integers (N,); got {labels.dtype} {labels.shape}.")
    if len(labels) != count:
        raise UserError(
            f"expected one label for each of {count} images; got {len(labels)} labels. Do images "
            "and labels come from the same set?"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise UserError(
            f"expected labels from 0 to {classes - 1} for {classes} classes; got "
            f"{labels[wrong[0]]} for image {wrong[0]}."
        )
