"""Textures made by formula: clouds for fog, and crystals of ice for frost."""

import math

import numpy as np

from vision.corruptions.pixels import BASE, scale_of

# Of the ice. Lengths are in pixels of a 32x32 image.
CRYSTALS = 9  # on 32x32 pixels
LENGTH = 9.0  # from the middle of a crystal to where it has faded
STEM = 0.8  # half the width of its stem
SPACING = 4.0  # between two branches
ANGLE = math.pi / 3  # between branch and stem, as ice grows
BEND = 5.0  # how far branches wander


def clouds(height: int, width: int, decay: float, draw: np.random.Generator) -> np.ndarray:
    """Give `(height, width)` floats, from 0 to 1 over its tile: a plasma fractal.

    Midpoints of a square tile are displaced at random, at each halving of the distance by
    `decay ** 2` times less (diamond-square; Fournier et al., 1982).
    """
    side = max(BASE, 2 ** math.ceil(math.log2(max(height, width))))
    noise = draw.uniform(-1, 1, (side, side))
    field, amplitude, step = np.zeros((side, side)), 1.0, side
    while step > 1:
        near, half = slice(0, None, step), slice(step // 2, None, step)
        corners = field[near, near]
        across = corners + np.roll(corners, -1, axis=1)
        centres = (across + np.roll(across, -1, axis=0)) / 4 + amplitude * noise[half, half]
        field[half, half] = centres
        around = across + centres + np.roll(centres, 1, axis=0)
        field[near, half] = around / 4 + amplitude * noise[near, half]
        around = corners + np.roll(corners, -1, axis=0) + centres + np.roll(centres, 1, axis=1)
        field[half, near] = around / 4 + amplitude * noise[half, near]
        amplitude, step = amplitude / decay**2, step // 2
    field -= field.min()
    return (field / field.max())[:height, :width]


def ice(height: int, width: int, draw: np.random.Generator) -> np.ndarray:
    """Give `(height, width)` floats from 0 to 1: ferns of frost on a misted window.

    A crystal has a stem in a random direction, branches to both sides of it, and finer ones
    across those. Where crystals overlap, the brighter one is seen. Clouds bend the branches, and
    mist lies between them.
    """
    scale = scale_of((height, width))
    y, x = np.arange(height)[:, None] / scale, np.arange(width) / scale
    count = math.ceil(CRYSTALS * height * width / (scale * BASE) ** 2)
    top, left, turn = draw.random((3, count, 1, 1))
    down, right = y - top * height / scale, x - left * width / scale  # (count, H, W)
    sine, cosine = np.sin(math.pi * turn), np.cos(math.pi * turn)
    bend, mist = clouds(height, width, 1.4, draw), clouds(height, width, 1.5, draw)
    along, aside = cosine * right + sine * down, np.abs(cosine * down - sine * right)
    along += BEND * bend
    branches = _stripes(along * math.sin(ANGLE) - aside * math.cos(ANGLE), SPACING)
    finer = _stripes(along * math.sin(ANGLE) + aside * math.cos(ANGLE), SPACING / 2)
    crystals = np.maximum(np.exp(-((aside / STEM) ** 2)), np.maximum(branches, 0.6 * finer))
    crystals *= np.exp(-(down**2 + right**2) / LENGTH**2)
    return np.clip(0.4 * mist + 0.75 * crystals.max(axis=0), 0, 1)


def _stripes(places, spacing):
    return (0.5 + 0.5 * np.cos(2 * math.pi / spacing * places)) ** 2
