"""Noise of the sensor: every pixel and channel by itself."""

import numpy as np

DEVIATIONS = (0.04, 0.06, 0.08, 0.09, 0.10)
PHOTONS = (500, 250, 100, 75, 50)  # that a white pixel counts
IMPULSES = (0.01, 0.02, 0.03, 0.05, 0.07)  # share of the values


def gaussian_noise(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Add normal noise, as in low light."""
    noise = draw.standard_normal(image.shape, np.float32)
    return image + np.float32(DEVIATIONS[severity - 1]) * noise


def shot_noise(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Count photons: Poisson noise, whose variance grows with the brightness."""
    photons = PHOTONS[severity - 1]
    return draw.poisson(image * photons) / photons


def impulse_noise(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Set some values to 0 and as many to 1: salt and pepper, in colours."""
    share = IMPULSES[severity - 1]
    chance = draw.random(image.shape)
    return np.where(chance < share / 2, 0, np.where(chance < share, 1, image))
