"""The subcommand `evaluate`: a trained run on a test set, and on what it was not trained for.

Takes a run and images; gives a folder with `evaluation.json` and `records.npz`.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from be_tracks.atomic import atomic_directory, check_replaceable
from be_tracks.errors import UserError, refusals_explained
from be_tracks.report.evaluations import EVALUATION, VERSION
from vision.data.fingerprint import fingerprint
from vision.data.images import Images
from vision.data.resize import match
from vision.data.soft_labels import check_order, read_soft_labels
from vision.data.sources import read_images
from vision.evaluation import scores as scoring
from vision.evaluation.classifier import Classifier
from vision.evaluation.dee import check_fits, equivalent
from vision.evaluation.memory import peak_memory
from vision.evaluation.predictions import CHUNK, NotFinite, Predictions
from vision.evaluation.published_corruptions import read_corrupted
from vision.training.cost import macs

FILES = (EVALUATION, "records.npz")
# Rows of a training step: forward, and backward twice as dear, for the inputs and the kernels.
FORWARD_AND_BACKWARD = 3


def evaluate(
    classifier: Classifier,
    test: Images,
    name: str,
    source: str = "",
    ood: Mapping[str, Images] | None = None,
    corrupted: scoring.Corrupted | None = None,
    reference: Classifier | None = None,
    soft_labels: np.ndarray | None = None,
    batch_size: int = 256,
    peak_memory_bytes: int | None = None,
) -> tuple[dict, Predictions]:
    """Evaluate a trained run.

    Args:
        classifier: the run.
        test: images of the same shape and classes as those of training.
        name: in reports.
        source: what the test images are called.
        ood: out-of-distribution images, of any size and 1 or 3 channels, by name.
        corrupted: of `vision.evaluation.scores.corrupt_all`; None leaves corruptions out.
        reference: a deep ensemble of 8 networks or more, for the DEE; None leaves it out.
        soft_labels: `(N, C)`, probabilities that people gave the classes of the test images.
        batch_size: images of a step.
        peak_memory_bytes: of predicting alone; None where it is not known.

    Returns:
        The content of `evaluation.json`, and the predictions on the test images.

    Raises:
        UserError: images or a reference that do not fit, or logits that are not finite.
    """
    check_fits(classifier, test, source)

    def logits_of(pixels):
        return classifier.logits(pixels, batch_size)

    try:
        predictions, seconds = _timed(logits_of, test, name)
        unseen = {
            key: Predictions(logits_of, match(images, *classifier.shape), True, f"{name}: {key}")
            for key, images in (ood or {}).items()
        }
        under = None
        if corrupted:
            under = scoring.under_corruption(logits_of, corrupted, f"{name}: corruptions")
    except NotFinite as error:
        raise UserError(f"{classifier.folder.path}: {error}") from None
    evaluation = {
        "version": VERSION,
        "name": name,
        **_described(classifier),
        "data": {"name": source, **_identity(test)},
        **scoring.in_distribution(predictions),
        "dee": equivalent(predictions, classifier, reference, test) if reference else None,
        "corruptions": under,
        "ood": scoring.out_of_distribution(predictions, unseen),
        "human": None if soft_labels is None else scoring.against_humans(predictions, soft_labels),
        "training": _training(classifier),
        "testing": {
            "seconds": seconds,
            "images": len(test),
            "batch_size": batch_size,
            "peak_memory_bytes": peak_memory_bytes,
        },
        "settings": classifier.settings,
    }
    return evaluation, predictions


def _timed(logits_of, test, name):
    """Predictions on the test images, and the seconds they took."""
    for count in {min(len(test), CHUNK), len(test) % CHUNK} - {0}:
        logits_of(test.pixels(np.arange(count)))  # compiles: not what is timed
    seconds = 0.0

    def timed(pixels):
        nonlocal seconds
        began = time.perf_counter()
        logits = logits_of(pixels)
        seconds += time.perf_counter() - began
        return logits

    predictions = Predictions(timed, test, title=f"{name}: test images")
    return predictions, seconds


def _identity(test):
    classes = len(test.class_names)
    return {"images": len(test), "classes": classes, "sha256": fingerprint(test)}


def _described(classifier):
    """The method and its sizes."""
    settings = classifier.settings["settings"]
    return {
        "method": classifier.method.name,
        "ensemble_size": classifier.method.ensemble_size,
        "members": settings["members"] if classifier.method.members else None,
        "model": settings["model"],
        "parameters": classifier.parameters,
        "weight_bytes": classifier.weight_bytes,
        "checkpoint_bytes": classifier.checkpoint_bytes,
    }


def _training(classifier):
    """What the training cost, from the run's own figures."""
    cost, log = classifier.settings["cost"], classifier.folder.log()
    network = classifier.networks[0]
    members = 1 if network.members == "split" else network.ensemble_size
    member_examples = len(classifier.networks) * members * cost["unique_examples"]
    return {
        **{key: cost[key] for key in ("steps", "unique_examples")},
        "member_examples": member_examples,
        "macs": FORWARD_AND_BACKWARD * member_examples * macs(network.body),
        "seconds": round(sum(entry["seconds"] for entry in log), 1),
        "peak_memory_bytes": max((e.get("peak_memory_bytes", 0) for e in log), default=0) or None,
    }


def write(out: str | Path, evaluation: dict, predictions: Predictions) -> None:
    """Write the evaluation's folder, whole or not at all."""
    check_replaceable(out, FILES)
    with refusals_explained(out), atomic_directory(out) as folder:
        text = json.dumps(evaluation, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / EVALUATION).write_text(text + "\n", encoding="utf-8")
        np.savez_compressed(folder / "records.npz", **predictions.columns)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `evaluate`."""
    parser.add_argument("--model", required=True, metavar="RUN", help="folder of a trained run")
    parser.add_argument(
        "--best",
        action="store_true",
        help="the networks as they were at their lowest NLL on the images held out",
    )
    parser.add_argument("--data", required=True, metavar="SOURCE", help="as of train")
    parser.add_argument("--split", default="test", help="default: test")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="height and width for folders")
    parser.add_argument("--out", required=True, metavar="DIR", help="the evaluation's folder")
    parser.add_argument("--name", help="name in reports (default: the run's)")
    parser.add_argument(
        "--ood", nargs="+", default=[], metavar="SOURCE", help="out-of-distribution images"
    )
    parser.add_argument(
        "--corrupted",
        type=int,
        default=1_000,
        metavar="N",
        help="test images to corrupt in 15 ways of 5 severities; 0 for none (default: 1000)",
    )
    parser.add_argument(
        "--corrupted-set",
        metavar="NAME",
        help="take them from a published set instead: cifar10_corrupted, imagenet2012_corrupted",
    )
    parser.add_argument(
        "--reference", metavar="RUN", help="deep ensemble of 8 networks or more, for the DEE"
    )
    parser.add_argument(
        "--soft-labels", metavar="FILE", help="people's labels of the test images, .npy or .csv"
    )
    parser.add_argument("--batch-size", type=int, default=256, help="default: 256")


def run(args: argparse.Namespace) -> None:
    """Carry out `evaluate` with parsed options, and print the main scores."""
    if args.batch_size < 1 or args.corrupted < 0:
        raise UserError(
            f"--batch-size must be at least 1 and --corrupted 0 or more; got {args.batch_size} and"
            f" {args.corrupted}."
        )
    check_replaceable(args.out, FILES)
    ood = {Path(source).stem: source for source in args.ood}
    if len(ood) < len(args.ood):
        raise UserError(
            f"expected --ood of different names; got {' '.join(args.ood)}, which reports"
            " could not tell apart. Rename one."
        )
    classifier = Classifier(args.model, args.best)
    # Before anything else is in memory: reference networks, test sets, corrupted images.
    blank = np.zeros((2 * args.batch_size, *classifier.shape), np.uint8)
    classifier.logits(blank, args.batch_size)
    peak = peak_memory()
    reference = Classifier(args.reference) if args.reference else None
    test = read_images(args.data, args.split, args.size)
    soft_labels = None
    if args.soft_labels:
        soft_labels = read_soft_labels(args.soft_labels, len(test), len(test.class_names))
        check_order(soft_labels, test.labels, args.soft_labels)
    corrupted = None
    if args.corrupted and args.corrupted_set:
        corrupted = read_corrupted(args.corrupted_set, args.corrupted, classifier, args.size)
    elif args.corrupted:
        # Sets that are read from folders come class by class.
        some = test.take(min(args.corrupted, len(test)), seed=0)
        corrupted = scoring.corrupt_all(some, title="corruptions")
    evaluation, predictions = evaluate(
        classifier,
        test,
        args.name or Path(args.model).resolve().name,
        args.data,
        {name: read_images(source, "test", args.size) for name, source in ood.items()},
        corrupted,
        reference=reference,
        soft_labels=soft_labels,
        batch_size=args.batch_size,
        peak_memory_bytes=peak,
    )
    write(args.out, evaluation, predictions)
    print(summary_line(evaluation))
    print(f"wrote {args.out}", file=sys.stderr)


def summary_line(evaluation: dict) -> str:
    """The main scores of one evaluation."""
    line = (
        f"{evaluation['name']}: accuracy {evaluation['accuracy']:.4f} NLL {evaluation['nll']:.4f}"
        f" ECE {evaluation['ece']:.4f} disagreement {evaluation['disagreement']:.4f}"
    )
    if evaluation["dee"]:
        line += f" DEE {evaluation['dee']['dee']:.2f}"
    return line
