"""Weather: what its formulas say of flat images, and brightness against the standard library."""

import colorsys
import math

import numpy as np
import pytest

from vision.corruptions import SEVERITIES, corrupt


def flat(value, count=1, side=32, channels=3):
    return np.full((count, side, side, channels), value, np.uint8)


def flakes_expected(mean, deviation, least):
    """The mean of a normal number where it is `least` or more, capped at 1, and 0 elsewhere."""
    values = np.linspace(least, mean + 8 * deviation, 100_001)
    density = np.exp(-(((values - mean) / deviation) ** 2) / 2) / deviation / math.sqrt(2 * math.pi)
    return np.trapezoid(np.minimum(values, 1) * density, values)


@pytest.mark.parametrize(
    ("severity", "least", "share"), [(1, 0.6, 0.95), (2, 0.5, 0.9)], ids=["1", "2"]
)
def test_flakes_fall_on_black(severity, least, share):
    snowed = corrupt(flat(0, count=100), "snow", severity) / 255.0
    np.testing.assert_array_equal(snowed, snowed[:, ::-1, ::-1])  # two layers, one turned round
    whitened = (1 - share) * 0.5
    assert snowed.min() == pytest.approx(whitened, abs=2e-3)
    expected = whitened + 2 * flakes_expected(0.1, 0.2, least)
    assert snowed.mean() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("severity", SEVERITIES[:4])  # at 5 no pixel is without a flake
def test_what_no_flake_hits_is_whitened(severity):
    share = (0.95, 0.9, 0.9, 0.85)[severity - 1]
    colour = np.array([0.4, 0.2, 0.0])
    images = flat(0, count=20) + np.rint(colour * 255).astype(np.uint8)
    clear = corrupt(images, "snow", severity).min(axis=(0, 1, 2)) / 255
    white = 1.5 * (0.299 * 0.4 + 0.587 * 0.2) + 0.5
    np.testing.assert_allclose(clear, share * colour + (1 - share) * white, atol=3e-3)


def test_flakes_fall_down():
    snowed = corrupt(flat(0, count=40), "snow", 5)[..., 0].astype(float)
    across, down = (np.diff(snowed, axis=axis).std() for axis in (2, 1))
    assert down < 0.6 * across


@pytest.mark.parametrize("severity", SEVERITIES)
def test_frost_blends_image_and_ice(severity):
    of_image, of_ice = ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))[severity - 1]
    black, grey = (corrupt(flat(value, 40), "frost", severity) / 255.0 for value in (0, 120))
    np.testing.assert_allclose((grey - black) * 255, of_image * 120, atol=1.01)
    ice = black / of_ice
    assert ice.max() <= 1.01 and 0.4 < ice.mean() < 0.6 and 0.12 < ice.std() < 0.3
    assert np.all(ice[..., 0] <= ice[..., 1]) and np.all(ice[..., 1] <= ice[..., 2])  # bluish


def test_frost_hides_more_of_the_image(pictures):
    images = np.repeat(pictures(), 10, axis=0)
    alike = []
    for severity in SEVERITIES:
        frosted = corrupt(images // 2, "frost", severity)  # dark, so that nothing is cut off
        alike.append(np.corrcoef(images.ravel(), frosted.ravel())[0, 1])
    assert alike == sorted(alike, reverse=True) and 0.5 < alike[4] < alike[0] < 0.98


@pytest.mark.parametrize("severity", SEVERITIES)
def test_fog_keeps_the_brightest_value(severity):
    thickness = (0.2, 0.5, 0.75, 1, 1.5)[severity - 1]
    fogged = corrupt(flat(204, 20), "fog", severity) / 255.0
    # The clouds of a 32x32 image go from 0 to 1.
    np.testing.assert_allclose(fogged.max(axis=(1, 2, 3)), 0.8, atol=3e-3)
    np.testing.assert_allclose(fogged.min(axis=(1, 2, 3)), 0.64 / (0.8 + thickness), atol=3e-3)


def test_fog_lies_on_all_channels_alike(pictures):
    images = flat(0)
    images[..., 0] = 204
    red, green, blue = np.moveaxis(corrupt(images, "fog", 3).astype(float), -1, 0)
    np.testing.assert_array_equal(green, blue)
    np.testing.assert_allclose(red - green, 255 * 0.8 * 0.8 / (0.8 + 0.75), atol=1.01)


def test_black_has_no_fog():
    assert corrupt(flat(0), "fog", 5).max() == 0


@pytest.mark.parametrize("severity", SEVERITIES)
def test_brightness_raises_the_value_of_hsv(severity):
    images = np.random.default_rng(0).integers(0, 256, (1, 12, 12, 3)).astype(np.uint8)
    images[0, 0, 0], images[0, 0, 1] = 0, 255
    raised = corrupt(images, "brightness", severity)
    for before, after in zip(images.reshape(-1, 3), raised.reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(before / 255))
        value = min(value + (0.05, 0.1, 0.15, 0.2, 0.3)[severity - 1], 1)
        expected = np.multiply(colorsys.hsv_to_rgb(hue, saturation, value), 255)
        np.testing.assert_allclose(after, expected, atol=0.51)
