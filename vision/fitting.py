"""A training run under way: networks one after another, each in intervals of `fit`.

Takes images, settings and devices; leaves states, a log and trained networks in the run's folder.
"""

import contextlib
import dataclasses
import sys
import time
from functools import partial

import keras
import numpy as np

from be_keras import EnsembleModel, metrics
from be_keras.training import is_chief, reseed, spread
from vision.batches import Batches
from vision.build import build_classifier
from vision.loading import load_model
from vision.predictions import Predictions
from vision.progress import Progress, check_finite
from vision.training import new_classifier


@dataclasses.dataclass(frozen=True)
class Devices:
    """What computes.

    Attributes:
        strategy: what `be_keras.training.strategy` gave, or None for one device.
        accumulate: micro-batches of a replica's part of each batch.
    """

    strategy: object = None
    accumulate: int = 1

    @property
    def several(self) -> bool:
        """Whether there may be other processes."""
        return self.strategy is not None

    @property
    def writes(self) -> bool:
        """Whether this process reads and writes the run's folder: the chief, or alone."""
        return self.strategy is None or is_chief(self.strategy)

    def scope(self):
        """Where models are made."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    def prepare(self, model: EnsembleModel) -> None:
        """Let a compiled model train here, with the chief's weights on every worker."""
        model.accumulate = self.accumulate  # of the machine and not of the run
        if self.strategy is not None:
            spread(self.strategy, [*model.weights, *model.optimizer.variables])


class Training:
    """One run under way.

    Args:
        run: Its folder, started.
        images: To train on.
        held: To validate on at every checkpoint, or None.
        scaling: Makes numbers of pixels.
        settings: Of each network.
        seed: Of the first network.
        devices: What computes.
    """

    def __init__(self, run, images, held, scaling, settings, seed, devices):
        self.run, self.images, self.held, self.scaling = run, images, held, scaling
        self.settings, self.seed, self.devices = settings, seed, devices
        self.log = run.log() if devices.writes else []

    def train(self, networks: int) -> None:
        """Train the networks that are not trained yet."""
        steps, folder = self.settings.steps, self.run
        done = sum(folder.network(i).exists() for i in range(networks)) * steps
        with Progress(done, networks * steps, self.settings.batch) as progress:
            for index in range(networks):
                # Workers beside the chief do not see what is trained; they are told below.
                if self.devices.several or not folder.network(index).exists():
                    self._network(index, progress)

    def _network(self, index, progress):
        seed, model, trained = self.seed + index, None, False
        with self.devices.scope():
            if self.devices.writes:
                trained = self.run.network(index).exists()
                model, _ = self.run.states(index).restore(load_model)
            if model is None:
                keras.utils.set_random_seed(seed)
                model = new_classifier(self.settings, self.images)
                model.optimizer.build(model.trainable_variables)
        if trained:
            model.optimizer.iterations.assign(self.settings.steps)
        self.devices.prepare(model)
        step = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
        if step and not trained:
            print(f"resuming network {index} at step {step}", file=sys.stderr)
            progress.skip(step)
        images = self.images
        if self.settings.bagging:
            drawn = np.random.default_rng((seed, 1)).integers(len(images), size=len(images))
            images = images.select(drawn)
        # A run that was stopped between its log and its checkpoint repeats what the log has.
        if not trained:
            self.log = [e for e in self.log if (e["network"], e["step"]) <= (index, step)]
        while step < self.settings.steps:
            count = min(self.settings.checkpoint_every, self.settings.steps - step)
            began = time.perf_counter()
            loss = self._fit(model, images, seed, step, count, progress)
            step += count
            entry = {"network": index, "step": step, "loss": loss, **self._validate(model)}
            entry["seconds"] = time.perf_counter() - began
            self._checkpoint(model, entry, progress)
        if self.devices.writes and not trained:
            self._finish(model, index)

    def _fit(self, model, images, seed, step, count, progress):
        """Take `count` steps; gives their mean training loss."""
        reseed(model, seed, step)
        settings = self.settings
        batches = Batches(
            images, self.scaling, settings.batch, count, settings.augment, start=step, seed=seed
        )
        history = model.fit(batches, verbose=0, callbacks=[progress], shuffle=False)
        loss = history.history["loss"][-1]
        check_finite(loss, step + count)
        return loss

    def _validate(self, model: EnsembleModel) -> dict:
        """Score the images held out; nothing where there are none."""
        if self.held is None:
            return {}
        predict = partial(model.predict, batch_size=250, verbose=0)
        predictions = Predictions(lambda pixels: predict(self.scaling(pixels)), self.held)
        if predictions.diverged:
            return {}
        found = metrics.scores(predictions.columns)
        return {key: found[key] for key in ("nll", "member_nll", "accuracy", "disagreement")}

    def _checkpoint(self, model, entry, progress):
        """Log and save; the last file written is the one that resuming starts from."""
        if not self.devices.writes:
            return
        self.log.append(entry)
        self.run.write_log(self.log)
        self.run.states(entry["network"]).save(model, entry["step"])
        said = ", ".join(
            f"{key} {value:.3f}"
            for key, value in entry.items()
            if key not in ("network", "step", "seconds")
        )
        progress.write(f"network {entry['network']}, step {entry['step']}: {said}")

    def _finish(self, model, index):
        """Keep the trained network without its optimiser."""
        shape, classes = self.images.shape, len(self.images.class_names)
        trained = build_classifier(self.settings, shape, classes)
        trained.set_weights(model.get_weights())
        self.run.save(trained, self.run.network(index))
        self.run.states(index).clear()
