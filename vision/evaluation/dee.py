"""The deep-ensemble equivalent of a trained run, against the networks of another.

The reference is a deep ensemble of at least 8 networks of seeds of their own; its curve over sizes
is kept in its folder, one file a test set.
"""

import numpy as np

from be_keras import metrics
from be_tracks.atomic import cached
from be_tracks.errors import UserError
from vision.data.fingerprint import fingerprint
from vision.data.images import Images
from vision.evaluation.classifier import Classifier
from vision.evaluation.predictions import Predictions

REFERENCE_NETWORKS = 8


def equivalent(
    predictions: Predictions, classifier: Classifier, reference: Classifier, test: Images
) -> dict:
    """Give the DEE of a run's predictions with its interval.

    Args:
        predictions: the run's predictions on the test images.
        classifier: the run.
        reference: the deep ensemble to compare with.
        test: the test images.

    Returns:
        `dee`, `low`, `high` (95 %, over test images), `at_least` (whether the curve ends below),
        and `reference`, the calibrated NLL of deep ensembles of 1, 2, ... networks.

    Raises:
        UserError: as `reference_curve`; or a network would be compared with itself.
    """
    _check_apart(classifier, reference)
    curve = reference_curve(reference, test)
    value = metrics.equivalent_with_interval(predictions.calibrated(), curve)
    return {
        "dee": value["dee"],
        "low": value["low"],
        "high": value["high"],
        "at_least": bool(value["capped"]),
        "reference": [float(nll) for nll in -np.mean(curve, axis=1)],
    }


def reference_curve(reference: Classifier, test: Images) -> np.ndarray:
    """Calibrated log-likelihoods `(K, N)` of deep ensembles of 1 to K networks of a run.

    Raises:
        UserError: the run is no deep ensemble of at least 8 networks, or of other images.
    """
    method, path = reference.method, reference.folder.path
    if method.name != "deep-ensemble" or method.networks < REFERENCE_NETWORKS:
        raise UserError(
            f"{path}: expected a deep ensemble of {REFERENCE_NETWORKS} networks or more as the"
            f" reference of the DEE; got {method.name} of {method.networks}. Train one with"
            f" --method deep-ensemble --ensemble-size {REFERENCE_NETWORKS} --seed 1000."
        )
    check_fits(reference, test, "the test set")

    def curve():
        predictions = Predictions(
            reference.logits, test, title="reference networks", keep_members=True
        )
        of_members = predictions.of_members
        return metrics.reference_curve(of_members, test.labels, minimum=REFERENCE_NETWORKS)

    return cached(path / f"curve-{fingerprint(test)[:12]}.npz", curve)


def _check_apart(classifier, reference):
    """No network of the reference is one of those that are compared with it."""
    ours = {classifier.seed + i for i in range(classifier.method.networks)}
    theirs = {reference.seed + i for i in range(reference.method.networks)}
    alike = classifier.settings["settings"] == reference.settings["settings"]
    if alike and ours & theirs:
        raise UserError(
            f"{classifier.folder.path} and the reference {reference.folder.path} share the"
            f" network of seed {min(ours & theirs)}, which would be compared with itself; train"
            " the reference with another --seed."
        )


def check_fits(classifier, test, source):
    """Raise UserError unless images have the shape and the classes of a run's training."""
    if tuple(test.shape) != classifier.shape:
        raise UserError(
            f"{classifier.folder.path} was trained on images of shape {classifier.shape}; got"
            f" {tuple(test.shape)} from {source}. Give images of that shape, with --size for"
            " folders."
        )
    if len(test.class_names) != len(classifier.class_names):
        raise UserError(
            f"{classifier.folder.path} was trained on {len(classifier.class_names)} classes; got"
            f" {len(test.class_names)} from {source}. Evaluate on the test split of its own data."
        )
    names = tuple(test.class_names), classifier.class_names
    numbered = tuple(map(str, range(len(test.class_names))))  # a set that gives no names
    if names[0] != names[1] and numbered not in names:
        raise UserError(
            f"{classifier.folder.path} was trained on the classes"
            f" {', '.join(classifier.class_names[:5])} ...; got"
            f" {', '.join(test.class_names[:5])} ... from {source}."
        )
