"""Scaling against NumPy's own moments."""

import numpy as np

from vision.data.scaling import Scaling


def test_training_images_get_mean_zero_and_deviation_one(made):
    images = made(20).images
    scaled = Scaling.of(images)(images)
    assert scaled.dtype == np.float32 and scaled.shape == images.shape
    np.testing.assert_allclose(scaled.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=(0, 1, 2)), 1, atol=1e-6)


def test_moments_are_those_of_the_channels(made):
    images = made(20).images
    scaling = Scaling.of(images)
    np.testing.assert_allclose(scaling.mean, images.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(scaling.deviation, images.std(axis=(0, 1, 2)), rtol=1e-12)


def test_other_images_are_scaled_by_the_same():
    scaling = Scaling((100.0,), (50.0,))
    np.testing.assert_array_equal(scaling(np.uint8([[[[0], [100], [200]]]])).ravel(), [-2, 0, 2])


def test_a_constant_channel_stays_finite():
    images = np.full((2, 3, 3, 1), 7, np.uint8)
    np.testing.assert_array_equal(Scaling.of(images)(images), 0)
