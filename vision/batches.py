"""Batches of images for `fit`: scaled, shuffled anew in every epoch, augmented if wished."""

import keras
import numpy as np

from vision.augmentation import augment
from vision.images import Images
from vision.scaling import Scaling


class Batches(keras.utils.PyDataset):
    """A number of training steps as one Keras epoch, on every backend.

    Gives `(B, H, W, channels)` float32 and labels `(B,)` int32. The images are dealt out in random
    order, and again in another when they are used up; batches are always whole. Order and
    augmentation are drawn from NumPy's global random state, which `keras.utils.set_random_seed`
    sets, when an instance is made.

    Args:
        images: At least a batch of them.
        scaling: Makes numbers of pixels.
        batch: Unique examples of a step B.
        steps: How many batches there are.
        augmented: Whether images are shifted and mirrored.
        targets: What goes in place of the labels, `(N, ...)`, one for each image.

    Raises:
        ValueError: There are fewer images than a batch takes.
    """

    def __init__(
        self,
        images: Images,
        scaling: Scaling,
        batch: int,
        steps: int,
        augmented: bool = False,
        targets: np.ndarray | None = None,
    ):
        super().__init__()
        if len(images) < batch:
            raise ValueError(
                f"A batch of {batch} needs at least as many images; got {len(images)}. "
                "Use more images or a smaller batch."
            )
        self.images, self.scaling = images, scaling
        self.targets = images.labels if targets is None else targets
        self.batch, self.steps, self.augmented = batch, steps, augmented
        self._seed = int(np.random.randint(2**31))
        self._orders = {}

    def __len__(self):
        return self.steps

    def __getitem__(self, step):
        per_epoch = len(self.images) // self.batch
        epoch, place = divmod(step, per_epoch)
        chosen = self._order(epoch)[place * self.batch : (place + 1) * self.batch]
        pixels = self.images.images[chosen]
        if self.augmented:
            pixels = augment(pixels, self._seed, step)
        return self.scaling(pixels), self.targets[chosen]

    def _order(self, epoch):
        if epoch not in self._orders:  # only the running epoch's is kept
            draw = np.random.default_rng((self._seed, epoch))
            self._orders = {epoch: draw.permutation(len(self.images))}
        return self._orders[epoch]
