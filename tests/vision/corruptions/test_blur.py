"""Blurs against kernels written out, against SciPy, and by what they do to a single point."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform, convolve

from vision.corruptions import SEVERITIES, corrupt


def soft(neighbour):
    """A 3x3 kernel whose side neighbours weigh so much of the middle."""
    row = np.array([neighbour, 1, neighbour])
    return np.outer(row, row) / row.sum() ** 2


def steepness(images):
    """The mean squared step between neighbours: the high frequencies."""
    images = images.astype(float)
    return (np.diff(images, axis=1) ** 2).mean() + (np.diff(images, axis=2) ** 2).mean()


@pytest.mark.parametrize("name", ["defocus_blur", "motion_blur", "zoom_blur"])
def test_blurs_keep_the_mean_and_lower_the_high_frequencies(pictures, name):
    images = pictures()
    steps = [steepness(images)]
    for severity in SEVERITIES:
        blurred = corrupt(images, name, severity)
        assert blurred.mean() == pytest.approx(images.mean(), abs=3)
        steps.append(steepness(blurred))
    assert max(steps[1:]) < 0.9 * steps[0]
    assert steps[5] < 0.6 * steps[1]


@pytest.mark.parametrize("name", ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur"])
@pytest.mark.parametrize("side", [8, 32, 80])
def test_flat_images_stay(name, side):
    images = np.full((1, side, side, 3), 77, np.uint8)
    for severity in SEVERITIES:
        np.testing.assert_array_equal(corrupt(images, name, severity), images)


@pytest.mark.parametrize(
    ("severity", "kernel"),
    [
        (1, soft(np.exp(-1 / (2 * 0.4**2)))),
        (2, soft(np.exp(-1 / (2 * 0.5**2)))),
        (3, soft(np.exp(-1 / (2 * 0.6**2)))),
        (4, np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5),
        (5, np.ones((3, 3)) / 9),
    ],
)
def test_defocus_equals_its_kernel(pictures, severity, kernel):
    images = pictures()
    expected = convolve(images.astype(float), kernel[None, :, :, None], mode="mirror")
    difference = np.abs(corrupt(images, "defocus_blur", severity) - expected)
    assert difference.max() < 0.51


def test_a_large_disk_is_seen_through_a_disk():
    distance = np.hypot(*np.mgrid[-128:128, -128:128])
    image = np.where(distance < 20, 255, 0).astype(np.uint8)[None, :, :, None]
    blurred = corrupt(image, "defocus_blur", 5)[0, :, :, 0] / 255.0
    # A disk of radius 20 seen through one of 12: whole up to 8, gone from 32.
    assert blurred[distance < 7].min() > 0.99 and blurred[distance > 33].max() < 0.01
    rim = blurred[(distance > 19.5) & (distance < 20.5)]
    assert rim.mean() == pytest.approx(0.4, abs=0.05) and rim.std() < 0.03


@pytest.mark.parametrize(("side", "step", "reach"), [(32, 8, 1), (64, 4, 2)])
def test_glass_takes_every_pixel_from_nearby(side, step, reach):
    # The colour of a pixel says where it was.
    rows, columns = np.mgrid[:side, :side]
    image = np.stack([rows * step, columns * step, 0 * rows], axis=-1).astype(np.uint8)
    glass = corrupt(np.repeat(image[None], 20, axis=0), "glass_blur", 1)[..., :2] / step
    moves = glass - np.stack([rows, columns], axis=-1)
    inside = moves[:, reach + 1 : side - reach + 1, reach + 1 : side - reach + 1]
    values, counts = np.unique(inside, return_counts=True)
    np.testing.assert_array_equal(values, np.arange(-reach, reach))
    np.testing.assert_allclose(counts / inside.size, 1 / (2 * reach), rtol=0.03)
    down, right = inside[..., 0].ravel(), inside[..., 1].ravel()
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.03
    assert not moves[:, : reach + 1].any() and not moves[:, :, : reach + 1].any()


def test_two_rounds_of_glass_reach_twice_as_far(pictures):
    rows = np.repeat(np.arange(32, dtype=np.uint8)[:, None] * 8, 32, axis=1)[None, ..., None]
    once, twice = (np.diff(corrupt(rows, "glass_blur", s).astype(int), axis=2) for s in (2, 4))
    assert 1.2 < twice.std() / once.std() < 1.6


@pytest.mark.parametrize(
    ("severity", "deviation", "taps"),
    [(1, 1, 13), (2, 1.5, 13), (3, 2, 13), (4, 2, 17), (5, 2.5, 19)],
)
def test_a_moving_point_leaves_half_a_normal_curve(severity, deviation, taps):
    points = np.zeros((40, 32, 32, 1), np.uint8)
    points[:, 16, 16] = 255
    trails = corrupt(points, "motion_blur", severity)[..., 0].astype(float)
    weights = np.exp(-((np.arange(taps) / deviation) ** 2) / 2)
    weights *= 255 / weights.sum()
    np.testing.assert_allclose(trails[:, 16, 16], weights[0], atol=0.51)
    np.testing.assert_allclose(trails.sum(axis=(1, 2)), 255, atol=6)
    rows, columns = np.mgrid[-16:16, -16:16]
    distance = (trails * np.hypot(rows, columns)).sum(axis=(1, 2)) / 255
    expected = (weights * np.arange(taps)).sum() / 255
    # Whole pixels stand for places between them, so that single trails are a little off.
    np.testing.assert_allclose(distance, expected, atol=0.25)
    assert distance.mean() == pytest.approx(expected, rel=0.15)
    # All trails lie on one side, up to 45 degrees above and below the level.
    assert not trails[:, columns > 0].any()
    slopes = (trails * rows).sum(axis=(1, 2)) / (trails * -columns).sum(axis=(1, 2))
    assert -1.1 < slopes.min() < -0.6 and 0.6 < slopes.max() < 1.1


@pytest.mark.parametrize(("severity", "last"), [(1, 6), (2, 11), (3, 15), (4, 20), (5, 25)])
def test_zoom_averages_enlargements(pictures, severity, last):
    for image in pictures()[:, :30]:  # not square
        image = image.astype(float)
        middle = np.array([14.5, 15.5])
        copies = [image]
        for percent in range(last + 1):
            factor = 1 + percent / 100
            shift = middle - middle / factor
            matrix, shift = np.diag([1 / factor, 1 / factor, 1]), [*shift, 0]
            copies.append(affine_transform(image, matrix, shift, order=1, mode="nearest"))
        blurred = corrupt(image[None].astype(np.uint8), "zoom_blur", severity)[0]
        assert np.abs(blurred - np.mean(copies, axis=0)).max() < 0.51
