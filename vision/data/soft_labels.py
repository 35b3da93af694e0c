"""Reads what people said of test images: how often each class, or with what probability."""

import zipfile
from pathlib import Path

import numpy as np

from be_tracks.errors import UserError

ENOUGH = 20  # images by which an order is told


def read_soft_labels(path: str | Path, images: int, classes: int) -> np.ndarray:
    """Read human labels such as those of CIFAR-10H (Peterson et al., ICCV 2019).

    Args:
        path: `.npy`, `.npz` with one array, or `.csv` with perhaps a line of names above; counts
            or probabilities, a row for each image and a column for each class, in their order.
        images: N.
        classes: C.

    Returns:
        float64 `(N, C)` of rows that sum to 1.

    Raises:
        UserError: the file cannot be read, has another shape, or a row that is no distribution;
            the first such image is named.
    """
    path = Path(path)
    try:
        found = _read(path)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"expected soft labels as a readable .npy, .npz or .csv file; got {path}: {error}."
        ) from None
    if found.shape != (images, classes) or not np.issubdtype(found.dtype, np.number):
        raise UserError(
            f"expected soft labels of {images} images and {classes} classes in {path}; got "
            f"{found.dtype} {found.shape}. Do they belong to this test set?"
        )
    if np.issubdtype(found.dtype, np.complexfloating):
        raise UserError(f"expected real numbers in {path}; got {found.dtype}.")
    found = found.astype(np.float64)
    total = found.sum(axis=1)
    wrong = ~np.all(np.isfinite(found) & (found >= 0), axis=1) | ~(total > 0)
    if wrong.any():
        image = int(np.argmax(wrong))
        raise UserError(
            f"expected counts or probabilities of 0 or more, not all 0, in {path}; got "
            f"{found[image].tolist()} for image {image}."
        )
    return found / total[:, None]


def check_order(soft: np.ndarray, labels: np.ndarray, path: str | Path) -> None:
    """Raise UserError where soft labels look to be of other images than the labels.

    They do where the class that people chose most is the label of fewer images than half-way
    between chance, 1/C, and all. Fewer than 20 images are not judged.

    Args:
        soft: `(N, C)`, of `read_soft_labels`.
        labels: integers `(N,)` of the test set.
        path: what the message calls the soft labels.
    """
    needed = (1 + 1 / soft.shape[1]) / 2
    share = np.mean(np.argmax(soft, axis=1) == labels)
    if len(labels) >= ENOUGH and share < needed:
        raise UserError(
            f"expected soft labels whose most chosen class is the label of at least {needed:.1%} "
            f"of the test images; in {path} it is that of {share:.1%}. They look to be of another "
            "set, or of these images in another order: give those of this test set, in its order."
        )


def _read(path):
    if path.suffix == ".csv":
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        rows = lines[_is_header(lines) :]
        if not rows:
            raise ValueError("it has no rows")
        return np.loadtxt(rows, delimiter=",", ndmin=2)
    found = np.load(path)
    if not isinstance(found, np.lib.npyio.NpzFile):
        return found
    with found:
        if len(found.files) != 1:
            raise UserError(
                f"expected one array in {path}; got {len(found.files)}: {', '.join(found.files)}."
            )
        return found[found.files[0]]


def _is_header(lines):
    """Whether the first of the lines holds something other than numbers."""
    try:
        [float(word) for word in ",".join(lines[:1]).split(",")]
    except ValueError:
        return True
    return False
