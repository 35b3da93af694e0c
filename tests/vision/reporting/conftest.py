"""Evaluations made of random logits, the folders they lie in, and systems to compare."""

import functools
import hashlib
import json

import numpy as np
import pytest

from be_keras import metrics
from be_tracks.report.evaluations import VERSION

CLASSES = 5
KINDS = ("gaussian_noise", "fog", "contrast")
SEVERITIES = [1, 2, 3]


def make_logits(members, labels, skill=2.5, spread=0.8, seed=0, classes=CLASSES):
    """Logits `(N, M, C)`: the label `skill` ahead on average, members `spread` apart.

    Images are as hard for one ensemble as for the next; what `seed` draws is the members.
    """
    logits = np.random.default_rng(100).normal(0, 1, (len(labels), 1, classes))
    logits[np.arange(len(labels)), 0, labels] += skill
    apart = np.random.default_rng(seed).normal(0, 1, (len(labels), members, classes))
    return (1.5 * logits + spread * apart).astype("float32")


def make_labels(images, classes=CLASSES):
    """The labels of the one test set of a size."""
    return np.random.default_rng(1).integers(0, classes, images)


@functools.cache
def make_curve(images, classes=CLASSES, **look):
    """The reference curve of 8 networks."""
    labels = make_labels(images, classes)
    logits = make_logits(8, labels, seed=9, classes=classes, **look)
    log_probs = [metrics.mean_log_probs(logits[:, [network]]) for network in range(8)]
    return metrics.reference_curve(log_probs, labels, orders=2)


def make_evaluation(
    name, members=1, method=None, images=200, classes=CLASSES, seed=0, samples=20, **look
):
    """An evaluation as the subcommand evaluate writes it; `look` is that of `make_logits`."""
    labels = make_labels(images, classes)
    logits = make_logits(members, labels, seed=seed, classes=classes, **look)
    columns = _columns(logits, labels)
    log_likelihood = metrics.calibrated_log_likelihood(metrics.mean_log_probs(logits), labels)
    dee = metrics.equivalent_with_interval(log_likelihood, make_curve(images, classes), samples)
    scores = metrics.scores(columns)
    scores.pop("count")
    intervals = metrics.bootstrap_intervals(columns, samples=samples)
    table = metrics.divergence_by_confidence(columns)
    return {
        "version": VERSION,
        "name": name,
        "method": method or ("single" if members == 1 else "batch-ensemble"),
        "ensemble_size": members,
        "members": None if members == 1 else "split",
        "model": "resnet20",
        "data": {
            "name": "synthetic images",
            "images": images,
            "classes": classes,
            "sha256": hashlib.sha256(labels.tobytes()).hexdigest(),
        },
        "parameters": 250_000 + 5_000 * members,
        "weight_bytes": 1_000_000 + 20_000 * members,
        "checkpoint_bytes": 2_000_000 + 50_000 * members,
        **scores,
        "calibrated_nll": float(-np.mean(log_likelihood)),
        "intervals": {key: list(intervals[key]) for key in scores},
        "dee": {**{key: dee[key] for key in ("dee", "low", "high")}, "at_least": dee["capped"]},
        "members_alone": _json(metrics.member_scores(logits, labels)),
        "reliability": _json(metrics.reliability_table(columns["confidence"], columns["correct"])),
        "divergence": _json({key: table[key] for key in ("confidence", "pairwise_kl", "count")}),
        "rejection": _rejection(columns),
        "corruptions": _corruptions(members, labels, seed, classes, **look),
        "ood": {"other things": _ood(columns, members, images, seed, classes, **look)},
        "human": None,
        "training": {
            **{"steps": 1000, "unique_examples": 128_000, "member_examples": 128_000},
            **{"macs": 1.5e12, "seconds": 321.5},
        },
        "testing": {"seconds": 0.5, "images": images, "batch_size": 50, "peak_memory_bytes": 1.2e9},
        "settings": {},
    }


def _columns(logits, labels):
    records = metrics.Records()
    records.append(metrics.ensemble_records(logits, labels, outputs="logits"))
    return records.columns()


def _json(value):
    """Turn arrays into what JSON holds; NaN becomes None."""
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    return [None if np.isnan(each) else float(each) for each in np.asarray(value, float)]


def _rejection(columns):
    correct = columns["correct"][np.argsort(-columns["confidence"])]
    shares = np.arange(0, 0.96, 0.05)
    kept = np.round((1 - shares) * len(correct)).astype(int)
    return _json({"rejected": shares, "accuracy": (np.cumsum(correct)[kept - 1]) / kept})


def _corruptions(members, labels, seed, classes, skill=2.5, spread=0.8):
    """Members lose the label and each other as severity rises."""
    by_name, keys = {}, ("accuracy", "nll", "ece")
    for kind in KINDS:
        each = {key: [] for key in keys}
        for severity in SEVERITIES:
            left = skill * (1 - severity / (4 + 2 * KINDS.index(kind)))
            logits = make_logits(members, labels, left, spread * (1 + severity), seed, classes)
            found = metrics.scores(_columns(logits, labels))
            for key in each:
                each[key].append(found[key])
        by_name[kind] = each
    by_severity = {
        key: np.mean([by_name[kind][key] for kind in KINDS], axis=0).tolist() for key in keys
    }
    mean = {key: float(np.mean(by_severity[key])) for key in keys}
    for each in by_name.values():
        each["ece"] = float(np.mean(each["ece"]))
    return {
        "source": "test images",
        "images": len(labels),
        "severities": SEVERITIES,
        "by_name": by_name,
        "by_severity": by_severity,
        "mean": mean,
        "intervals": {key: [0.9 * value, 1.1 * value] for key, value in mean.items()},
    }


def _ood(columns, members, images, seed, classes, skill=2.5, spread=0.8):
    """OOD images: no label is ahead, and members lie further apart."""
    labels = np.zeros(images // 2, int)
    logits = make_logits(members, labels, 0.0, 2 * spread, seed + 1, classes)
    ood = _columns(logits, labels)
    known, unknown = metrics.uncertainties(columns), metrics.uncertainties(ood)
    edges = np.linspace(0, np.log(classes), 31)
    return {
        "images": len(labels),
        "scores": {
            key: {
                **metrics.ood_scores(known[key], unknown[key]),
                "auroc_interval": list(metrics.auroc_interval(known[key], unknown[key])),
            }
            for key in known
        },
        "histogram": {
            "edges": edges.tolist(),
            "in_distribution": np.histogram(known["entropy"], edges)[0].tolist(),
            "ood": np.histogram(unknown["entropy"], edges)[0].tolist(),
        },
    }


@pytest.fixture(scope="session")
def evaluation():
    """A function: name, members and changed keys to an evaluation made of random logits."""

    made = functools.cache(make_evaluation)

    def make(name, members=1, **changes):
        return json.loads(json.dumps(made(name, members))) | changes

    return make


@pytest.fixture
def systems(evaluation):
    """A single network, an ensemble of four, and one of two without what takes long."""
    return {
        "single": evaluation("single"),
        "be4": evaluation("be4", 4),
        "pair": evaluation("pair", 2, method="deep-ensemble", corruptions=None, ood={}, dee=None),
    }
