"""Synthetic images: shapes and textures to tell apart, for demos and tests without a download.

A class is a shape with a texture. Place, size, angle, colour, background and noise are random, and
some images are blends of two classes whose label is drawn by the share of each: no network can
know those, and one that is sure of them is badly calibrated.
"""

import numpy as np

from be_tracks.errors import UserError
from vision.data.images import Images

CHUNK = 100  # images drawn at a time, so that large ones fit into memory
SPLITS = {"train": 0, "test": 1}
OOD = 2  # as a split: draws that are those of neither
BLENDED = 0.2
SHAPES = ("disk", "square", "triangle", "cross", "ring")
OOD_SHAPES = ("star", "crescent", "pair", "bracket", "wave")
TEXTURES = ("plain", "striped", "checked", "dotted")


def synthetic_images(
    count: int,
    classes: int = 10,
    size: int = 16,
    channels: int = 3,
    seed: int = 0,
    split: str = "train",
) -> Images:
    """Draw labelled images. Fewer images are the first of more.

    Args:
        count: N, at least 1.
        classes: C, 2 to 20; five shapes with the first texture, then with the next.
        size: height and width, at least 8.
        channels: 1 or 3.
        seed: 0 or more; another problem instance of the same kind.
        split: "train" or "test", which share no image.

    Raises:
        UserError: an argument is out of range.
    """
    if split not in SPLITS:
        raise UserError(f"expected the split train or test; got {split!r}.")
    if not 2 <= classes <= len(SHAPES) * len(TEXTURES):
        raise UserError(
            f"expected 2 to {len(SHAPES) * len(TEXTURES)} classes of synthetic images; got"
            f" {classes}."
        )
    kinds = [(shape, texture) for texture in TEXTURES for shape in SHAPES][:classes]
    images, labels = _draw(count, kinds, size, channels, (seed, SPLITS[split]), BLENDED)
    return Images(images, labels, tuple(f"{texture} {shape}" for shape, texture in kinds))


def synthetic_ood(count: int, size: int = 16, channels: int = 3, seed: int = 0) -> Images:
    """Draw out-of-distribution images: other shapes, the same backgrounds, textures and noise.

    Args:
        count, size, channels, seed: as for `synthetic_images`.

    Returns:
        Images whose classes are the shapes.

    Raises:
        UserError: an argument is out of range.
    """
    kinds = [(shape, texture) for texture in TEXTURES[:2] for shape in OOD_SHAPES]
    images, labels = _draw(count, kinds, size, channels, (seed, OOD), 0.0)
    return Images(images, labels % len(OOD_SHAPES), OOD_SHAPES)


def _draw(count, kinds, size, channels, seeds, blended):
    if count < 1 or size < 8 or channels not in (1, 3) or seeds[0] < 0:
        raise UserError(
            "expected at least 1 image of at least 8 pixels, 1 or 3 channels and a seed of 0 or "
            f"more; got {count} of {size} pixels, {channels} channels and the seed {seeds[0]}."
        )
    images = np.empty((count, size, size, channels), np.uint8)
    labels = np.empty(count, np.int32)
    for start in range(0, count, CHUNK):
        place = slice(start, min(start + CHUNK, count))
        draw = np.random.default_rng((*seeds, start // CHUNK))
        drawn = _draw_chunk(kinds, size, channels, draw, blended)
        images[place], labels[place] = (part[: len(labels[place])] for part in drawn)
    return images, labels


def _draw_chunk(kinds, size, channels, draw, blended):
    """A chunk of images and labels, whole always, so that fewer images begin like more."""
    first, second = draw.integers(len(kinds), size=(2, CHUNK))
    share = np.where(draw.random(CHUNK) < blended, draw.uniform(0.5, 1.0, CHUNK), 1.0)
    labels = np.where(draw.random(CHUNK) < share, first, second)
    image = _background(size, channels, draw)
    share = share[:, None, None, None]
    image = share * _paint(image, first, kinds, draw) + (1 - share) * _paint(
        image, second, kinds, draw
    )
    noise = draw.uniform(0.0, 0.1, (CHUNK, 1, 1, 1)).astype(np.float32)
    image += noise * draw.standard_normal(image.shape, np.float32)
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8), labels.astype(np.int32)


def _background(size, channels, draw):
    """Slopes from one colour to another, `(CHUNK, size, size, channels)`."""
    down, across = _grid(size)
    angle = draw.uniform(0, 2 * np.pi, (CHUNK, 1, 1)).astype(np.float32)
    slope = (np.cos(angle) * across + np.sin(angle) * down + 1.5)[..., None] / 3
    colours = draw.uniform(0, 0.6, (2, CHUNK, 1, 1, channels)).astype(np.float32)
    return colours[0] + (colours[1] - colours[0]) * slope


def _paint(image, chosen, kinds, draw):
    """Copies with an object of the chosen kind in each, somewhere, in some colour."""
    size, channels = image.shape[1], image.shape[3]
    down, across = _grid(size)
    radius = draw.uniform(0.5, 0.85, (CHUNK, 1, 1)).astype(np.float32)
    middle = draw.uniform(-1, 1, (2, CHUNK, 1, 1)).astype(np.float32) * (0.95 - radius)
    angle = draw.uniform(-0.5, 0.5, (CHUNK, 1, 1)).astype(np.float32)
    x, y = (across - middle[0]) / radius, (down - middle[1]) / radius
    x, y = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    phase = draw.uniform(0, 2 * np.pi, (CHUNK, 1, 1)).astype(np.float32)
    inside, bright = np.empty((2, CHUNK, size, size), np.float32)
    for number, (shape, texture) in enumerate(kinds):
        mine = chosen == number
        inside[mine] = _INSIDE[shape](x[mine], y[mine])
        bright[mine] = _BRIGHT[texture](x[mine], y[mine], phase[mine])
    # An edge is about a pixel wide.
    cover = np.clip(0.5 + inside * radius * size / 2, 0, 1)[..., None]
    mean = image.mean((1, 2), keepdims=True)
    # Brighter than what is behind it, by more or less.
    lift = draw.uniform(0.1, 0.5, (CHUNK, 1, 1, 1)) + draw.uniform(0, 0.4, (CHUNK, 1, 1, channels))
    dim = mean + 0.2 * lift
    return image + cover * (dim + 0.8 * lift * bright[..., None] - image).astype(np.float32)


def _grid(size):
    """Down and across, `(size, 1)` and `(1, size)`, from -1 to 1 at the middles of the pixels."""
    line = ((np.arange(size, dtype=np.float32) + 0.5) / size) * 2 - 1
    return line[:, None], line[None, :]


# How far inside a shape of radius 1 a point lies; below 0 is outside.
_INSIDE = {
    "disk": lambda x, y: 0.95 - np.hypot(x, y),
    "square": lambda x, y: 0.8 - np.maximum(np.abs(x), np.abs(y)),
    "triangle": lambda x, y: np.minimum(0.7 - y, (y + 1.1 - 1.8 * np.abs(x)) / 2.06),
    "cross": lambda x, y: np.maximum(
        np.minimum(0.3 - np.abs(x), 1 - np.abs(y)), np.minimum(0.3 - np.abs(y), 1 - np.abs(x))
    ),
    "ring": lambda x, y: 0.28 - np.abs(np.hypot(x, y) - 0.72),
    "star": lambda x, y: 0.65 + 0.35 * np.cos(5 * np.arctan2(x, -y)) - np.hypot(x, y),
    "crescent": lambda x, y: np.minimum(0.95 - np.hypot(x, y), np.hypot(x - 0.5, y) - 0.7),
    "pair": lambda x, y: 0.42 - np.hypot(np.abs(x) - 0.55, y),
    "bracket": lambda x, y: np.minimum(
        0.8 - np.maximum(np.abs(x), np.abs(y)), np.maximum(-0.2 - x, y - 0.2)
    ),
    "wave": lambda x, y: np.minimum(0.3 - np.abs(y - 0.5 * np.sin(4 * x)), 1 - np.abs(x)),
}
# How bright the object is at a point, 0 to 1, by a phase that is the object's own.
_BRIGHT = {
    "plain": lambda x, y, phase: np.ones_like(x),
    "striped": lambda x, y, phase: 0.5 + 0.5 * np.sin(9 * y + phase),
    "checked": lambda x, y, phase: 0.5 + 0.5 * np.sin(6 * x + phase) * np.sin(6 * y + phase),
    "dotted": lambda x, y, phase: np.clip(np.cos(9 * x + phase) + np.cos(9 * y + phase), 0, 1),
}
