"""What happens to pictures in cameras and computers: contrast, warping, coarse pixels, JPEG."""

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from vision.corruptions.pixels import BASE, scale_of, to_bytes, to_unit

CONTRAST = (0.75, 0.5, 0.4, 0.3, 0.15)
# Strength and smoothness of the local shifts, reach of the corners' shifts: shares of the side.
ELASTIC = (
    (0, 0, 0.08),
    (0.05, 0.2, 0.07),
    (0.08, 0.06, 0.06),
    (0.1, 0.04, 0.05),
    (0.1, 0.03, 0.03),
)
TRIANGLE = np.array([[1, 1], [1, -1], [-1, -1]]) * 10 / BASE  # corners, in the same shares
PIXELATE = (0.95, 0.9, 0.85, 0.75, 0.65)  # of the sides of a 32x32 image
QUALITY = (80, 65, 58, 50, 40)


def contrast(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Draw every channel towards its mean."""
    mean = image.mean(axis=(0, 1), keepdims=True)
    return (image - mean) * CONTRAST[severity - 1] + mean


def elastic_transform(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Warp the image: an affine map that moves three points at random, and local shifts."""
    height, width, _ = image.shape
    side = min(height, width)
    strength, smoothness, reach = ELASTIC[severity - 1]
    points = np.array([height // 2, width // 2]) + TRIANGLE * side
    moved = points + draw.uniform(-reach * side, reach * side, points.shape)
    # Where a pixel of the result comes from: the map that leads the moved points back.
    back = np.linalg.solve(np.column_stack([moved, np.ones(3)]), points)  # (3, 2)
    shifts = draw.uniform(-1, 1, (2, height, width))
    shifts = gaussian_filter(shifts, (0, *2 * (smoothness * side,)), mode="reflect", truncate=3)
    # Smoothing over more pixels weakens the shifts in proportion: they need the size twice.
    shifts *= strength * side * side / BASE
    places = np.moveaxis(np.mgrid[:height, :width] + shifts, 0, -1) @ back[:2] + back[2]
    places = np.moveaxis(places, -1, 0)  # (2, H, W)
    planes = np.moveaxis(image, -1, 0)
    warped = [map_coordinates(plane, places, order=1, mode="mirror") for plane in planes]
    return np.stack(warped, axis=-1)


def pixelate(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Make the image of fewer pixels and enlarge them."""
    height, width, _ = image.shape
    share = PIXELATE[severity - 1] / scale_of(image.shape)
    small = tuple(max(1, int(side * share)) for side in (width, height))
    picture = _picture(image).resize(small, Image.Resampling.BOX)
    return _pixels(picture.resize((width, height), Image.Resampling.BOX), image.shape)


def jpeg_compression(image: np.ndarray, severity: int, draw: np.random.Generator) -> np.ndarray:
    """Store the image as JPEG and read it again."""
    file = io.BytesIO()
    _picture(image).save(file, "JPEG", quality=QUALITY[severity - 1])
    with Image.open(file) as picture:
        return _pixels(picture, image.shape)


def _picture(image):
    """A Pillow image, grey for one channel."""
    content = to_bytes(image)
    return Image.fromarray(content[..., 0] if content.shape[-1] == 1 else content)


def _pixels(picture, shape):
    return to_unit(np.asarray(picture).reshape(shape))
