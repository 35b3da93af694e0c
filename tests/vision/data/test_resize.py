"""Images of another set made to fit: known colours, constants, and sizes."""

import numpy as np
import pytest

from be_tracks.errors import UserError
from vision.data.images import make_images
from vision.data.resize import match


def images_of(pixels):
    """One image of the given pixels, nested lists `(H, W, channels)`."""
    return make_images(np.uint8([pixels]), np.array([0]))


@pytest.mark.parametrize(
    ("colour", "grey"),
    [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29), ((9, 9, 9), 9)],
)
def test_colour_becomes_luma(colour, grey):
    assert match(images_of([[colour]]), 1, 1, 1).images.ravel().tolist() == [grey]


def test_grey_becomes_colour_by_repetition():
    matched = match(images_of([[[7], [9]]]), 1, 2, 3).images
    np.testing.assert_array_equal(matched, [[[[7, 7, 7], [9, 9, 9]]]])


def test_pixels_that_fall_together_are_averaged():
    assert match(images_of([[[10], [30]], [[50], [70]]]), 1, 1, 1).images.item() == 40


@pytest.mark.parametrize("size", [(3, 4), (9, 8), (6, 5)])
@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 1), (3, 3)])
def test_constants_stay_constant_in_every_size(size, before, after):
    images = images_of(np.full((6, 5, before), 100).tolist())
    matched = match(images, *size, after)
    assert matched.images.shape == (1, *size, after)
    np.testing.assert_array_equal(matched.images, 100)


def test_labels_stay(made):
    images = made(10)
    matched = match(images, 3, 3, 1)
    np.testing.assert_array_equal(matched.labels, images.labels)
    assert matched.class_names == images.class_names
    np.testing.assert_array_equal(match(images, 6, 5, 3).images, images.images)


def test_mistakes(made):
    with pytest.raises(UserError, match="1 or 3 channels; got 3 to turn into 2"):
        match(made(), 6, 5, 2)
    with pytest.raises(UserError, match="1 or 3 channels; got 4 to turn into 1"):
        match(made(shape=(6, 5, 4)), 6, 5, 1)
    with pytest.raises(UserError, match="at least 1 x 1 pixels; got 0 x 5"):
        match(made(), 0, 5, 1)
