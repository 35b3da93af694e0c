"""Training: streams into `fit`, one distributed engine, checkpoints and resume."""

from be_keras.training.distributed import DistributedTraining
from be_keras.training.randomness import reseed
from be_keras.training.strategies import localhost_workers, strategy
from be_keras.training.streams import stream
from be_keras.training.workers import (
    broadcast_from_chief,
    broadcast_variables,
    is_chief,
    restore_in_scope,
)

__all__ = [
    "DistributedTraining",
    "broadcast_from_chief",
    "broadcast_variables",
    "is_chief",
    "localhost_workers",
    "reseed",
    "restore_in_scope",
    "strategy",
    "stream",
]
