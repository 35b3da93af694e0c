"""Training: streams into `fit`, one distributed engine, schedules, checkpoints and resume."""

from be_keras.training.branching import branch_off
from be_keras.training.distributed import DistributedTraining
from be_keras.training.randomness import reseed
from be_keras.training.schedules import InverseSquareRoot, WarmupDrops
from be_keras.training.strategies import is_chief, spread, strategy
from be_keras.training.streams import stream

__all__ = [
    "DistributedTraining",
    "InverseSquareRoot",
    "WarmupDrops",
    "branch_off",
    "is_chief",
    "reseed",
    "spread",
    "strategy",
    "stream",
]
