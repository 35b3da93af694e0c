"""Scales pixels to numbers of mean 0 and deviation 1, by what the training images are like."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """Takes uint8 images `(N, H, W, channels)`, gives float32 of the same shape.

    Attributes:
        mean, deviation: of the pixels 0 to 255, one for each channel.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def of(cls, images: np.ndarray) -> "Scaling":
        """Measure training images, uint8 `(N, H, W, channels)`; a constant channel keeps 1."""
        values = np.arange(256)
        mean, deviation = [], []
        for channel in np.moveaxis(images, -1, 0):
            # Exact, and no float copy of all images.
            share = np.bincount(channel.ravel(), minlength=256) / channel.size
            mean.append(float(share @ values))
            deviation.append(float((share @ (values - mean[-1]) ** 2) ** 0.5) or 1.0)
        return cls(tuple(mean), tuple(deviation))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        scaled = images.astype(np.float32)
        scaled -= np.float32(self.mean)
        scaled /= np.float32(self.deviation)
        return scaled
