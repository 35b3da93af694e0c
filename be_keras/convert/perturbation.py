"""A measured perturbation: members of an ensemble differ by as much as is asked, untrained."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from be_keras.ensemble_model import EnsembleModel
from be_keras.initializers import NormalAroundOne, fresh
from be_keras.metrics import disagreement_matrix
from be_keras.roles import FAST, weights_by_role


def perturb(
    ensemble: EnsembleModel,
    x: Any,
    amount: float,
    measure: Callable[[np.ndarray], float] | None = None,
    *,
    highest: float = 1.0,
    steps: int = 10,
    seed: int = 0,
    batch_size: int | None = None,
) -> tuple[float, float]:
    """Spread the fast weights of an ensemble until its members differ by an asked amount on `x`.

    Every r and s is multiplied by draws from N(1, stddev), the same draws at every stddev but for
    their spread; bisection finds the stddev. Nothing else of the ensemble is changed.

    Args:
        ensemble: Built `EnsembleModel` of M > 1 nearly equal members, as of `to_batch_ensemble`.
        x: Inputs as `ensemble.predict` takes them.
        amount: How much members shall differ on `x`, above what they do already.
        measure: From the outputs `(B, M, ..., C)` as arrays to a number that grows with the
            spread. None: `disagreement`, the share of labels on which two members differ.
        highest: Largest stddev that is tried.
        steps: Number of bisections.
        seed, batch_size: Int of the draws; as in `predict`.

    Returns:
        The stddev, and the amount measured there: the smallest one found that is `amount` or more.

    Raises:
        ValueError: Members differ by `amount` already, or not even at `highest`; the ensemble is
            then as it was.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> ensemble = be_keras.convert.to_batch_ensemble(model, 4)
        >>> x = np.random.default_rng(0).normal(size=(50, 3))
        >>> stddev, amount = be_keras.convert.perturb(ensemble, x, 0.1, steps=0, highest=4.0)
        >>> bool(amount >= 0.1)
        True
    """
    measure = measure or disagreement
    fast = weights_by_role(ensemble)[FAST]
    start = [ops.convert_to_numpy(weight) for weight in fast]

    def spread(stddev: float) -> float:
        for stream, (weight, value) in enumerate(zip(fast, start, strict=True)):
            draws = fresh(NormalAroundOne(stddev, seed), stream)(weight.shape, weight.dtype)
            weight.assign(value * draws)
        return float(measure(ensemble.predict(x, batch_size=batch_size, verbose=0)))

    low, high = 0.0, highest
    least, found = spread(low), spread(high)
    if not least < amount <= found:
        spread(0.0)
        raise ValueError(
            f"Members differ by {least:.4g} as they are and by {found:.4g} at a spread of "
            f"{highest}. Expected an amount between. Received: amount={amount!r}"
        )
    for _ in range(steps):
        middle = (low + high) / 2
        reached = spread(middle)
        if reached < amount:
            low = middle
        else:
            high, found = middle, reached
    spread(high)
    return high, found


def disagreement(outputs: np.ndarray) -> float:
    """Mean share of labels for which two members predict different classes.

    Args:
        outputs: Array `(B, M, ..., C)` of logits or probabilities, M and C at least 2.

    Raises:
        ValueError: `outputs` is no such array.

    Examples:
        >>> outputs = np.array([[[2.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [2.0, 0.0]]])
        >>> float(be_keras.convert.disagreement(outputs))
        0.5
    """
    shape: tuple[int, ...] = getattr(outputs, "shape", ())
    if len(shape) < 3 or min(shape[1], shape[-1]) < 2:
        raise ValueError(
            "Disagreement takes one array (B, M, ..., C) of two members and two classes or more. "
            f"Received: {type(outputs).__name__} of shape {shape}. Pass a `measure` of your own."
        )
    members, classes = shape[1], shape[-1]
    outputs = np.moveaxis(outputs, 1, -2).reshape(-1, members, classes)
    return np.sum(disagreement_matrix(outputs)) / (members * (members - 1))
