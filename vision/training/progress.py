"""Progress of training on standard error: steps, images a second, loss, time left."""

import math

import keras
from tqdm import tqdm

from be_tracks.errors import UserError

LOOK_EVERY = 20  # steps between looks at the loss, each of which waits for the device


def check_finite(value: float, step: int) -> None:
    """Raise UserError, with what to try, if a loss is not finite."""
    if not math.isfinite(value):
        raise UserError(
            f"the loss is not finite at step {step}; training stopped, and what was saved before"
            " is kept. Try a lower --set learning_rate=..., or --set member_loss=mean, in a new"
            " --out."
        )


class Progress(keras.callbacks.Callback):
    """A progress bar over the steps of all networks; a context manager around calls of `fit`.

    Raises UserError where it sees a loss that is not finite.

    Args:
        done: Steps done already, of all networks.
        steps: Steps in all.
        batch: Images of a step.
    """

    def __init__(self, done: int, steps: int, batch: int):
        super().__init__()
        self._batch = batch
        self._bar = tqdm(initial=done, total=steps, unit="step", mininterval=1.0, smoothing=0.05)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._bar.close()

    def on_train_batch_end(self, batch, logs=None):
        self._bar.update(1)
        if self._bar.n % LOOK_EVERY or not logs:
            return
        loss = float(logs["loss"])
        check_finite(loss, self._bar.n)
        rate = self._bar.format_dict["rate"] or 0.0
        self._bar.set_postfix(
            {"loss": f"{loss:.3f}", "images/s": f"{rate * self._batch:,.0f}"}, refresh=False
        )

    def skip(self, steps: int) -> None:
        """Count steps that were taken before."""
        self._bar.update(steps)

    def write(self, message: str) -> None:
        """Print a line above the bar."""
        tqdm.write(message, file=self._bar.fp)
