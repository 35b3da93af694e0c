"""Progress of training on standard error: steps, examples or tokens a second, loss, time left."""

import math

import keras
from tqdm import tqdm

from be_tracks.errors import UserError

LOOK_EVERY = 20  # steps between looks at the loss, each of which waits for the device


def check_finite(value: float, step: int, remedy: str) -> None:
    """Raise UserError, with what to try, if a loss or validation NLL is not finite."""
    if not math.isfinite(value):
        raise UserError(
            f"the loss is not finite at step {step}; training stopped, and what was saved before"
            f" is kept. Try {remedy}, in a new --out."
        )


class Progress(keras.callbacks.Callback):
    """A progress bar over the steps of a run; a context manager around its calls of `fit`.

    Raises UserError where it sees a loss that is not finite.

    Args:
        steps: Steps in all.
        unit: What a step reads, in the plural, such as "images".
        remedy: What to try where a loss is not finite.
        per_step: Units of each step; 0 where they are added to `units` as they are read.

    Attributes:
        units: Units read so far.
    """

    def __init__(self, steps: int, unit: str, remedy: str, per_step: int = 0):
        super().__init__()
        self.units, self._unit, self._remedy, self._per_step = 0, unit, remedy, per_step
        self._bar = tqdm(total=steps, unit="step", mininterval=1.0, smoothing=0.05)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._bar.close()

    def on_train_batch_end(self, batch, logs=None):
        self.units += self._per_step
        self._bar.update(1)
        if self._bar.n % LOOK_EVERY or not logs:
            return
        loss = float(logs["loss"])
        check_finite(loss, self._bar.n, self._remedy)
        rate = self.units / max(self._bar.format_dict["elapsed"], 1e-9)
        self._bar.set_postfix(
            {"loss": f"{loss:.3f}", f"{self._unit}/s": f"{rate:,.0f}"}, refresh=False
        )

    def skip(self, steps: int) -> None:
        """Count steps that were taken before, and no time for them."""
        self._bar.initial = self._bar.last_print_n = self._bar.n = self._bar.n + steps

    def write(self, message: str) -> None:
        """Print a line above the bar."""
        tqdm.write(message, file=self._bar.fp)
