"""Single images: opened with Pillow, turned upright, cropped, resized, made grey or coloured."""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import ExifTags, Image, ImageOps

from be_tracks.errors import UserError

BROKEN = (OSError, EOFError, SyntaxError, ValueError, struct.error, zlib.error)
GREY_MODES = {"1", "L", "LA"}
WIDE_MODES = ("I", "F")  # more than 8 bits a pixel, which Pillow would cut off at 255
AREA = (0.08, 1.0)
ASPECT = (3 / 4, 4 / 3)
TRIES = 10

Box = tuple[float, float, float, float]  # left, top, right, bottom


@contextmanager
def opened(content: str | bytes, name: str) -> Iterator[Image.Image]:
    """Open a picture, upright as its EXIF says; pixels are read when they are first used.

    Args:
        content: a path, or what such a file holds.
        name: what messages call the picture.

    Yields:
        The picture of Pillow.

    Raises:
        UserError: it cannot be read, there or by what is done with it before it is closed, or it
            has more than 8 bits a pixel.
    """
    try:
        with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content) as picture:
            if picture.mode.startswith(WIDE_MODES):
                raise UserError(
                    f"expected 8 bits a pixel in {name}; got the mode {picture.mode}. Convert "
                    "the images first."
                )
            if _orientation(picture) != 1:
                ImageOps.exif_transpose(picture, in_place=True)
            yield picture
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise UserError(
            f"{name} cannot be read: {error}. Fetch the file again, or remove it."
        ) from None


def _orientation(picture: Image.Image) -> int:
    try:
        return picture.getexif().get(ExifTags.Base.Orientation, 1)
    except BROKEN:  # of the EXIF data alone: broken pixels are told when they are used
        return 1


def central_box(size: tuple[int, int], height: int, width: int, share: float = 1.0) -> Box:
    """Give the middle of a picture, as large as fits with the proportions height to width.

    Args:
        size: width and height of the picture, as Pillow gives them.
        height, width: of the result.
        share: of the largest box's sides, above 0 and at most 1.
    """
    scale = share * min(size[0] / width, size[1] / height)
    return _box(size, width * scale, height * scale, 0.5, 0.5)


def random_box(size: tuple[int, int], draw: np.random.Generator) -> Box:
    """Draw a box of 8 to 100 % of the area, 3:4 to 4:3 wide to high (Szegedy et al., CVPR 2015).

    Where ten draws do not fit into a long picture, the box is the middle of it.

    Args:
        size: width and height of the picture, as Pillow gives them.
        draw: is drawn from.
    """
    areas = draw.uniform(*AREA, TRIES) * size[0] * size[1]
    aspects = np.exp(draw.uniform(*np.log(ASPECT), TRIES))
    for area, aspect in zip(areas, aspects, strict=True):
        width, height = math.sqrt(area * aspect), math.sqrt(area / aspect)
        if width <= size[0] and height <= size[1]:
            return _box(size, width, height, *draw.random(2))
    aspect = min(max(size[0] / size[1], ASPECT[0]), ASPECT[1])
    return central_box(size, 1, aspect)


def _box(size, width, height, across, down):
    """A box of that width and height; across and down, 0 to 1, say where in the room left."""
    left, top = across * (size[0] - width), down * (size[1] - height)
    return left, top, left + width, top + height


def render(picture: Image.Image, box: Box, shape: tuple[int, int, int]) -> np.ndarray:
    """Cut a box out of a picture and resize it bilinearly, over all pixels that fall together.

    Args:
        picture: of Pillow, newly opened; what is transparent shows its colour.
        box: in pixels of the picture.
        shape: height, width and channels of the result; 1 channel is luma, 3 are RGB.

    Returns:
        uint8 of that shape.
    """
    height, width, channels = shape
    before = picture.size
    scale = max(width / (box[2] - box[0]), height / (box[3] - box[1]))
    # A JPEG is decoded at a half, a quarter or an eighth for less; twice the size wanted is left.
    picture.draft(None, tuple(math.ceil(2 * scale * side) for side in before))
    # Rounding must not carry the box over the edge, which Pillow refuses.
    box = tuple(
        min(max(edge * after / full, 0.0), after)
        for edge, after, full in zip(box, 2 * picture.size, 2 * before, strict=True)
    )
    if "transparency" in picture.info:
        picture = picture.convert("RGBA")  # Pillow warns of palettes that go to RGB at once
    mode = "L" if channels == 1 else "RGB"
    picture = picture if picture.mode == mode else picture.convert(mode)
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, box)).reshape(
        shape
    )
