"""Learning-rate schedules."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="be_keras")
class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to a peak, then decay with the inverse square root of the step.

    `peak · min(t / warmup, sqrt(warmup / t))` at step t = 1, 2, ... (Vaswani et al., 2017, whose
    base model has peak (512 · 4000)^-0.5).

    Args:
        peak: Highest learning rate, positive.
        warmup: Steps of warm-up, 1 or more.

    Raises:
        ValueError: `peak` or `warmup` is out of range.
    """

    def __init__(self, peak, warmup):
        if peak <= 0 or warmup < 1:
            raise ValueError(
                "`peak` must be positive and `warmup` at least 1. "
                f"Received: peak={peak!r}, warmup={warmup!r}"
            )
        self.peak = peak
        self.warmup = warmup

    def __call__(self, step):
        t = ops.cast(step, "float32") + 1.0
        return self.peak * ops.minimum(t / self.warmup, ops.sqrt(self.warmup / t))

    def get_config(self):
        return {"peak": self.peak, "warmup": self.warmup}
