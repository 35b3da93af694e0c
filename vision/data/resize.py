"""Makes images of another data set fit a model: the unknown that it should not be sure about."""

import numpy as np
from PIL import Image

from be_tracks.errors import UserError
from vision.data.images import Images

CHUNK = 256  # images decoded at a time, where they are decoded as they are needed


def match(images: Images, height: int, width: int, channels: int) -> Images:
    """Give copies in another size and with another number of channels; labels stay.

    Colour becomes grey by luma (0.299 red, 0.587 green, 0.114 blue), grey becomes colour by
    repetition, and sizes change by bilinear interpolation over all pixels that fall together.

    Args:
        images: of 1 or 3 channels.
        height, width: pixels, at least 1.
        channels: 1 or 3.

    Raises:
        UserError: another number of channels, or a size below 1.
    """
    before = images.shape[-1]
    if {before, channels} - {1, 3}:
        raise UserError(f"expected 1 or 3 channels; got {before} to turn into {channels}.")
    if min(height, width) < 1:
        raise UserError(f"expected a size of at least 1 x 1 pixels; got {height} x {width}.")
    if tuple(images.shape) == (height, width, channels):
        return images
    resized = [
        _fit(image, height, width, channels)
        for start in range(0, len(images), CHUNK)
        for image in images.pixels(np.arange(start, min(start + CHUNK, len(images))))
    ]
    matched = np.stack(resized).reshape(-1, height, width, channels)
    return Images(matched, images.labels, images.class_names)


def _fit(image, height, width, channels):
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture = picture.convert("L" if channels == 1 else "RGB")
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
