"""Learning-rate schedules."""

from collections.abc import Sequence

import keras
from keras import ops

from be_keras.types import Config, Tensor


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

    Examples:
        >>> schedule = be_keras.schedules.InverseSquareRoot(peak=1.0, warmup=4)
        >>> [round(float(schedule(step)), 3) for step in (0, 3, 15)]
        [0.25, 1.0, 0.5]
    """

    def __init__(
        self, peak: float, warmup: int, steps: int | None = None, cooldown: float = 0.0
    ) -> None:
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

    def __call__(self, step: Tensor) -> Tensor:
        t = ops.cast(step, "float32") + 1.0
        rate = self.peak * ops.minimum(t / self.warmup, ops.sqrt(self.warmup / t))
        if self.cooldown and self.steps:
            rate = rate * ops.clip((self.steps + 1.0 - t) / (self.cooldown * self.steps), 0.0, 1.0)
        return rate

    def get_config(self) -> Config:
        return {
            "peak": self.peak,
            "warmup": self.warmup,
            "steps": self.steps,
            "cooldown": self.cooldown,
        }


@keras.saving.register_keras_serializable(package="be_keras")
class WarmupDrops(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to a peak, which then falls by a factor at given steps.

    `peak · min(1, t / warmup) · factor^d` at step t = 1, 2, ..., where d counts the drops before t:
    the schedule that image networks are published with (He et al., CVPR 2016).

    Args:
        peak: Highest learning rate, positive.
        warmup: Steps of warm-up, 1 or more.
        factor: What each drop leaves of the rate, in (0, 1].
        drops: Steps after which the rate falls, 1 or more.

    Raises:
        ValueError: An argument is out of range.

    Examples:
        >>> schedule = be_keras.schedules.WarmupDrops(peak=1.0, warmup=4, factor=0.1, drops=(10,))
        >>> [round(float(schedule(step)), 3) for step in (0, 5, 10)]
        [0.25, 1.0, 0.1]
    """

    def __init__(self, peak: float, warmup: int, factor: float, drops: Sequence[int]) -> None:
        if peak <= 0 or warmup < 1 or not 0 < factor <= 1 or any(step < 1 for step in drops):
            raise ValueError(
                "`peak` must be positive, `warmup` and all `drops` at least 1 and `factor` in "
                f"(0, 1]. Received: peak={peak!r}, warmup={warmup!r}, factor={factor!r}, "
                f"drops={drops!r}"
            )
        self.peak = peak
        self.warmup = warmup
        self.factor = factor
        self.drops = tuple(drops)

    def __call__(self, step: Tensor) -> Tensor:
        t = ops.cast(step, "float32") + 1.0
        passed = sum(ops.cast(t > drop, "float32") for drop in self.drops)
        return self.peak * ops.minimum(1.0, t / self.warmup) * self.factor**passed

    def get_config(self) -> Config:
        return {
            "peak": self.peak,
            "warmup": self.warmup,
            "factor": self.factor,
            "drops": list(self.drops),
        }
