"""Random states as a function of seed and step, so that training resumes exactly."""

import keras
import numpy as np


def reseed(model: keras.Model, seed: int, step: int) -> None:
    """Set every random state below a compiled model from seed and step alone.

    A checkpoint keeps no random state; this makes the dropout masks after it those of a run that
    was never stopped.

    Args:
        model: A built and compiled model, whose optimiser has its variables.
        seed, step: Integers, 0 or more.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5, seed=1)])
        >>> model.compile("sgd", "mse")
        >>> be_keras.training.reseed(model, seed=0, step=100)
    """
    kept = {id(v) for v in (*model.weights, *model.metrics_variables, *model.optimizer.variables)}
    states = [variable for variable in model.variables if id(variable) not in kept]
    draws = np.random.default_rng((seed, step)).integers(2**32, size=(len(states), 2))
    for state, draw in zip(states, draws, strict=True):
        state.assign(draw.astype(state.dtype))
