"""Turns the name of a source of images, or a path to one, into images."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from be_tracks.errors import UserError
from vision.data.decode import central_box, render
from vision.data.folders import read_folder
from vision.data.images import Images
from vision.data.lazy import LazyImages
from vision.data.mnist import is_mnist, read_mnist
from vision.data.npz import (
    SPLITS,
    is_packed,
    is_prefix,
    prefixes_in,
    read_npz,
    read_pair,
    read_single,
)
from vision.data.synthetic import synthetic_images
from vision.data.tfds import DATASETS, read_dataset

SYNTHETIC = re.compile(r"synthetic(?::(\d+))?")
SYNTHETIC_COUNT = 10_000
MOST_SYNTHETIC = 4  # GB
# One test image for so many training images.
TRAIN_PER_TEST = 5
KINDS = f"""expected images as one of
  {", ".join(DATASETS)}, cifar10_corrupted/fog_3 ..., tfds:NAME   (tensorflow-datasets)
  synthetic, synthetic:COUNT   (drawn by this program)
  FILE.npz   (x_train, y_train, x_test, y_test; or packed JPEGs)
  FOLDER or FOLDER/NAME   (NAME_train.npz and NAME_test.npz)
  FOLDER   (train-images*, train-labels*, t10k-images*, t10k-labels*)
  FOLDER   (train/CLASS/*.jpg and test/CLASS/*.jpg; or Tiny ImageNet)"""


def read_images(source: str | Path, split: str, size: int | None = None) -> Images | LazyImages:
    """Read one split of a source of images.

    A name that is also a path in the present folder means the path; `tfds:cifar10` does not.

    Args:
        source: One of these:

            - a `.npz` file that `vision.data.npz.read_npz` reads; packed images are the split
              `train` where the name ends in `_train`, and else `test`;
            - `FOLDER/NAME` of `FOLDER/NAME_train.npz` and `FOLDER/NAME_test.npz`, or the folder,
              if it holds one such pair;
            - a folder with the idx files of the MNIST factory (`vision.data.mnist`);
            - a folder with a folder for each class (`vision.data.folders`);
            - `cifar10`, `cifar100`, `svhn`, `imagenet`, `cifar10_corrupted/...`, or `tfds:NAME`
              (`vision.data.tfds`);
            - `synthetic` or `synthetic:COUNT`: synthetic images of 10 classes, 16 x 16
              (`vision.data.synthetic`); COUNT are for training, a fifth of it for testing.
        split: "train" or "test".
        size: height and width; None keeps the size. The shorter side is resized to it and the
            middle cut out.

    Returns:
        Images in memory; pictures of folders and tensorflow-datasets that take more than 4 GB
        decoded are decoded as they are needed.

    Raises:
        UserError: the source is none of these, or something in it is missing or wrong.
    """
    if split not in SPLITS:
        raise UserError(f"expected the split train or test; got {split!r}.")
    if size is not None and size < 1:
        raise UserError(f"expected a size of at least 1 pixel; got {size}.")
    path = Path(source)
    if source != "" and (path.exists() or is_prefix(path)):
        return _read_path(path, split, size)
    name = source if isinstance(source, str) else ""
    synthetic = SYNTHETIC.fullmatch(name)
    if synthetic:
        count = SYNTHETIC_COUNT if synthetic[1] is None else int(synthetic[1])
        count = count if split == "train" else -(-count // TRAIN_PER_TEST)
        taken = 3 * count * (size or 16) ** 2 / 1e9
        if taken > MOST_SYNTHETIC:
            raise UserError(
                f"{source}: {count:,} images of {size or 16} x {size or 16} take {taken:,.1f} GB of"
                f" memory, and at most {MOST_SYNTHETIC} GB are drawn; ask for fewer or smaller."
            )
        return synthetic_images(count, **({} if size is None else {"size": size}), split=split)
    if name.startswith("tfds:"):
        return read_dataset(name.removeprefix("tfds:"), split, size)
    if name in DATASETS or name.startswith("cifar10_corrupted/"):
        return read_dataset(DATASETS.get(name, name), split, size)
    raise UserError(f"{KINDS}\ngot {str(source)!r}, which is no such name and no path that exists.")


def resize(images: Images, size: int | None) -> Images:
    """Give images of `size` by `size` pixels: the shorter side resized, the middle cut out.

    None, or images of that size, gives the same images. Raises UserError for other channels than
    1 or 3.
    """
    height, width, channels = images.shape
    if size is None or (height, width) == (size, size):
        return images
    if channels not in (1, 3):
        raise UserError(f"expected 1 or 3 channels in images to resize; got {channels}.")
    box = central_box((width, height), size, size)
    shape = (size, size, channels)

    def fit(image):
        picture = Image.fromarray(image[..., 0] if channels == 1 else image)
        return render(picture, box, shape)

    with ThreadPoolExecutor() as pool:
        resized = np.stack(list(pool.map(fit, images.images)))
    return Images(resized, images.labels, images.class_names)


def _read_path(path, split, size):
    if path.is_dir():
        if is_mnist(path):
            return resize(read_mnist(path, split), size)
        prefixes = prefixes_in(path)
        if len(prefixes) > 1:
            raise UserError(
                f"expected one pair NAME_train.npz and NAME_test.npz in {path}; got "
                f"{len(prefixes)}. Give one of {', '.join(map(str, prefixes))}."
            )
        if prefixes:
            return resize(read_pair(prefixes[0], split), size)
        if not any(each.is_dir() for each in path.iterdir()):
            raise UserError(f"{KINDS}\ngot {str(path)!r}, a folder with none of these in it.")
        return read_folder(path, split, size)
    if not path.exists():
        return resize(read_pair(path, split), size)
    return resize(read_single(path, split) if is_packed(path) else read_npz(path, split), size)
