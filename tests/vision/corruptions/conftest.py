"""Made pictures with what natural ones have: slow gradients, round things, fine dark edges."""

import numpy as np
import pytest


def paint(side, turn):
    """One picture, uint8 `(side, side, 3)`; `turn` chooses where things lie."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    picture = np.stack([0.3 + 0.5 * x, 0.25 + 0.5 * y, 0.75 - 0.5 * x * y], axis=-1)
    picture = np.roll(picture, turn, axis=-1)
    for middle, radius, colour in [(0.38, 0.22, (0.9, 0.3, 0.15)), (0.7, 0.17, (0.1, 0.2, 0.5))]:
        across = middle if turn % 2 else 1 - middle
        picture[(y - middle) ** 2 + (x - across) ** 2 < radius**2] = colour
    letters = (y > 0.8) & (y < 0.93) & ((x * 16).astype(int) * (3 + turn) % 5 < 2)
    picture[letters] = 0.04
    return np.rint(picture * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def pictures():
    """A function: gives four pictures of a side, uint8 `(4, side, side, 3)`."""

    def make(side=32):
        return np.stack([paint(side, turn) for turn in range(4)])

    return make
