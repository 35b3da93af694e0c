"""Labelled images: draws that keep pairs together, and arrays that make no sense."""

import numpy as np
import pytest

from be_tracks.errors import UserError
from vision.data.images import Images, make_images


def test_draws_keep_images_with_their_labels(made):
    images = made(50)
    drawn = images.take(20, seed=3)
    places = [
        next(i for i in range(50) if np.array_equal(images.images[i], image))
        for image in drawn.images
    ]
    assert len(set(places)) == 20
    np.testing.assert_array_equal(drawn.labels, images.labels[places])
    assert drawn.class_names == images.class_names


def test_draws_are_nested_and_follow_the_seed(made):
    images = made(50)
    np.testing.assert_array_equal(images.take(9, 1).images, images.take(30, 1).images[:9])
    assert not np.array_equal(images.take(30, 1).labels, images.take(30, 2).labels)
    assert sorted(images.take(50, 1).labels) == sorted(images.labels)


def test_pixels_and_selections(made):
    images = made(10)
    chosen = np.array([7, 2, 7])
    assert images.shape == (6, 5, 3)
    for draw in (None, np.random.default_rng(0)):
        np.testing.assert_array_equal(images.pixels(chosen, draw), images.images[chosen])
    part = images.select(chosen)
    np.testing.assert_array_equal(part.images, images.images[chosen])
    np.testing.assert_array_equal(part.labels, images.labels[chosen])
    assert part.class_names == images.class_names


@pytest.mark.parametrize("n", [0, 11])
def test_draws_of_impossible_sizes(made, n):
    with pytest.raises(UserError, match=f"take 1 to 10 images; got {n}"):
        made(10).take(n, seed=0)


def test_arrays_as_files_hold_them():
    images = make_images(np.zeros((3, 4, 5), np.uint8), np.array([[2], [0], [1]], np.uint8))
    assert images.images.shape == (3, 4, 5, 1) and len(images) == 3
    assert images.labels.dtype == np.int32 and images.labels.tolist() == [2, 0, 1]
    assert images.class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 4, 4, 3)), [0, 1], "uint8 .*; got float64 \\(2, 4, 4, 3\\)"),
        (np.zeros((2, 16), np.uint8), [0, 1], "got uint8 \\(2, 16\\)"),
        (np.zeros((0, 4, 4), np.uint8), np.zeros(0, int), "at least one; got uint8 \\(0, 4, 4, 1"),
        (np.zeros((2, 4, 4), np.uint8), [0, 1, 0], "each of 2 images; got 3 labels"),
        (np.zeros((2, 4, 4), np.uint8), [[0, 1], [1, 0]], "integers .*; got int64 \\(2, 2\\)"),
        (np.zeros((2, 4, 4), np.uint8), [0.0, 1.0], "integers \\(N,\\); got float64"),
        (np.zeros((2, 4, 4), np.uint8), [1, 2], "0 to 1 for 2 classes; got 2 for image 1"),
        (np.zeros((2, 4, 4), np.uint8), [-1, 1], "0 to 1 for 2 classes; got -1 for image 0"),
    ],
)
def test_mistakes(images, labels, message):
    with pytest.raises(UserError, match=message):
        make_images(images, np.asarray(labels), ("a", "b"))


def test_images_are_checked_wherever_they_are_made():
    with pytest.raises(UserError, match="0 to 0 for 1 classes; got 1 for image 1"):
        Images(np.zeros((2, 1, 1, 1), np.uint8), np.array([0, 1], np.int32), ("a",))
