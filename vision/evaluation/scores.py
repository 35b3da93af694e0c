"""Scores of predictions, each as the part of an evaluation that reports show."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from be_keras import metrics
from vision.corruptions import NAMES, SEVERITIES, corrupt
from vision.data.images import Images
from vision.evaluation.predictions import Predictions

SHARES = np.arange(0, 0.96, 0.05)  # of images rejected
BINS = 30
KEPT_BYTES = 1_000_000_000  # of corrupted images; more than that are made when they are needed


def in_distribution(predictions: Predictions, samples: int = 1_000) -> dict:
    """Scores on images like those of training.

    Gives what `be_keras.metrics.scores` gives, but `images` for the count; `calibrated_nll`;
    `intervals` by score; `members_alone`, `reliability`, `divergence` and `rejection`.
    """
    columns = predictions.columns
    values = metrics.scores(columns)
    images = int(values.pop("count"))
    intervals = metrics.bootstrap_intervals(columns, samples=samples) if images > 1 else {}
    table = metrics.reliability_table(columns["confidence"], columns["correct"])
    divergence = metrics.divergence_by_confidence(columns)
    return {
        "images": images,
        **values,
        "calibrated_nll": float(-np.mean(predictions.calibrated())),
        "intervals": {name: list(intervals[name]) for name in values if name in intervals},
        "members_alone": {key: _numbers(value) for key, value in predictions.members.items()},
        "reliability": {key: _numbers(value) for key, value in table.items()},
        "divergence": {
            key: _numbers(divergence[key]) for key in ("confidence", "pairwise_kl", "count")
        },
        "rejection": rejection(columns),
    }


def rejection(columns: dict[str, np.ndarray]) -> dict:
    """Accuracy of the images kept when a share of them, the least confident, is rejected.

    Ties of confidence are kept or rejected by their place.
    """
    correct = columns["correct"][np.argsort(-columns["confidence"], kind="stable")]
    kept = np.maximum(1, np.round((1 - SHARES) * len(correct)).astype(int))
    accuracy = np.cumsum(correct)[kept - 1] / kept
    return {"rejected": _numbers(SHARES), "accuracy": _numbers(accuracy)}


def out_of_distribution(test: Predictions, ood: dict[str, Predictions]) -> dict:
    """Detection of OOD images by three scores, and histograms of the mean's entropy."""
    known = metrics.uncertainties(test.columns)
    highest = np.log(test.log_probs.shape[-1])
    edges = np.linspace(0, highest, BINS + 1)
    detected = {}
    for name, predictions in ood.items():
        unknown = metrics.uncertainties(predictions.columns)
        counts = [
            np.histogram(np.clip(columns["entropy"], 0, highest), edges)[0]
            for columns in (known, unknown)
        ]
        detected[name] = {
            "images": len(unknown["entropy"]),
            "scores": {key: _detection(known[key], unknown[key]) for key in known},
            "histogram": {
                "edges": _numbers(edges),
                "in_distribution": counts[0].tolist(),
                "ood": counts[1].tolist(),
            },
        }
    return detected


def _detection(known: np.ndarray, unknown: np.ndarray) -> dict:
    scores = metrics.ood_scores(known, unknown)
    if min(len(known), len(unknown)) < 2:
        return scores
    return {**scores, "auroc_interval": list(metrics.auroc_interval(known, unknown))}


@dataclasses.dataclass(frozen=True)
class Corrupted:
    """The same images under every corruption.

    Attributes:
        severities: out of 1 to 5.
        images: by corruption, a list by severity.
        source: where they come from: made of the test images, or the name of a published set.
    """

    severities: tuple[int, ...]
    images: Mapping[str, Sequence[Images]]
    source: str = "test images"


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
    corrupted = {}
    for name in tqdm(NAMES, desc=title, unit="corruption", disable=not title, leave=False):
        sets = _OnDemand(pixels, images, name, tuple(severities))
        corrupted[name] = list(sets) if kept else sets
    return Corrupted(tuple(severities), corrupted)


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
    logits_of: Callable[[np.ndarray], np.ndarray],
    corrupted: Corrupted,
    title: str = "",
    samples: int = 200,
) -> dict:
    """Accuracy, NLL and ECE under corruption: of each kind, of each severity, and in the mean.

    ECE takes the noise of its bins for miscalibration, the more the fewer images there are: it is
    taken over all kinds of a severity, or all severities of a kind, at once.

    Args:
        logits_of: from uint8 images to logits `(n, M, C)`.
        corrupted: the images.
        title: of the progress bar; none without.
        samples: of the bootstrap over images, each with all that was made of it.

    Returns:
        `source`, `images`, `severities`; `by_name`, by corruption: `accuracy` and `nll`, a list by
        severity, and `ece`; `by_severity` and `mean`, each of all three scores; `intervals` of the
        mean, by score, where there are several images.

    Raises:
        NotFinite: a logit is not finite.
    """
    severities = list(corrupted.severities)
    records = {
        name: [Predictions(logits_of, images).columns for images in sets]
        for name, sets in tqdm(corrupted.images.items(), desc=title, disable=not title, leave=False)
    }
    of_severity = [_joined([sets[i] for sets in records.values()]) for i in range(len(severities))]
    columns = _joined(of_severity)
    size = len(columns["correct"])
    images = size // (len(records) * len(severities))

    def mean(columns, weights):
        parts = np.split(np.arange(size), len(severities))
        rows = [_of({k: v[part] for k, v in columns.items()}, weights[part]) for part in parts]
        return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}

    intervals = {}
    if images > 1:
        group = np.tile(np.arange(images), size // images)
        intervals = metrics.bootstrap_intervals(columns, mean, samples=samples, group=group)
    by_severity = [_of(part) for part in of_severity]
    return {
        "source": corrupted.source,
        "images": images,
        "severities": severities,
        "by_name": {
            name: {
                "accuracy": [_of(part)["accuracy"] for part in sets],
                "nll": [_of(part)["nll"] for part in sets],
                "ece": _of(_joined(sets))["ece"],
            }
            for name, sets in records.items()
        },
        "by_severity": {key: [row[key] for row in by_severity] for key in by_severity[0]},
        "mean": mean(columns, np.ones(size)),
        "intervals": {key: list(interval) for key, interval in intervals.items()},
    }


def _joined(parts: Sequence[dict]) -> dict[str, np.ndarray]:
    """What the three scores need of several sets of records."""
    return {
        key: np.concatenate([part[key] for part in parts])
        for key in ("correct", "confidence", "log_likelihood")
    }


def _of(columns: dict, weights: np.ndarray | None = None) -> dict[str, float]:
    """Accuracy, NLL and ECE; weights count each record so many times."""
    ece = metrics.expected_calibration_error(
        columns["confidence"], columns["correct"], weights=weights
    )
    return {
        "accuracy": float(np.average(columns["correct"].astype(np.float64), weights=weights)),
        "nll": -float(np.average(columns["log_likelihood"].astype(np.float64), weights=weights)),
        "ece": ece,
    }


def against_humans(predictions: Predictions, soft_labels: np.ndarray) -> dict:
    """Cross-entropy of the mean to human soft labels `(N, C)` (Peterson et al., ICCV 2019)."""
    human = np.asarray(soft_labels, np.float64)
    own = -np.sum(human * np.log(np.maximum(human, np.finfo(np.float64).tiny)), axis=1)
    return {
        "images": len(human),
        "cross_entropy": float(-np.mean(np.sum(human * predictions.log_probs, axis=1))),
        "entropy": float(np.mean(own)),
    }


def _numbers(values) -> list:
    """A list of floats, None for what is not finite."""
    return [float(value) if np.isfinite(value) else None for value in np.asarray(values)]
