"""Pixels survive the way to floats and back; interpolation reads between them."""

import numpy as np

from vision.corruptions.pixels import interpolation, luminance, scale_of, to_bytes, to_unit


def test_bytes_come_back():
    values = np.arange(256, dtype=np.uint8)
    assert to_unit(values).dtype == np.float32
    np.testing.assert_array_equal(to_bytes(to_unit(values)), values)


def test_floats_are_clipped_and_rounded():
    floats = np.array([-0.1, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.2])
    np.testing.assert_array_equal(to_bytes(floats), [0, 0, 1, 255, 255])


def test_lengths_grow_with_the_shorter_side():
    sizes = [(8, 8), (28, 28), (32, 500), (64, 64), (300, 224)]
    assert [scale_of((*size, 3)) for size in sizes] == [1, 1, 1, 2, 7]


def test_luminance():
    colours = np.eye(3, dtype=np.float32)[None]
    np.testing.assert_allclose(luminance(colours)[0, :, 0], [0.299, 0.587, 0.114], rtol=1e-6)
    grey = np.full((2, 2, 1), 0.3, np.float32)
    np.testing.assert_array_equal(luminance(grey), grey)


def test_interpolation_equals_numpys():
    row = np.random.default_rng(0).random(7)
    positions = np.linspace(-2, 9, 50).reshape(2, 25)
    expected = np.interp(positions, np.arange(7), row)
    np.testing.assert_allclose(interpolation(positions, 7) @ row, expected, atol=1e-6)
