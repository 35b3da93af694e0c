"""The trials of the experiments on images: settings to scores."""

import dataclasses
import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from be_keras import metrics
from be_keras.ensembles import MCDropout
from experiments.experiment import Experiment
from experiments.image_training import ImageSettings, new_model, train_classifier
from vision.data.images import Images
from vision.data.scaling import Scaling
from vision.evaluation import scores as scoring
from vision.evaluation.predictions import Predictions
from vision.evaluation.scores import Corrupted
from vision.training.build import cross_entropy

GRADIENT_EXAMPLES = 512


@dataclasses.dataclass(frozen=True)
class ImageTask:
    """What the trials of a task have in common.

    Attributes:
        train, test: images of the same classes.
        ood: out-of-distribution images of the same shape, by name.
        defaults: settings that hold where a trial says nothing.
        corrupted: test images under corruptions, or None.
    """

    train: Images
    test: Images
    ood: Mapping[str, Images]
    defaults: Mapping
    corrupted: Corrupted | None = None


class ImageExperiment(Experiment):
    """Trains and scores trials on images.

    Args:
        task: The images and the defaults.
        work: As in `Experiment`.
    """

    def __init__(self, task: ImageTask, work: str | Path):
        self.task = task
        data = (task.train.images, task.train.labels, task.test.images, task.test.labels)
        digest = hashlib.sha256(b"".join(map(np.ascontiguousarray, data))).hexdigest()

        def settings(**changes):
            return ImageSettings(**{**task.defaults, **changes})

        kept = ("model", "width", "examples")
        super().__init__(work, settings, kept, {"images": digest[:12]}, task.test, task.ood)

    def images_of(self, settings: ImageSettings) -> tuple[Images, Scaling]:
        """The training images, the same ones for every seed, and their scaling."""
        images = self.task.train
        if settings.examples is not None:
            images = images.take(settings.examples, seed=0)
        return images, Scaling.of(images.images)

    def new_model(self, settings):
        return new_model(settings, self.task.train)

    def train(self, settings):
        return train_classifier(settings, *self.images_of(settings))

    def cost(self, settings):
        # While members are one network, or split, an example counts once.
        alone = settings.steps if settings.fine_tune else round(settings.branch * settings.steps)
        together = settings.steps + settings.fine_tune - alone
        members = 1 if settings.members == "split" else settings.ensemble_size or 1
        examples = settings.networks * settings.batch_size * (alone + members * together)
        return {"member_examples": examples}

    def gradient_cosines(self, model):
        images = self.task.train.take(min(GRADIENT_EXAMPLES, len(self.task.train)), seed=1)
        x = self.images_of(self.settings())[1](images.images)
        return metrics.member_gradient_cosines(
            model, x, images.labels, cross_entropy(), batch_size=64
        )

    def logits_of(self, models, settings, seed):
        scaling = self.images_of(settings)[1]
        predict = [partial(model.predict, batch_size=500, verbose=0) for model in models]
        if settings.samples:
            samplers = [MCDropout(model, settings.samples) for model in models]
            predict = [partial(each.logits, batch_size=500, seed=seed) for each in samplers]
        return lambda pixels: np.concatenate([each(scaling(pixels)) for each in predict], axis=1)

    def predictions(self, logits_of, examples, ood=False):
        return Predictions(logits_of, examples, ood=ood)

    def more_scores(self, logits_of):
        if not self.task.corrupted:
            return {}
        return {"corruptions": scoring.under_corruption(logits_of, self.task.corrupted)}
