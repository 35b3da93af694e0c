"""Weather between camera and scene: snow, frost on the window, fog, and glaring light."""

import math

import numpy as np

from vision.corruptions.blur import smear
from vision.corruptions.pixels import interpolation, luminance, scale_of
from vision.corruptions.textures import clouds, ice

# Mean and deviation of the flakes' noise, its enlargement, the least that is a flake, radius and
# deviation of their motion in pixels of a 32x32 image, share of the image that is not whitened.
SNOW = (
    (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
    (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
    (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
    (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
    (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
)
FROST = ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))  # shares of image and ice
ICE_COLOUR = np.array([0.88, 0.96, 1.0], np.float32)
FOG = ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75))  # thickness, decay of the clouds
BRIGHTNESS = (0.05, 0.1, 0.15, 0.2, 0.3)


def snow(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Whiten the image and add flakes, smeared as they fall."""
    mean, deviation, zoom, least, radius, motion, share = SNOW[severity - 1]
    height, width, _ = image.shape
    # Flakes are cut out on the grid of the published size: on a finer one they would shrink.
    grid = [math.ceil(side / scale_of(image.shape)) for side in (height, width)]
    flakes = draw.normal(mean, deviation, [math.ceil(side / zoom) for side in grid])
    flakes = _stretch(flakes, *grid)
    flakes = np.where(flakes < least, 0, np.minimum(flakes, 1))
    flakes = _stretch(flakes, height, width)[..., None]
    flakes = smear(flakes, radius, motion, draw.uniform(-135, -45))
    white = np.maximum(image, 1.5 * luminance(image) + 0.5)
    return share * image + (1 - share) * white + flakes + flakes[::-1, ::-1]


def _stretch(field, height, width):
    """Enlarge `(rows, columns)` to `(height, width)`, corners to corners."""
    rows, columns = field.shape
    down = interpolation(np.linspace(0, rows - 1, height), rows)
    right = interpolation(np.linspace(0, columns - 1, width), columns)
    return down @ field @ right.T


def frost(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Lay ice crystals over the image; made here, where the paper takes photographs."""
    of_image, of_ice = FROST[severity - 1]
    height, width, channels = image.shape
    layer = ice(height, width, draw)[..., None] * ICE_COLOUR
    return of_image * image + of_ice * (luminance(layer) if channels == 1 else layer)


def fog(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Add bright clouds, then dim all of it so that the brightest value stays where it was."""
    thickness, decay = FOG[severity - 1]
    height, width, _ = image.shape
    brightest = image.max()
    fogged = image + thickness * clouds(height, width, decay, draw)[..., None]
    return fogged * brightest / (brightest + thickness)


def brightness(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Raise the value, the V of HSV; hue and saturation stay."""
    value = image.max(axis=-1, keepdims=True)
    raised = np.minimum(value + np.float32(BRIGHTNESS[severity - 1]), 1)
    # Black has no hue and becomes grey.
    return np.where(value > 0, image * (raised / np.maximum(value, 1e-6)), raised)
