"""Noise has the distribution that its constants say."""

import numpy as np
import pytest

from vision.corruptions import SEVERITIES, corrupt


def flat(value, channels=3):
    """Two large images of one value: 98304 numbers in colour."""
    return np.full((2, 128, 128, channels), value, np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_gaussian_noise_has_its_deviation(channels):
    for severity, deviation in zip(SEVERITIES, (0.04, 0.06, 0.08, 0.09, 0.10), strict=True):
        noisy = corrupt(flat(128, channels), "gaussian_noise", severity).astype(float)
        assert noisy.std() == pytest.approx(255 * deviation, rel=0.015)
        assert noisy.mean() == pytest.approx(128, abs=0.5)
        # Normal: 68.3% within a deviation, 95.4% within two.
        for widths, share in [(1, 0.683), (2, 0.954)]:
            within = np.abs(noisy - 128) < widths * 255 * deviation
            assert within.mean() == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("value", [40, 128])
def test_shot_noise_varies_as_the_brightness(value):
    for severity, photons in zip(SEVERITIES, (500, 250, 100, 75, 50), strict=True):
        noisy = corrupt(flat(value), "shot_noise", severity) / 255
        assert noisy.var() == pytest.approx(value / 255 / photons, rel=0.04)
        assert noisy.mean() == pytest.approx(value / 255, abs=2e-3)


def test_shot_noise_leaves_black_black():
    assert corrupt(flat(0), "shot_noise", 5).max() == 0


def test_impulses_are_a_share_of_all_values():
    for severity, share in zip(SEVERITIES, (0.01, 0.02, 0.03, 0.05, 0.07), strict=True):
        noisy = corrupt(flat(100), "impulse_noise", severity)
        assert set(np.unique(noisy)) == {0, 100, 255}
        for value in (0, 255):
            assert (noisy == value).mean() == pytest.approx(share / 2, rel=0.12)


def test_channels_and_pixels_have_noise_of_their_own():
    for name in ("gaussian_noise", "shot_noise", "impulse_noise"):
        noise = corrupt(flat(128), name, 3).astype(float) - 128
        red, green = noise[..., 0].ravel(), noise[..., 1].ravel()
        assert abs(np.corrcoef(red, green)[0, 1]) < 0.03
        assert abs(np.corrcoef(red[1:], red[:-1])[0, 1]) < 0.03
