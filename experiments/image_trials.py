"""The cells of the experiments on images: settings to scores.

Takes a task (images to learn, to test on, and foreign ones) and a working folder for what is too
large for a result: the networks of the reference curve and of the deep ensembles.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import keras
import numpy as np

from be_keras import metrics
from be_keras.ensembles import DeepEnsemble, MCDropout
from be_tracks.atomic import cached
from experiments import Cell
from experiments.image_training import train_classifier
from vision.data.images import Images
from vision.data.scaling import Scaling
from vision.evaluation import scores as scoring
from vision.evaluation.predictions import NotFinite, Predictions
from vision.evaluation.scores import Corrupted
from vision.settings import Settings, make_settings
from vision.training.build import cross_entropy, new_classifier
from vision.training.cost import costs, macs

REFERENCE_NETWORKS = 8
REFERENCE_SEED = 10_000  # far from every cell's, so that no network is compared with itself
# What a cell may set beyond `Settings`: how many networks of its settings make its ensemble, and
# how many dropout masks are sampled for a test image.
NETWORKS, SAMPLES = "networks", "samples"
GRADIENT_EXAMPLES = 512


@dataclasses.dataclass(frozen=True)
class ImageTask:
    """What a grid's cells have in common.

    Attributes:
        train, test: images of the same classes.
        outside: other images of the same shape, by name.
        defaults: settings that hold where a cell says nothing.
        corrupted: test images under corruptions, or None.
    """

    train: Images
    test: Images
    outside: Mapping[str, Images]
    defaults: Mapping
    corrupted: Corrupted | None = None


class ImageCells:
    """Trains and scores cells; an instance is the `train` of `experiments.run_cells`.

    Args:
        task: The images and the defaults.
        work: Folder for networks and reference curves; made if missing.
    """

    def __init__(self, task: ImageTask, work: str | Path):
        self.task = task
        self.work = Path(work)
        data = (task.train.images, task.train.labels, task.test.images, task.test.labels)
        self._data = hashlib.sha256(b"".join(map(np.ascontiguousarray, data))).hexdigest()

    def __call__(self, cell: Cell) -> dict:
        """The result of one cell: its cost, `scores`, and how its members differ."""
        settings, networks, samples = self._settings(cell)
        curve = self.reference_curve(settings)
        images, scaling = self._training_images(settings)
        # References and ensembles seed their own networks: what follows must not depend on them.
        keras.utils.set_random_seed(cell.seed)
        untrained = new_classifier(settings, images)
        per_row, cosine = macs(untrained.body), {}
        begins = not (settings.branch or settings.fine_tune)  # else members begin elsewhere
        if untrained.ensemble_size > 1 and begins:
            cosine["begin"] = self._gradient_cosine(untrained, scaling)
        if networks == 1:
            keras.utils.set_random_seed(cell.seed)
            model = train_classifier(settings, images, scaling)
            logits = partial(model.predict, batch_size=500, verbose=0)
            if samples:
                logits = partial(MCDropout(model, samples).logits, batch_size=500, seed=cell.seed)
            parameters = model.count_params()
            if model.ensemble_size > 1:
                cosine["end"] = self._gradient_cosine(model, scaling)
        else:
            ensemble = self._deep_ensemble(settings, networks, first_seed=100 * (cell.seed + 1))
            logits, parameters = ensemble.logits, networks * untrained.count_params()
        return {
            "all_settings": self.all_settings(cell),
            "parameters": parameters,
            **costs(settings, networks),
            "multiply_adds_per_row": per_row,
            "gradient_cosine": cosine,
            **self._score(logits, scaling, curve),
        }

    def all_settings(self, cell: Cell) -> dict:
        """All that a cell is run with, defaults and what tells other images apart too."""
        settings, networks, samples = self._settings(cell)
        beyond = {NETWORKS: networks, SAMPLES: samples, "images": self._data[:12]}
        return {**dataclasses.asdict(settings), **beyond}

    def _settings(self, cell):
        """The settings of each network, how many there are, and the samples of dropout."""
        changes = dict(cell.settings)
        networks, samples = changes.pop(NETWORKS, 1), changes.pop(SAMPLES, 0)
        return make_settings(**{**self.task.defaults, **changes}), networks, samples

    def reference_curve(self, settings: Settings) -> np.ndarray:
        """Calibrated log-likelihoods `(K, N)` of deep ensembles of 1 to 8 networks on the test set.

        The networks have the settings' model, width and images, and else the task's defaults.
        They are trained when they are first asked for.
        """
        reference = self._reference_settings(settings)

        def curve():
            ensemble = self._deep_ensemble(reference, REFERENCE_NETWORKS, REFERENCE_SEED)
            images = self.task.test
            _, scaling = self._training_images(reference)
            logits = ensemble.logits(scaling(images.images))
            log_probs = [metrics.mean_log_probs(logits[:, [k]]) for k in range(logits.shape[1])]
            return metrics.reference_curve(log_probs, images.labels, minimum=REFERENCE_NETWORKS)

        return cached(self.work / f"curve-{self._digest(reference)}.npz", curve)

    def _reference_settings(self, settings):
        kept = {key: getattr(settings, key) for key in ("model", "width", "examples")}
        return make_settings(**{**self.task.defaults, **kept})

    def _deep_ensemble(self, settings, networks, first_seed):
        images, scaling = self._training_images(settings)
        folder = self.work / f"networks-{self._digest(settings)}"
        ensemble = DeepEnsemble(
            lambda: train_classifier(settings, images, scaling), networks, first_seed, folder
        )
        ensemble.train()
        return ensemble

    def _digest(self, settings):
        text = json.dumps([dataclasses.asdict(settings), self._data], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _training_images(self, settings):
        images = self.task.train
        if settings.examples is not None:
            images = images.take(settings.examples, seed=0)  # the same ones for every seed
        return images, Scaling.of(images.images)

    def _gradient_cosine(self, model, scaling):
        """Mean |cosine| between the gradients of different members on the shared weights."""
        images = self.task.train.take(min(GRADIENT_EXAMPLES, len(self.task.train)), seed=1)
        found = metrics.member_gradient_cosines(
            model, scaling(images.images), images.labels, cross_entropy(), batch_size=64
        )
        different = ~np.eye(len(found), dtype=bool)
        return float(np.mean(np.abs(found[different])))

    def _score(self, logits_of, scaling, curve):
        def of_pixels(pixels):
            return logits_of(scaling(pixels))

        try:
            found = Predictions(of_pixels, self.task.test)
            foreign = {
                name: Predictions(of_pixels, images, ood=True)
                for name, images in self.task.outside.items()
            }
            under = None
            if self.task.corrupted:
                under = scoring.under_corruption(of_pixels, self.task.corrupted)
        except NotFinite:
            return {"diverged": True}
        log_likelihood = found.calibrated()
        detection = scoring.out_of_distribution(found, foreign)
        divergence = metrics.divergence_by_confidence(found.columns)
        result = {
            "scores": {
                **metrics.scores(found.columns),
                "calibrated_nll": float(-np.mean(log_likelihood)),
                **metrics.equivalent_with_interval(log_likelihood, curve),
            },
            "members": {
                key: [float(value) for value in values] for key, values in found.members.items()
            },
            "out_of_distribution": {name: each["scores"] for name, each in detection.items()},
            "divergence": {
                key: [float(value) for value in divergence[key]]
                for key in ("confidence", "pairwise_kl", "count")
            },
            "reference": [float(value) for value in -np.mean(curve, axis=1)],
        }
        return result if under is None else {**result, "corruptions": under}
