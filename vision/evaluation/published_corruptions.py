"""Reads published corrupted sets, such as CIFAR-10-C, beside which published figures stand.

tensorflow-datasets has each corruption of each severity as a set of its own.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from be_tracks.errors import UserError
from vision.corruptions import NAMES, SEVERITIES
from vision.data.tfds import config_names, read_dataset
from vision.evaluation.classifier import Classifier
from vision.evaluation.dee import check_fits
from vision.evaluation.scores import Corrupted

# What `cifar10_corrupted` calls them; others call them what we do.
OTHER_NAMES = {"glass_blur": "frosted_glass_blur", "elastic_transform": "elastic"}


def read_corrupted(
    name: str,
    count: int,
    classifier: Classifier,
    size: int | None = None,
    data_dir: str | Path | None = None,
) -> Corrupted:
    """Read the 15 corruptions of 5 severities of a set, the same images of each.

    The first reading prepares 75 sets. The images are held in memory, 75 times `count`, unless a
    set takes more than 4 GB decoded, as ImageNet's do.

    Args:
        name: `cifar10_corrupted` or `imagenet2012_corrupted` of tensorflow-datasets.
        count: images of each set, at least 1, drawn from all of them; where it has fewer, all.
        classifier: the run that is to be evaluated.
        size, data_dir: as `vision.data.tfds.read_dataset` takes them.

    Raises:
        UserError: there is no such set, it lacks a corruption, cannot be read, does not fit the
            run, or its parts have different labels.
    """
    corrupted, first = {}, None
    configs = _configs(name)
    with tqdm(total=len(NAMES) * len(SEVERITIES), desc=name, unit="set", leave=False) as bar:
        for corruption in NAMES:
            corrupted[corruption] = []
            for severity in SEVERITIES:
                source = f"{name}/{configs[corruption]}_{severity}"
                images = read_dataset(source, "test", size, data_dir)
                first = first or (source, images.labels)
                _check(images, source, *first, classifier)
                corrupted[corruption].append(images.take(min(count, len(images)), seed=0))
                bar.update()
    return Corrupted(SEVERITIES, corrupted, name)


def _configs(name):
    """What the set calls our corruptions. A mean over fewer could be compared with no other."""
    configs = set(config_names(name))
    spellings, missing = {}, []
    for corruption in NAMES:
        for spelling in (corruption, OTHER_NAMES.get(corruption, corruption)):
            if all(f"{spelling}_{severity}" in configs for severity in SEVERITIES):
                spellings[corruption] = spelling
        if corruption not in spellings:
            missing.append(corruption)
    if missing:
        raise UserError(
            f"expected a set with {len(NAMES)} corruptions of {len(SEVERITIES)} severities, such "
            f"as cifar10_corrupted; {name} lacks {', '.join(missing)}. Evaluate on one of its own "
            f"at a time: --data tfds:{name}/CONFIG."
        )
    return spellings


def _check(images, source, first_source, labels, classifier):
    check_fits(classifier, images, source)
    if not np.array_equal(images.labels, labels):
        raise UserError(
            f"expected the same images in the same order in {first_source} and {source}; their "
            "labels differ. Move the folders of both away: the sets are then prepared anew."
        )
