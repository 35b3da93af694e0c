"""Evaluations of classifiers: what a report needs of them, and which belong in one report."""

from collections.abc import Iterable
from pathlib import Path

from be_tracks.report import evaluations
from be_tracks.report.evaluations import (
    LIST,
    NUMBER,
    NUMBERS,
    POSITIVE,
    TABLE,
    TEXT,
    check_bins,
    check_keys,
    check_numbers,
)

SCORES = (
    *("nll", "member_nll", "calibrated_nll", "accuracy", "member_accuracy", "brier", "ece"),
    *("disagreement", "mutual_information", "pairwise_kl"),
)
REQUIRED = {
    **dict.fromkeys(("name", "method", "model", "data.name", "data.sha256"), TEXT),
    **dict.fromkeys(("ensemble_size", "data.images", "data.classes"), POSITIVE),
    **dict.fromkeys(("parameters", "weight_bytes", "checkpoint_bytes"), POSITIVE),
    **dict.fromkeys(SCORES, NUMBER),
    "reliability.edges": NUMBERS,
    "reliability.count": NUMBERS,
    "reliability.confidence": LIST,
    "reliability.accuracy": LIST,
    "divergence.count": NUMBERS,
    "divergence.confidence": LIST,
    "divergence.pairwise_kl": LIST,
    "rejection.rejected": NUMBERS,
    "members_alone": TABLE,
    "training.unique_examples": NUMBER,
    "training.member_examples": NUMBER,
    "training.macs": NUMBER,
    "training.seconds": NUMBER,
    "testing.seconds": NUMBER,
    "testing.images": NUMBER,
}
# What is there in whole or not at all.
REQUIRED_WITHIN = {
    "dee": dict.fromkeys(("dee", "low", "high"), NUMBER),
    "human": {"images": POSITIVE, "cross_entropy": NUMBER, "entropy": NUMBER},
    "corruptions": {
        "severities": NUMBERS,
        "by_name": TABLE,
        "by_severity": TABLE,
        **dict.fromkeys(("mean.accuracy", "mean.nll", "mean.ece"), NUMBER),
    },
}
OPTIONAL = (
    ("testing", "peak_memory_bytes"),
    ("training", "peak_memory_bytes"),
    ("corruptions", "images"),
)
REQUIRED_OF_OOD = {
    "images": POSITIVE,
    "scores.entropy.auroc": NUMBER,
    "scores.mutual_information.auroc": NUMBER,
    "histogram.edges": NUMBERS,
}


def read_evaluations(folders: Iterable[str | Path]) -> dict[str, dict]:
    """Read the evaluation in each folder and check that they belong in one report.

    Args:
        folders: paths of folders that hold `evaluation.json`.

    Returns:
        `{name: evaluation}` in the order given; what is not a finite number is None.

    Raises:
        UserError: a file that is missing or damaged, a key missing or of another kind, a name
            used twice, or evaluations of different test sets, corruptions or OOD images.
    """
    return evaluations.read_evaluations(folders, _check, _test_set)


def _check(evaluation: dict, path: Path) -> None:
    """Raise UserError, naming the key, where the evaluation lacks what a report shows."""
    check_keys(evaluation, REQUIRED, path)
    for part, kinds in REQUIRED_WITHIN.items():
        if evaluation.get(part) is not None:
            check_keys(evaluation, {f"{part}.{key}": kind for key, kind in kinds.items()}, path)
    for part, key in OPTIONAL:
        if (evaluation.get(part) or {}).get(key) is not None:
            check_keys(evaluation, {f"{part}.{key}": POSITIVE}, path)
    for part, columns, edges in (
        ("reliability", ("confidence", "accuracy"), True),
        ("divergence", ("confidence", "pairwise_kl"), False),
    ):
        check_bins(evaluation[part], columns, path, part, "images", edges)
    for key, interval in _table(evaluation, "intervals", path).items():
        check_numbers(interval, 2, path, f"intervals.{key}")
    rejection = evaluation["rejection"]
    shares = len(rejection["rejected"])
    check_numbers(rejection.get("accuracy"), shares, path, "rejection.accuracy")
    for key in ("accuracy", "nll"):
        alone = evaluation["members_alone"].get(key)
        check_numbers(alone, evaluation["ensemble_size"], path, f"members_alone.{key}")
    if evaluation.get("corruptions"):
        _check_corruptions(evaluation["corruptions"], path)
    for key, found in _table(evaluation, "ood", path).items():
        _check_ood(found, path, f"ood.{key}.")


def _table(evaluation: dict, key: str, path: Path) -> dict:
    """The table under a key, empty where there is none."""
    if evaluation.get(key):
        check_keys(evaluation, {key: TABLE}, path)
    return evaluation.get(key) or {}


def _check_corruptions(corruptions: dict, path: Path) -> None:
    severities = max(1, len(corruptions["severities"]))
    for name, scores in corruptions["by_name"].items():
        for key in ("accuracy", "nll"):
            values = scores.get(key) if isinstance(scores, dict) else None
            check_numbers(values, severities, path, f"corruptions.by_name.{name}.{key}")
        check_keys(scores, {"ece": NUMBER}, path, f"corruptions.by_name.{name}.")
    for key in ("accuracy", "nll", "ece"):
        values = corruptions["by_severity"].get(key)
        check_numbers(values, severities, path, f"corruptions.by_severity.{key}")
    for key, interval in (corruptions.get("intervals") or {}).items():
        check_numbers(interval, 2, path, f"corruptions.intervals.{key}")


def _check_ood(found: dict, path: Path, under: str) -> None:
    check_keys(found, REQUIRED_OF_OOD, path, under)
    for key, scores in found["scores"].items():
        if scores.get("auroc_interval") is not None:
            check_numbers(scores["auroc_interval"], 2, path, f"{under}scores.{key}.auroc_interval")
    bins = max(1, len(found["histogram"]["edges"]) - 1)
    for key in ("in_distribution", "ood"):
        check_numbers(found["histogram"].get(key), bins, path, f"{under}histogram.{key}")


def _test_set(evaluation: dict) -> dict:
    """What was shown to a system; what was not is left out."""
    said = {"data.sha256": evaluation["data"]["sha256"]}
    corruptions = evaluation.get("corruptions")
    if corruptions:
        said["corruptions.severities"] = corruptions["severities"]
        said["corruptions.by_name"] = sorted(corruptions["by_name"])
        said["corruptions.images"] = corruptions.get("images")
        said["corruptions.source"] = corruptions.get("source")
    for name, found in (evaluation.get("ood") or {}).items():
        said[f"ood.{name}.images"] = found["images"]
    return said
