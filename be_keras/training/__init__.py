"""Training: streams into `fit`, schedules, checkpoints and resume."""

from be_keras.training.branching import branch_off
from be_keras.training.randomness import reseed
from be_keras.training.schedules import InverseSquareRoot, WarmupDrops
from be_keras.training.streams import stream

__all__ = ["InverseSquareRoot", "WarmupDrops", "branch_off", "reseed", "stream"]
