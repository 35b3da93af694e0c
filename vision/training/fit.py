"""A training run under way: networks one after another, each in intervals of `fit`.

Takes images, settings and devices; leaves states, a log and trained networks in the run's folder.
"""

import math
import sys
import time
from functools import partial

import keras
import numpy as np

from be_keras import EnsembleModel, metrics
from be_keras.training import broadcast_from_chief, is_chief, reseed, restore_in_scope
from vision.data.batches import Batches
from vision.evaluation.classifier import load_model
from vision.evaluation.memory import peak_memory
from vision.evaluation.predictions import NotFinite, Predictions
from vision.training.build import build_classifier, new_classifier
from vision.training.progress import Progress, check_finite

OF_THE_MACHINE = ("seconds", "peak_memory_bytes")  # what a resumed run logs otherwise


class Training:
    """One run under way.

    Args:
        run: Its folder, started.
        images: To train on.
        held: To validate on at every checkpoint, or None.
        scaling: Makes numbers of pixels.
        settings: Of each network.
        seed: Of the first network.
        strategy: What `be_keras.training.strategy` gave, or None for one device.
        microbatches: Micro-batches of a replica's part of each batch.
    """

    def __init__(self, run, images, held, scaling, settings, seed, strategy=None, microbatches=1):
        self.run, self.images, self.held, self.scaling = run, images, held, scaling
        self.settings, self.seed = settings, seed
        self.strategy, self.microbatches = strategy, microbatches
        self.writes = is_chief(strategy)
        self.log = run.log() if self.writes else []

    def train(self, networks: int) -> None:
        """Train the networks that are not trained yet."""
        steps = self.settings.steps
        # Workers beside the chief do not see what is trained.
        trained = broadcast_from_chief(
            self.strategy, [int(self.run.network(i).exists()) for i in range(networks)]
        )
        done = int(trained.sum()) * steps
        with Progress(done, networks * steps, self.settings.batch_size) as progress:
            for index in np.flatnonzero(trained == 0).tolist():
                self._network(index, progress)

    def _network(self, index, progress):
        seed, restored = self.seed + index, None
        if self.writes:
            restored, _ = self.run.states(index).restore(load_model)

        def make():
            keras.utils.set_random_seed(seed)
            return new_classifier(self.settings, self.images)

        model = restore_in_scope(self.strategy, restored, make)
        model.microbatches = self.microbatches  # of the machine and not of the run
        step = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
        if step:
            print(f"resuming network {index} at step {step}", file=sys.stderr)
            progress.skip(step)
        images = self.images
        if self.settings.bagging:
            drawn = np.random.default_rng((seed, 1)).integers(len(images), size=len(images))
            images = images.select(drawn)
        # A run that was stopped between its log and its checkpoint repeats what the log has.
        kept = [e for e in self.log if (e["network"], e["step"]) <= (index, step)]
        # Of a validation that is repeated now, and that may end otherwise on other devices, the
        # best network is none of this log: the next validation writes it anew.
        lost = any(e.get("best") for e in self.log[len(kept) :])
        bests = [e["nll"] for e in kept if e["network"] == index and e.get("best")]
        self.log, self.best = kept, bests[-1] if bests and not lost else math.inf
        while step < self.settings.steps:
            count = min(self.settings.checkpoint_every, self.settings.steps - step)
            began = time.perf_counter()
            loss = self._fit(model, images, seed, step, count, progress)
            step += count
            entry = {"network": index, "step": step, "loss": loss, **self._validate(model)}
            entry["seconds"] = time.perf_counter() - began
            entry["peak_memory_bytes"] = peak_memory()
            self._checkpoint(model, entry, progress)
        if self.writes:
            self._finish(model, index)

    def _fit(self, model, images, seed, step, count, progress):
        """Take `count` steps; gives their mean training loss."""
        reseed(model, seed, step)
        settings = self.settings
        batches = Batches(
            images,
            self.scaling,
            settings.batch_size,
            count,
            settings.augment,
            start=step,
            seed=seed,
            flip=settings.flip,
        )
        history = model.fit(
            batches.stream(),
            steps_per_epoch=count,
            shuffle=False,
            verbose=0,
            callbacks=[progress],
        )
        loss = history.history["loss"][-1]
        check_finite(loss, step + count)
        return loss

    def _validate(self, model: EnsembleModel) -> dict:
        """Score the images held out; nothing where there are none."""
        if self.held is None:
            return {}
        predict = partial(model.predict, batch_size=250, verbose=0)
        try:
            predictions = Predictions(lambda pixels: predict(self.scaling(pixels)), self.held)
        except NotFinite:
            return {}
        found = metrics.scores(predictions.columns)
        return {key: found[key] for key in ("nll", "member_nll", "accuracy", "disagreement")}

    def _checkpoint(self, model, entry, progress):
        """Log and save; the last file written is the one that resuming starts from."""
        if not self.writes:
            return
        index = entry["network"]
        if "nll" in entry:
            entry["best"] = entry["nll"] < self.best
        self.log.append(entry)
        self.run.write_log(self.log)
        if entry.get("best"):
            self.best = entry["nll"]
            self.run.save(self._for_use(model), self.run.best(index))
        self.run.states(index).save(model, entry["step"])
        said = ", ".join(
            f"{key} {value:.3f}"
            for key, value in entry.items()
            if key not in ("network", "step", "best", *OF_THE_MACHINE)
        )
        progress.write(f"network {entry['network']}, step {entry['step']}: {said}")

    def _finish(self, model, index):
        """Keep the trained network without its optimiser."""
        self.run.save(self._for_use(model), self.run.network(index))
        self.run.states(index).clear()

    def _for_use(self, model):
        """The same network without its optimiser."""
        shape, classes = self.images.shape, len(self.images.class_names)
        copy = build_classifier(self.settings, shape, classes)
        copy.set_weights(model.get_weights())
        return copy
