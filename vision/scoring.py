"""Scores of predictions, each as the part of an evaluation that reports show."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from be_keras import metrics
from vision.corruptions import NAMES, SEVERITIES, corrupt
from vision.images import Images
from vision.predictions import Predictions

SHARES = np.arange(0, 0.96, 0.05)  # of images rejected
BINS = 30
KEPT_BYTES = 1_000_000_000  # of corrupted images; more than that are made when they are needed


def in_distribution(found: Predictions, samples: int = 1_000) -> dict:
    """Scores on images like those of training.

    Gives what `be_keras.metrics.scores` gives, but `images` for the count; `calibrated_nll`;
    `intervals` by score; `members_alone`, `reliability`, `divergence` and `rejection`.
    """
    values = metrics.scores(found.columns)
    images = int(values.pop("count"))
    intervals = metrics.bootstrap_intervals(found.columns, samples=samples) if images > 1 else {}
    table = metrics.reliability_table(found.columns["confidence"], found.columns["correct"])
    divergence = metrics.divergence_by_confidence(found.columns)
    return {
        "images": images,
        **values,
        "calibrated_nll": float(-np.mean(found.calibrated())),
        "intervals": {name: list(intervals[name]) for name in values if name in intervals},
        "members_alone": {key: _numbers(value) for key, value in found.members.items()},
        "reliability": {key: _numbers(value) for key, value in table.items()},
        "divergence": {
            key: _numbers(divergence[key]) for key in ("confidence", "pairwise_kl", "count")
        },
        "rejection": rejection(found.columns),
    }


def rejection(columns: dict[str, np.ndarray]) -> dict:
    """Accuracy of the images kept when a share of them, the least confident, is rejected.

    Ties of confidence are kept or rejected by their place.
    """
    correct = columns["correct"][np.argsort(-columns["confidence"], kind="stable")]
    kept = np.maximum(1, np.round((1 - SHARES) * len(correct)).astype(int))
    accuracy = np.cumsum(correct)[kept - 1] / kept
    return {"rejected": _numbers(SHARES), "accuracy": _numbers(accuracy)}


def out_of_distribution(inside: Predictions, foreign: dict[str, Predictions]) -> dict:
    """Detection of foreign images by three scores, and histograms of the mean's entropy."""
    known = metrics.uncertainties(inside.columns)
    highest = np.log(inside.log_probs.shape[-1])
    edges = np.linspace(0, highest, BINS + 1)
    found = {}
    for name, predictions in foreign.items():
        unknown = metrics.uncertainties(predictions.columns)
        counts = [
            np.histogram(np.clip(columns["entropy"], 0, highest), edges)[0]
            for columns in (known, unknown)
        ]
        found[name] = {
            "images": len(unknown["entropy"]),
            "scores": {key: metrics.ood_scores(known[key], unknown[key]) for key in known},
            "histogram": {
                "edges": _numbers(edges),
                "inside": counts[0].tolist(),
                "outside": counts[1].tolist(),
            },
        }
    return found


@dataclasses.dataclass(frozen=True)
class Corrupted:
    """The same images under every corruption.

    Attributes:
        severities: out of 1 to 5.
        images: by corruption, a list by severity.
    """

    severities: tuple[int, ...]
    images: Mapping[str, Sequence[Images]]


def corrupt_all(
    images: Images, severities: Sequence[int] = SEVERITIES, title: str = ""
) -> Corrupted:
    """Corrupt images in every way, the same for every method that is tested on them.

    Args:
        images: clean ones; all of them are held 15 times for each severity, if that takes less than
            a gigabyte, and else corrupted whenever they are asked for.
        severities: out of 1 to 5.
        title: of the progress bar; none without.
    """
    pixels = images.pixels(np.arange(len(images)))
    kept = len(NAMES) * len(severities) * pixels.nbytes <= KEPT_BYTES
    found = {}
    for name in tqdm(NAMES, desc=title, unit="corruption", disable=not title, leave=False):
        sets = _OnDemand(pixels, images, name, tuple(severities))
        found[name] = list(sets) if kept else sets
    return Corrupted(tuple(severities), found)


class _OnDemand(Sequence):
    """Images under one corruption, a set for each severity, made anew whenever one is asked for."""

    def __init__(self, pixels, images, name, severities):
        self._pixels, self._images = pixels, images
        self._name, self._severities = name, severities

    def __len__(self):
        return len(self._severities)

    def __getitem__(self, place):
        changed = corrupt(self._pixels, self._name, self._severities[place])
        return Images(changed, self._images.labels, self._images.class_names)


def under_corruption(
    logits_of: Callable[[np.ndarray], np.ndarray], corrupted: Corrupted, title: str = ""
) -> dict:
    """Accuracy, NLL and ECE under each corruption and severity, and their means.

    Args:
        logits_of: from uint8 images to logits `(n, M, C)`.
        corrupted: the images.
        title: of the progress bar; none without.
    """
    by_name = {}
    bar = tqdm(corrupted.images.items(), desc=title, disable=not title, leave=False)
    for name, sets in bar:
        rows = [metrics.scores(Predictions(logits_of, images).columns) for images in sets]
        by_name[name] = {key: [row[key] for row in rows] for key in ("accuracy", "nll", "ece")}
    return {
        "images": len(next(iter(corrupted.images.values()))[0]),
        "severities": list(corrupted.severities),
        "by_name": by_name,
        "mean": {
            key: float(np.mean([values[key] for values in by_name.values()]))
            for key in ("accuracy", "nll", "ece")
        },
    }


def against_humans(found: Predictions, soft_labels: np.ndarray) -> dict:
    """Cross-entropy of the mean to human soft labels `(N, C)` (Peterson et al., ICCV 2019)."""
    human = np.asarray(soft_labels, np.float64)
    own = -np.sum(human * np.log(np.maximum(human, np.finfo(np.float64).tiny)), axis=1)
    return {
        "images": len(human),
        "cross_entropy": float(-np.mean(np.sum(human * found.log_probs, axis=1))),
        "entropy": float(np.mean(own)),
    }


def _numbers(values) -> list:
    """A list of floats, None for what is not finite."""
    return [float(value) if np.isfinite(value) else None for value in np.asarray(values)]
