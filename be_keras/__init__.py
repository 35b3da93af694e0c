"""be_keras: BatchEnsemble for Keras 3, M networks for nearly the weights of one."""

from be_keras import (
    convert,
    ensembles,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    roles,
    schedules,
    training,
)
from be_keras.ensemble_model import EnsembleModel
from be_keras.layers import *  # noqa: F403
from be_keras.members import TileMembers, UntileMembers

__version__ = "0.1.0"

__all__ = [
    "EnsembleModel",
    "TileMembers",
    "UntileMembers",
    "convert",
    "ensembles",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "roles",
    "schedules",
    "training",
    *layers.__all__,
]
