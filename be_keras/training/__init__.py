"""Training: streams into `fit`, one distributed engine, checkpoints and resume."""

from be_keras.training.distributed import DistributedTraining
from be_keras.training.randomness import reseed
from be_keras.training.strategies import localhost_workers, strategy
from be_keras.training.streams import stream
from be_keras.training.workers import is_chief, of_chief, placed, spread

__all__ = [
    "DistributedTraining",
    "is_chief",
    "localhost_workers",
    "of_chief",
    "placed",
    "reseed",
    "spread",
    "strategy",
    "stream",
]
