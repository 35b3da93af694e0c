"""Fingerprints tell sets of images apart."""

import numpy as np

from vision.data.fingerprint import fingerprint, sample
from vision.data.images import Images


def test_any_change_shows(made):
    images = made(10)
    seen = {fingerprint(images), fingerprint(made(10, seed=1)), fingerprint(made(9))}
    pixels, labels = images.images.copy(), images.labels.copy()
    pixels[-1, 0, 0, 0] ^= 1
    seen.add(fingerprint(Images(pixels, images.labels, images.class_names)))
    labels[3] = (labels[3] + 1) % 5
    seen.add(fingerprint(Images(images.images, labels, images.class_names)))
    assert len(seen) == 5
    assert fingerprint(images) == fingerprint(made(10))


def test_all_images_in_memory_are_looked_at(made):
    np.testing.assert_array_equal(sample(made(10)), made(10).images)
