"""Reads image sets through tensorflow-datasets, without TensorFlow once they are prepared.

A set is prepared as array_record files, which need no TensorFlow to be read and give any image at
once; preparing takes TensorFlow, a network or the files that a set asks for, and happens once.
`TFDS_DATA_DIR` names the folder, else it is `~/tensorflow_datasets`.
"""

import contextlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from be_tracks.errors import UserError
from vision.data.images import Images
from vision.data.lazy import CHUNK, LazyImages, gather, too_large

# What users call them, and what tensorflow-datasets does.
DATASETS = {
    "cifar10": "cifar10",
    "cifar100": "cifar100",
    "svhn": "svhn_cropped",
    "imagenet": "imagenet2012",
}
# Sets whose split "test" has no labels.
TESTED_ON_VALIDATION = ("imagenet2012", "imagenet2012_corrupted")
RANDOM_ACCESS = "array_record"


def read_dataset(
    name: str, split: str, size: int | None = None, data_dir: str | Path | None = None
) -> Images | LazyImages:
    """Read one split of a set of tensorflow-datasets that has an image and a label.

    Where the largest split takes more than 4 GB decoded, images are decoded as they are needed, in
    the shuffled order of the files. Images in memory come by their `id`, where a set has one: the
    order in which the set was published.

    Args:
        name: as tensorflow-datasets calls it, such as `cifar10` or `cifar10_corrupted/fog_3`.
        split: "train" or "test"; a set without labelled test images gives its validation split.
        size: height and width: the shorter side is resized to it and the middle cut out. None
            keeps the size, which must be the same for all images.
        data_dir: the folder of prepared sets; None is `TFDS_DATA_DIR` or its default.

    Raises:
        UserError: there is no such set or split, it has no images with labels, it cannot be
            prepared, or its images differ in size and none is given.
    """
    tfds = _tensorflow_datasets()
    builder = _builder(tfds, name, data_dir or os.environ.get("TFDS_DATA_DIR"))
    image, label = _keys(tfds, builder)
    shape = _shape(builder.info.features[image], size, name)
    if not builder.is_prepared():
        _prepare(builder, name)
    splits = {each: info.num_examples for each, info in builder.info.splits.items()}
    wanted = _split(builder.name, split, splits)
    if not splits.get(wanted):
        raise UserError(
            f"expected the split {wanted} of {name}; got {', '.join(splits)} in {builder.data_dir}."
        )
    class_names = builder.info.features[label].names
    decoders = {image: tfds.decode.SkipDecoding()}
    if too_large(max(splits.values()), shape):
        source = _source(builder, wanted, decoders)
        labels = _labels(source, label, Path(builder.data_dir) / f"be_keras-{wanted}-labels.npy")
        return gather(_Column(source, image), labels, class_names, shape, name, lazy=True)
    records = _records(tfds, builder, wanted, decoders)
    bar = tqdm(records, total=splits[wanted], unit="image", desc=name, leave=False)
    kept = [key for key in (image, label, "id") if key in builder.info.features]
    records = [{key: record[key] for key in kept} for record in bar]
    if "id" in kept:
        # Files are shuffled; people's labels of CIFAR-10, and others', are in the set's own order.
        records.sort(key=lambda record: record["id"])
    pairs = [(bytes(record[image]), int(record[label])) for record in records]
    contents, labels = zip(*pairs, strict=True)
    return gather(contents, np.array(labels), class_names, shape, name, lazy=False)


def config_names(name: str) -> list[str]:
    """The configs of a set of tensorflow-datasets, which are read as `NAME/CONFIG`.

    Raises:
        UserError: there is no such set.
    """
    try:
        return list(_tensorflow_datasets().builder_cls(name).builder_configs)
    except (ValueError, AssertionError) as error:
        raise _unknown(name, error) from None


class _Column(Sequence):
    """One key of all records of a data source, read one by one."""

    def __init__(self, source, key):
        self._source, self._key = source, key

    def __len__(self):
        return len(self._source)

    def __getitem__(self, index):
        return self._source[index][self._key]


def _tensorflow_datasets():
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise UserError(
            f"expected the package tensorflow-datasets; got: {error}. Install it: "
            "pip install 'be_keras[datasets]'."
        ) from None
    return tensorflow_datasets


def _builder(tfds, name, data_dir):
    try:
        return tfds.builder(name, data_dir=data_dir)
    except (ValueError, AssertionError) as error:
        raise _unknown(name, error) from None


def _unknown(name, error):
    return UserError(
        f"expected the name of a set of tensorflow-datasets; got {name!r}: {_first(error)}."
    )


def _keys(tfds, builder):
    """The names of the image and the label in a record."""
    features = builder.info.features
    found = []
    for wanted in (tfds.features.Image, tfds.features.ClassLabel):
        keys = [key for key, feature in features.items() if isinstance(feature, wanted)]
        usual = [key for key in builder.info.supervised_keys or () if key in keys]
        if not keys:
            raise UserError(
                f"expected a set of images with labels; {builder.name} has "
                f"{', '.join(features)} and no {wanted.__name__} among them."
            )
        found.append((usual or keys)[0])
    return found


def _shape(feature, size, name):
    height, width, channels = feature.shape
    if size is not None:
        height = width = size
    if height is None or width is None:
        raise UserError(
            f"expected a size for {name}, whose images differ in it. Give one, such as --size 224."
        )
    return height, width, 1 if channels == 1 else 3


def _split(name, split, splits):
    if split == "test" and (name in TESTED_ON_VALIDATION or "test" not in splits):
        return "validation"
    return split


def _prepare(builder, name):
    _hide_devices_from_tensorflow()
    # On some systems that package is missing, and TensorFlow reads what is prepared instead.
    random_access = importlib.util.find_spec("array_record") is not None
    try:
        builder.download_and_prepare(file_format=RANDOM_ACCESS if random_access else None)
    except Exception as error:  # the network, the disk, missing files, TensorFlow: all alike
        raise UserError(_unprepared(builder, name, error)) from error


def _unprepared(builder, name, error):
    manual = " ".join((builder.MANUAL_DOWNLOAD_INSTRUCTIONS or "").split())
    if isinstance(error, ImportError):
        cure = "Preparing a set takes TensorFlow once: pip install 'be_keras[tensorflow]'."
    elif manual:
        cure = (
            f"It is not downloaded for you: {manual} That folder is "
            f"{Path(builder.data_dir_root) / 'downloads' / 'manual'}."
        )
    else:
        cure = (
            "Check the network; or prepare the set on another machine and set TFDS_DATA_DIR to a "
            "copy of its folder; or give a folder of images."
        )
    return f"{name} cannot be prepared in {builder.data_dir}: {_first(error)}. {cure}"


def _records(tfds, builder, split, decoders):
    """All records of a split, in the same order with TensorFlow and without."""
    if _has_random_access(builder):
        return builder.as_data_source(split, decoders=decoders)
    _hide_devices_from_tensorflow()
    in_order = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    try:
        return tfds.as_numpy(builder.as_dataset(split, decoders=decoders, read_config=in_order))
    except ImportError:
        raise UserError(
            f"expected TensorFlow, which alone reads the {builder.info.file_format.value} files in "
            f"{builder.data_dir}. Install it: pip install 'be_keras[tensorflow]'. Or move them "
            f"away: the set is then prepared as {RANDOM_ACCESS}, which does without."
        ) from None


def _source(builder, split, decoders):
    if not _has_random_access(builder):
        raise UserError(
            f"expected {RANDOM_ACCESS} files in {builder.data_dir}, because the images do not fit "
            f"into memory; got {builder.info.file_format.value}. Move that folder away, or set "
            "TFDS_DATA_DIR to another, and the set is prepared anew."
        )
    return builder.as_data_source(split, decoders=decoders)


def _has_random_access(builder):
    return RANDOM_ACCESS in {found.value for found in builder.info.available_file_formats()}


def _labels(source, key, path):
    """All labels, int32 `(N,)`, which are kept in a file: finding them reads every record."""
    try:
        labels = np.load(path)
        if labels.shape == (len(source),):
            return labels
    except (OSError, EOFError, ValueError):
        pass
    labels = np.empty(len(source), np.int32)
    with tqdm(total=len(labels), unit="label", desc=path.stem, leave=False) as bar:
        for start in range(0, len(labels), CHUNK):
            chunk = list(range(start, min(start + CHUNK, len(labels))))
            labels[chunk] = [record[key] for record in source.__getitems__(chunk)]
            bar.update(len(chunk))
    partial = path.with_suffix(f".{os.getpid()}.npy")
    try:
        np.save(partial, labels)
        os.replace(partial, path)
    except OSError:  # read-only, or not a disk at all: they are found again next time
        with contextlib.suppress(OSError):
            partial.unlink()
    return labels


def _hide_devices_from_tensorflow():
    """Keep TensorFlow, where it only reads data, from taking the memory of a GPU from JAX."""
    if keras.backend.backend() == "tensorflow":
        return
    try:
        import tensorflow

        tensorflow.config.set_visible_devices([], "GPU")
    except (ImportError, RuntimeError):  # not installed, or in use already
        pass


def _first(error):
    """The first line of an error's text, without its full stop."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
