"""Corrupts a set of images: checks what came, and gives each image its own random draws."""

import difflib

import numpy as np

from be_tracks.errors import UserError
from vision.corruptions import blur, digital, noise, weather
from vision.corruptions.pixels import to_bytes, to_unit

_EFFECTS = {
    "gaussian_noise": noise.gaussian_noise,
    "shot_noise": noise.shot_noise,
    "impulse_noise": noise.impulse_noise,
    "defocus_blur": blur.defocus_blur,
    "glass_blur": blur.glass_blur,
    "motion_blur": blur.motion_blur,
    "zoom_blur": blur.zoom_blur,
    "snow": weather.snow,
    "frost": weather.frost,
    "fog": weather.fog,
    "brightness": weather.brightness,
    "contrast": digital.contrast,
    "elastic_transform": digital.elastic_transform,
    "pixelate": digital.pixelate,
    "jpeg_compression": digital.jpeg_compression,
}
NAMES = tuple(_EFFECTS)
SEVERITIES = (1, 2, 3, 4, 5)


def corrupt(images: np.ndarray, name: str, severity: int, seed: int = 0) -> np.ndarray:
    """Corrupt images as CIFAR-10-C does (Hendrycks & Dietterich, ICLR 2019).

    The constants are those published for 32x32 images. In larger images, lengths (radii, shifts,
    sizes of flakes, crystals and blocks) grow with the shorter side over 32, so that a corruption
    covers as much of the picture; in smaller ones they stay, but for the elastic transform, whose
    lengths are shares of the shorter side. What has no length stays at any size: the noise of a
    pixel, brightness, contrast, the quality of JPEG and its blocks of 8 pixels. Those are milder
    on large images.

    Frost is made by a formula, not from the paper's photographs; for figures that are to stand
    beside published ones, take the published sets.

    Args:
        images: uint8 `(N, H, W, channels)`, grey (1 channel) or RGB (3).
        name: one of `NAMES`.
        severity: 1 (mild) to 5.
        seed: 0 or more. What image i undergoes depends on the name, severity, seed and i alone,
            not on the other images.

    Returns:
        A corrupted copy, uint8 of the same shape.

    Raises:
        UserError: an unknown name (with the nearest known one) or severity, a seed that is no
            integer from 0, or images of another type or shape.
    """
    _check(images, name, severity, seed)
    effect, place = _EFFECTS[name], NAMES.index(name)
    corrupted = np.empty_like(images)
    for i, image in enumerate(images):
        draw = np.random.default_rng((int(seed), place, int(severity), i))
        corrupted[i] = to_bytes(effect(to_unit(image), int(severity), draw))
    return corrupted


def _check(images, name, severity, seed):
    if name not in NAMES:
        near = difflib.get_close_matches(str(name), NAMES, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(NAMES)}."
        raise UserError(f"unknown corruption {name!r}{hint}")
    if not _is_integer(severity) or severity not in SEVERITIES:
        raise UserError(f"expected a severity from 1 (mild) to 5; got {severity!r}.")
    if not _is_integer(seed) or seed < 0:
        raise UserError(f"expected a seed that is an integer, 0 or more; got {seed!r}.")
    if not isinstance(images, np.ndarray):
        raise UserError(f"expected images as a NumPy array; got {type(images).__name__}.")
    shape, dtype = images.shape, images.dtype
    if dtype != np.uint8 or len(shape) != 4 or 0 in shape or shape[-1] not in (1, 3):
        raise UserError(
            "expected images as uint8 (N, H, W, channels) with 1 or 3 channels, at least one "
            f"image; got {dtype} {shape}. Corrupt images before they are scaled."
        )


def _is_integer(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
