"""Progress of training on standard error: steps, tokens per second, loss, time left."""

import math

import keras
from tqdm import tqdm

from be_tracks.errors import UserError
from translation.models.transformer import PAD

LOOK_EVERY = 20  # steps between looks at the loss, each of which waits for the device


def check_finite(value: float, step: int) -> None:
    """Raise UserError, with what to try, if a loss or validation NLL is not finite."""
    if not math.isfinite(value):
        raise UserError(
            f"the loss is not finite at step {step}; training stopped, and what was saved before"
            " is kept. Try a lower --set learning_rate=..., a longer --set warmup=..., or"
            " --set precision=float32, in a new --out."
        )


class Progress(keras.callbacks.Callback):
    """A progress bar over all steps, shared by the successive calls of `fit`.

    Used as a context manager around them. Raises UserError where it sees a loss that is not
    finite.

    Args:
        start: steps done already.
        steps: steps in all.
    """

    def __init__(self, start: int, steps: int):
        super().__init__()
        self._bar = tqdm(initial=start, total=steps, unit="step", mininterval=1.0, smoothing=0.05)
        self._tokens = self._taken = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._bar.close()

    def counting(self, batches):
        """Pass batches `(inputs, target_out)` on, counting their real target tokens."""
        for inputs, labels in batches:
            self._tokens += int((labels != PAD).sum())
            yield inputs, labels

    def take_tokens(self) -> int:
        """Give the tokens counted since the last call."""
        new, self._taken = self._tokens - self._taken, self._tokens
        return new

    def on_train_batch_end(self, batch, logs=None):
        self._bar.update(1)
        if self._bar.n % LOOK_EVERY or not logs:
            return
        loss = float(logs["loss"])
        check_finite(loss, self._bar.n)
        rate = self._tokens / max(self._bar.format_dict["elapsed"], 1e-9)
        self._bar.set_postfix(
            {"loss": f"{loss:.3f}", "tokens/s": f"{rate:,.0f}"}, refresh=False
        )

    def write(self, message: str) -> None:
        """Print a line above the bar."""
        tqdm.write(message, file=self._bar.fp)
