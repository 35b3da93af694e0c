"""The one training loop: it may be stopped at any moment, and goes on from its last checkpoint.

A track says in a subclass what is trained, on what, and how it is validated. Log, best model and
checkpoints lie in the run's directory.
"""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import keras

from be_keras.training import is_chief, reseed, restore_in_scope
from be_tracks.runs.progress import Progress, check_finite
from be_tracks.runs.run_directory import RunDirectory

SHOWN = ("loss", "nll", "member_nll", "accuracy", "disagreement", "bleu")


class TrainingLoop:
    """Trains one network in intervals of steps, each ended by a validation and a checkpoint.

    The same run again goes on from the last checkpoint, on the batches that were left. Several
    workers call everything together; the chief alone reads and writes the run's directory.

    Args:
        run: The run's directory, under way.
        seed: Decides weights, order of the batches, and dropout.
        steps: Steps in all.
        every: Steps from one checkpoint to the next.
        strategy: What `be_keras.training.strategy` gave, or None for one device.
        microbatches: Micro-batches of a replica's part of each batch.
        index: The network's number in a run of several; None in a run of one.

    Attributes:
        remedy: What to try where a loss is not finite, for messages; of the track, as are:
        make: Builds and compiles a new network.
        load: Loads a checkpoint's network from its path.
        batches: From a number of steps and the progress to what `fit` takes for the next steps.
        validate: Scores the network as it is; the lowest `nll` is the best, and without it none.
        for_inference: Copies the network without its optimiser.
        model: The network, compiled.
        step: Steps taken.
        log: The entries of the run's log so far.
        best: The entry with the lowest validation NLL; None before the first validation.
        writes: Whether this process is the chief.
    """

    remedy: str
    make: Callable[[], keras.Model]
    load: Callable[[Path], keras.Model]
    batches: Callable[[int, Progress], Iterable]
    validate: Callable[[], dict[str, float]]
    for_inference: Callable[[], keras.Model]

    def __init__(
        self,
        run: RunDirectory,
        seed: int,
        steps: int,
        every: int,
        strategy=None,
        microbatches: int = 1,
        index: int | None = None,
    ):
        self.run, self.seed, self.steps, self.every = run, seed, steps, every
        self.strategy, self.index, self.writes = strategy, index, is_chief(strategy)
        restored, log, whole = None, [], True
        if self.writes:
            self.checkpoints = run.checkpoints(index)
            restored, _ = self.checkpoints.restore(self.load)
            log, whole = run.read_log()
        self.model = restore_in_scope(strategy, restored, self._make)
        self.model.microbatches = microbatches  # of the machine and not of the run, which may move
        self.step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        # A run that was stopped between its log and its checkpoint repeats what the log has.
        mine = [entry for entry in log if entry.get("network") == index]
        repeated = [entry for entry in mine if entry["step"] > self.step]
        self.log = [entry for entry in log if entry not in repeated]
        # The best model may be of a validation that is repeated now and may end otherwise on other
        # devices, or that a damaged log has lost: then the next validation writes it anew.
        bests = [entry for entry in mine if entry.get("best")]
        self.best = bests[-1] if whole and bests and bests[-1] not in repeated else None

    def train(self, progress: Progress) -> None:
        """Take the steps that are left."""
        if self.step:
            network = "" if self.index is None else f"network {self.index} "
            print(
                f"resuming {network}at step {self.step} of {self.steps}",
                file=sys.stderr,
                flush=True,
            )
            progress.skip(self.step)
        while self.step < self.steps and not self.is_over():
            entry = self._interval(progress)
            if self.writes:
                self._keep(entry, progress)

    def _interval(self, progress):
        """Fit and validate; gives the entry for the log."""
        count = min(self.every, self.steps - self.step)
        reseed(self.model, self.seed, self.step)
        began = time.perf_counter()
        history = self.model.fit(
            self.batches(count, progress),
            steps_per_epoch=count,
            shuffle=False,
            verbose=0,
            callbacks=[progress],
        )
        seconds = time.perf_counter() - began
        self.step += count
        (loss,) = history.history["loss"]
        self.check_finite(loss)
        network = {} if self.index is None else {"network": self.index}
        entry = {**network, "step": self.step, "loss": loss, **self.validate()}
        return {**entry, "seconds": seconds, **self.measures()}

    def _keep(self, entry, progress):
        """Log and save; the last file written is the one that resuming starts from."""
        if "nll" in entry:
            entry["best"] = self.best is None or entry["nll"] < self.best["nll"]
        self.log.append(entry)
        # The log goes before the best model: it tells what that file may be of.
        self.run.write_log(self.log)
        if entry.get("best"):
            self.best = entry
            self.run.save(self.for_inference(), self.run.best(self.index))
        self.save_checkpoint()
        scores = ", ".join(f"{key} {entry[key]:.3f}" for key in SHOWN if key in entry)
        network = "" if self.index is None else f"network {self.index}, "
        progress.write(f"{network}step {self.step}: {scores}")

    def _make(self):
        keras.utils.set_random_seed(self.seed)
        return self.make()

    def check_finite(self, value: float) -> None:
        """Raise UserError, with what to try, if a loss or an NLL is not finite."""
        check_finite(value, self.step, self.remedy)

    def measures(self) -> dict[str, float]:
        """Give what else the log should have of the last interval."""
        return {}

    def is_over(self) -> bool:
        """Whether the training ends before its last step."""
        return False

    def save_checkpoint(self) -> None:
        """Save what resuming needs."""
        self.checkpoints.save(self.model, self.step)
