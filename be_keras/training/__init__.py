"""Training: streams into `fit`, one distributed engine, schedules, checkpoints and resume."""

from be_keras.training.branching import branch_off
from be_keras.training.distributed import DistributedTraining
from be_keras.training.randomness import reseed
from be_keras.training.schedules import InverseSquareRoot, WarmupDrops
from be_keras.training.strategies import localhost_workers, strategy
from be_keras.training.streams import stream
from be_keras.training.workers import is_chief, of_chief, placed, spread

__all__ = [
    "DistributedTraining",
    "InverseSquareRoot",
    "WarmupDrops",
    "branch_off",
    "is_chief",
    "localhost_workers",
    "of_chief",
    "placed",
    "reseed",
    "spread",
    "strategy",
    "stream",
]
