"""Made images, and what compares an ensemble with the network it is made of."""

import numpy as np
import pytest

from vision.data.images import Images


@pytest.fixture(scope="session")
def made():
    """A function: gives random `Images` of 5 classes; all classes occur where count is 5 or more.

    It takes the count, the shape of an image and a seed.
    """

    def make(count=10, shape=(6, 5, 3), seed=0):
        draw = np.random.default_rng(seed)
        images = draw.integers(0, 256, (count, *shape)).astype(np.uint8)
        labels = draw.permutation(np.arange(count) % 5).astype(np.int32)
        return Images(images, labels, ("ant", "bee", "cow", "dog", "eel"))

    return make
