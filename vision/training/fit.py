"""Training of classifiers: images and settings to the networks of a run, one after another."""

import dataclasses
from functools import partial
from pathlib import Path

import keras
import numpy as np

from be_keras import EnsembleModel, metrics
from be_keras.training import broadcast_from_chief, is_chief
from be_tracks.devices import check_same_settings
from be_tracks.errors import UserError
from be_tracks.runs.loop import TrainingLoop
from be_tracks.runs.progress import Progress
from be_tracks.runs.version import version
from vision.data.batches import Batches
from vision.data.fingerprint import fingerprint, sample
from vision.data.images import Images
from vision.data.scaling import Scaling
from vision.evaluation.classifier import load_model
from vision.evaluation.memory import peak_memory
from vision.evaluation.predictions import Predictions
from vision.methods import METHODS, Method
from vision.run_directory import RunDirectory
from vision.settings import Settings
from vision.training.build import build_classifier, new_classifier


def train(
    images: Images,
    out: str | Path,
    settings: Settings,
    method: Method,
    source: str = "",
    seed: int = 0,
    strategy=None,
    microbatches: int = 1,
) -> RunDirectory:
    """Train every network of the method, from the last checkpoint if there is one.

    Network i begins at seed + i, so a larger deep ensemble begins with the networks of a smaller.

    Args:
        images: the training images; `settings.hold_out` of them are kept for validation.
        out: the run's directory.
        settings: model and training; what the method decides is overridden.
        method: of `make_method`.
        source: what the images are called.
        seed: decides weights, order, augmentation and dropout, 0 or more.
        strategy: what `be_keras.training.strategy` gave, or None for one device.
            `settings.batch_size` counts the images of all replicas; every worker reads the same
            ones and takes its part, and the chief alone reads and writes `out`.
        microbatches: micro-batches of a replica's part of each batch.

    Returns:
        The run's directory.

    Raises:
        UserError: too few images, a directory with another run in it, workers that do not agree, a
            loss that is not finite.
    """
    settings = method.apply(settings)
    training, held = _parts(images, settings)
    scaling = Scaling.of(sample(training))
    model = build_classifier(settings, images.shape, len(images.class_names))
    run = RunDirectory(out)
    about = _about(images, training, scaling, settings, method, source, seed, model)
    decisive = {part: about[part] for part in run.PARTS}
    # The source may be named by a path, which differs between machines.
    decisive["data"] = {key: value for key, value in about["data"].items() if key != "source"}
    check_same_settings(strategy, {**decisive, "devices": {"microbatches": microbatches}})
    steps, chief = method.networks * settings.steps, is_chief(strategy)
    with (
        run.under_way(about, chief),
        Progress(steps, "images", _Network.remedy, settings.batch_size) as progress,
    ):
        if chief:
            progress.write(
                f"{METHODS[method.name]}: {method.networks} x {model.count_params():,} parameters,"
                f" {settings.steps} steps of {settings.batch_size} images"
            )
        # Workers beside the chief do not see what is trained.
        trained = broadcast_from_chief(
            strategy, [int(run.network(i).exists()) for i in range(method.networks)]
        )
        progress.skip(int(trained.sum()) * settings.steps)
        for index in np.flatnonzero(trained == 0).tolist():
            network = _Network(
                run, training, held, scaling, settings, seed + index, strategy, microbatches, index
            )
            network.train(progress)
            if chief:
                network.finish()
    return run


class _Network(TrainingLoop):
    """The training of one network of a run."""

    remedy = "a lower --set learning_rate=..., or --set member_loss=mean"
    load = staticmethod(load_model)

    def __init__(self, run, images, held, scaling, settings, seed, strategy, microbatches, index):
        self.images, self.held, self.scaling, self.settings = images, held, scaling, settings
        every = settings.checkpoint_every
        super().__init__(run, seed, settings.steps, every, strategy, microbatches, index)
        if settings.bagging:
            drawn = np.random.default_rng((seed, 1)).integers(len(images), size=len(images))
            self.images = images.select(drawn)

    def make(self):
        return new_classifier(self.settings, self.images)

    def batches(self, count, progress):
        settings = self.settings
        return Batches(
            self.images,
            self.scaling,
            settings.batch_size,
            count,
            settings.augment,
            start=self.step,
            seed=self.seed,
            flip=settings.flip,
        ).stream()

    def validate(self):
        """Score the images held out; nothing where there are none."""
        if self.held is None:
            return {}
        predict = partial(self.model.predict, batch_size=250, verbose=0)
        predictions = Predictions(lambda pixels: predict(self.scaling(pixels)), self.held)
        scores = metrics.scores(predictions.columns)
        return {key: scores[key] for key in ("nll", "member_nll", "accuracy", "disagreement")}

    def measures(self):
        return {"peak_memory_bytes": peak_memory()}

    def for_inference(self) -> EnsembleModel:
        shape, classes = self.images.shape, len(self.images.class_names)
        copy = build_classifier(self.settings, shape, classes)
        copy.set_weights(self.model.get_weights())
        return copy

    def finish(self):
        """Keep the trained network without its optimiser."""
        self.run.save(self.for_inference(), self.run.network(self.index))
        self.checkpoints.clear()


def _about(images, training, scaling, settings, method, source, seed, model):
    """What `run.json` keeps."""
    return {
        "settings": dataclasses.asdict(settings),
        "method": {**dataclasses.asdict(method), "seed": seed},
        "data": {
            "source": source,
            "images": len(training),
            "shape": list(images.shape),
            "class_names": list(images.class_names),
            "fingerprint": fingerprint(images),
            "scaling": dataclasses.asdict(scaling),
        },
        "cost": {
            "parameters": method.networks * model.count_params(),
            "steps": settings.steps,
            "unique_examples": settings.steps * settings.batch_size,
        },
        "version": version(),
        "backend": keras.backend.backend(),
    }


def _parts(images, settings):
    """The images to train on, and those held out, or None."""
    if settings.hold_out >= len(images):
        raise UserError(
            f"setting hold_out must leave images to train on; got {settings.hold_out} of"
            f" {len(images)}."
        )
    count = len(images) - settings.hold_out
    chosen = count if settings.examples is None else settings.examples
    if chosen > count:
        raise UserError(f"setting examples must be at most {count}; got {chosen}.")
    if chosen < settings.batch_size:
        raise UserError(
            f"setting batch_size must be at most {chosen}, the images to train on; got"
            f" {settings.batch_size}."
        )
    if chosen == len(images) and settings.examples is None:
        return images, None
    order = np.random.default_rng(0).permutation(len(images))  # the same ones for every seed
    held = images.select(order[count:]) if settings.hold_out else None
    return images.select(order[:chosen]), held
