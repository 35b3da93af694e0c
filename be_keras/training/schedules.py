"""Learning-rate schedules."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="be_keras")
class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to a peak, decay with the inverse square root, and a cooldown if asked for.

    `peak · min(t / warmup, sqrt(warmup / t))` at step t = 1, 2, ... (Vaswani et al., 2017, whose
    base model has peak (512 · 4000)^-0.5). Over the last `cooldown · steps` steps it is
    multiplied by a factor that falls linearly from 1 to 0.

    Args:
        peak: Highest learning rate, positive.
        warmup: Steps of warm-up, 1 or more.
        steps: All steps; needed for a cooldown only.
        cooldown: Share of the steps in [0, 1); 0 for none.

    Raises:
        ValueError: An argument is out of range, or a cooldown lacks `steps`.
    """

    def __init__(self, peak, warmup, steps=None, cooldown=0.0):
        if peak <= 0 or warmup < 1 or not 0 <= cooldown < 1:
            raise ValueError(
                "`peak` must be positive, `warmup` at least 1 and `cooldown` in [0, 1). "
                f"Received: peak={peak!r}, warmup={warmup!r}, cooldown={cooldown!r}"
            )
        if cooldown and not steps:
            raise ValueError("A cooldown needs the number of `steps`. Received: steps=None")
        self.peak = peak
        self.warmup = warmup
        self.steps = steps
        self.cooldown = cooldown

    def __call__(self, step):
        t = ops.cast(step, "float32") + 1.0
        rate = self.peak * ops.minimum(t / self.warmup, ops.sqrt(self.warmup / t))
        if self.cooldown:
            rate = rate * ops.clip((self.steps + 1.0 - t) / (self.cooldown * self.steps), 0.0, 1.0)
        return rate

    def get_config(self):
        return {
            "peak": self.peak,
            "warmup": self.warmup,
            "steps": self.steps,
            "cooldown": self.cooldown,
        }
