"""Batches of images for `fit`: scaled, shuffled anew in every epoch, augmented if wished."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from be_keras.training import stream
from be_tracks.errors import UserError
from vision.data.augmentation import augment
from vision.data.images import Images
from vision.data.lazy import LazyImages
from vision.data.scaling import Scaling


class Batches:
    """A number of training steps, by index, and as one epoch of `fit` on every backend.

    Gives `(B, H, W, channels)` float32 and labels `(B,)` int32. The images are dealt out in random
    order, and again in another when they are used up; batches are always whole. Order and
    augmentation depend on the seed and the number of the step alone, so that training goes on where
    it was stopped.

    Images in memory are augmented by shifts of a few pixels; `LazyImages` by crops of their larger
    pictures, and the next batch of them is decoded while a step runs.

    Args:
        images: At least a batch of them.
        scaling: Makes numbers of pixels.
        batch: Unique examples of a step B.
        steps: How many batches there are.
        augmented: Whether images are shifted or cropped, and mirrored.
        targets: What goes in place of the labels, `(N, ...)`, one for each image.
        seed: Integer, 0 or more; None draws one from NumPy's global random state, which
            `keras.utils.set_random_seed` sets, when an instance is made.
        start: Steps taken before, whose batches are passed over.
        flip: Whether augmented images are mirrored as well.

    Raises:
        ValueError: There are fewer images than a batch takes.
        UserError: `LazyImages`, whose crops are mirrored always, are not to be.
    """

    def __init__(
        self,
        images: Images | LazyImages,
        scaling: Scaling,
        batch: int,
        steps: int,
        augmented: bool = False,
        targets: np.ndarray | None = None,
        seed: int | None = None,
        start: int = 0,
        flip: bool = True,
    ):
        self._lazy = isinstance(images, LazyImages)
        if len(images) < batch:
            raise ValueError(
                f"A batch of {batch} needs at least as many images; got {len(images)}. "
                "Use more images or a smaller batch."
            )
        if self._lazy and augmented and not flip:
            raise UserError(
                "setting flip=false takes images in memory; those that are decoded as they are "
                "needed are mirrored with their crops. Set augment=false, or use a smaller size."
            )
        self.images, self.scaling = images, scaling
        self.targets = images.labels if targets is None else targets
        self.batch, self.steps = batch, steps
        self.augmented, self.flip = augmented, flip
        self._seed = int(np.random.randint(2**31)) if seed is None else seed
        self._start = start
        self._orders = {}
        # One thread, so that batches come in their order.
        self._thread, self._coming = ThreadPoolExecutor(1), {}

    def __len__(self):
        return self.steps

    def stream(self):
        """All batches in their order, for `fit` of so many steps."""
        image = self.scaling(self.images.pixels(np.arange(1)))[0]
        example = np.broadcast_to(image, (self.batch, *image.shape)), self.targets[: self.batch]
        return stream((self[index] for index in range(self.steps)), example, alike=True)

    def __getitem__(self, index):
        if not self._lazy:
            return self._make(index)
        for wanted in range(index, min(index + 2, self.steps)):
            if wanted not in self._coming:
                self._coming[wanted] = self._thread.submit(self._make, wanted)
        return self._coming.pop(index).result()

    def _make(self, index):
        step = self._start + index
        per_epoch = len(self.images) // self.batch
        epoch, place = divmod(step, per_epoch)
        chosen = self._order(epoch)[place * self.batch : (place + 1) * self.batch]
        draw = np.random.default_rng((self._seed, step)) if self.augmented else None
        pixels = self.images.pixels(chosen, draw)
        if self.augmented and not self._lazy:
            pixels = augment(pixels, self._seed, step, flip=self.flip)
        return self.scaling(pixels), self.targets[chosen]

    def _order(self, epoch):
        if epoch not in self._orders:  # only the running epoch's is kept
            draw = np.random.default_rng((self._seed, epoch))
            self._orders = {epoch: draw.permutation(len(self.images))}
        return self._orders[epoch]
