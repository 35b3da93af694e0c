"""Every augmented image is one of the possible crops, and all of them occur."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.data.augmentation import augment


def crops(image, padding, flip):
    """All images that `augment` may make of one, by (top, left, mirrored)."""
    height, width, _ = image.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding, image.shape[2]), image.dtype)
    padded[padding : padding + height, padding : padding + width] = image
    found = {}
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            crop = padded[top : top + height, left : left + width]
            found[top, left, False] = crop
            if flip:
                found[top, left, True] = crop[:, ::-1]
    return found


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 2), st.booleans(), st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_images_are_cropped_out_of_their_padding(padding, flip, height, width, seed):
    images = np.random.default_rng(seed).integers(1, 256, (5, height, width, 2)).astype(np.uint8)
    augmented = augment(images, seed, epoch=1, padding=padding, flip=flip)
    assert augmented.shape == images.shape and augmented.dtype == images.dtype
    for before, after in zip(images, augmented, strict=True):
        assert any(np.array_equal(after, crop) for crop in crops(before, padding, flip).values())


def test_all_places_come_alike():
    image = np.arange(1, 26, dtype=np.uint8).reshape(5, 5, 1)
    augmented = augment(np.repeat(image[None], 3600, axis=0), seed=0, epoch=0, padding=1)
    expected = crops(image, 1, flip=True)
    counts = [sum(np.array_equal(a, crop) for a in augmented) for crop in expected.values()]
    assert sum(counts) == 3600 and len(counts) == 18
    assert np.abs(np.array(counts) - 200).max() < 5 * 200**0.5


def test_the_same_epoch_gives_the_same(made):
    images = made(30).images
    first = augment(images, 1, 2)
    np.testing.assert_array_equal(first, augment(images, 1, 2))
    assert not np.array_equal(first, augment(images, 1, 3))
    assert not np.array_equal(first, augment(images, 2, 2))


def test_the_images_themselves_stay(made):
    images = made(30).images
    before = images.copy()
    augment(images, 0, 0)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(augment(images, 0, 0, padding=0, flip=False), images)


def test_negative_padding_is_refused(made):
    with pytest.raises(ValueError, match="padding=-1"):
        augment(made(2).images, 0, 0, padding=-1)
