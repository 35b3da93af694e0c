"""Deep-ensemble equivalent (Ashukha et al., ICLR 2020): the size of the deep ensemble whose
calibrated log-likelihood a method reaches. A curve of sizes comes first, then one number.
"""

from typing import Any

import numpy as np

from be_keras.metrics.bootstrap import bootstrap_intervals
from be_keras.metrics.calibration import checked_weights
from be_keras.metrics.temperature import calibrated_log_likelihood
from be_keras.types import Array, Columns


def reference_curve(
    log_probs: Array, labels: Array, orders: int = 5, seed: int = 0, minimum: int = 8
) -> np.ndarray:
    """Give every example's calibrated log-likelihood under deep ensembles of 1 to K networks.

    Args:
        log_probs: `(K, N, C)`, log-probabilities of K independent networks.
        labels: integers `(N,)` in [0, C).
        orders: number of random orders in which the networks join, at least 1; the mean over
            them is taken.
        seed: seed of the orders, and of the halvings of `calibrated_log_likelihood`: give both
            the same one.
        minimum: least K taken. A shorter curve caps what it can tell.

    Returns:
        `(K, N)` float64; row k - 1 belongs to size k.

    Raises:
        ValueError: for K below `minimum`, no orders, or as `calibrated_log_likelihood`.

    Examples:
        >>> logits = np.random.default_rng(0).normal(size=(8, 20, 3))
        >>> log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        >>> be_keras.metrics.reference_curve(log_probs, np.arange(20) % 3, orders=1).shape
        (8, 20)
    """
    log_probs = np.asarray(log_probs)
    if log_probs.ndim != 3 or not len(log_probs) or orders < 1:
        raise ValueError(
            "A reference curve needs log-probabilities `(K, N, C)` and at least 1 order. "
            f"Received shape {log_probs.shape}, orders={orders}"
        )
    size = len(log_probs)
    if size < minimum:
        raise ValueError(
            f"A reference curve needs at least {minimum} independent networks. Received {size}; "
            f"train more, or pass minimum={size} for a curve that is capped at {size}"
        )
    rng = np.random.default_rng(seed)
    curve = np.zeros(log_probs.shape[:2])
    for _ in range(orders):
        total = np.full(log_probs.shape[1:], -np.inf)  # log of the sum of probabilities
        for count, network in enumerate(rng.permutation(size), start=1):
            total = np.logaddexp(total, log_probs[network])
            mean = total - np.log(count)
            curve[count - 1] += calibrated_log_likelihood(mean, labels, seed=seed)
    return curve / orders


def deep_ensemble_equivalent(
    log_likelihood: Array, curve: Array, weights: Array | None = None
) -> float:
    """Give the least size l >= 1 at which the curve reaches the method's mean log-likelihood.

    Means over the examples are made monotone over size by the running maximum, with straight
    lines between sizes.

    Args:
        log_likelihood: `(N,)`, the method's `calibrated_log_likelihood`.
        curve: `(K, N)`, a `reference_curve` of the same examples.
        weights: `(N,)`, not negative, how often each example counts; None counts each once.

    Returns:
        float in [1, K]: 1 where one network is not beaten; K says "K or more".

    Raises:
        ValueError: if shapes do not fit or a value is not finite.

    Examples:
        >>> curve = np.array([[-3.0, -3.0], [-2.0, -2.0], [-1.5, -1.5]])  # of 1, 2 and 3 networks
        >>> be_keras.metrics.deep_ensemble_equivalent(np.array([-2.0, -3.0]), curve)
        1.5
    """
    log_likelihood, curve = _checked(log_likelihood, curve)
    weights = checked_weights(weights, len(log_likelihood))
    value = np.average(log_likelihood, weights=weights)
    levels = np.maximum.accumulate(np.average(curve, axis=1, weights=weights))
    if value <= levels[0]:
        return 1.0
    if value > levels[-1]:
        return float(len(levels))
    above = int(np.searchsorted(levels, value))  # level `above` belongs to size `above + 1`
    below = levels[above - 1]
    return float(above + (value - below) / (levels[above] - below))


def equivalent_with_interval(
    log_likelihood: Array,
    curve: Array,
    samples: int = 1000,
    seed: int = 0,
    group: Array | None = None,
) -> dict[str, Any]:
    """Give the deep-ensemble equivalent with its 95 % bootstrap interval over examples.

    Paired: a resample draws the same examples of the method and of the curve. The networks, their
    orders and the temperatures stay as they are, so the interval leaves out what other trained
    networks would give.

    Args:
        log_likelihood, curve: as in `deep_ensemble_equivalent`.
        samples, seed, group: as in `bootstrap_intervals`.

    Returns:
        dict of the floats `dee`, `low` and `high`, and `capped`, True where `dee` is K, the most
        that the curve can tell. `high` may be K without that.

    Raises:
        ValueError: as `deep_ensemble_equivalent` and `bootstrap_intervals`.

    Examples:
        >>> curve = np.array([[-3.0, -3.0], [-2.0, -2.0], [-1.5, -1.5]])  # of 1, 2 and 3 networks
        >>> be_keras.metrics.equivalent_with_interval(np.array([-2.0, -3.0]), curve, samples=50)
        {'dee': 1.5, 'low': 1.0, 'high': 2.0, 'capped': False}
    """
    log_likelihood, curve = _checked(log_likelihood, curve)

    def statistic(columns: Columns, weights: Array | None) -> dict[str, float]:
        size = deep_ensemble_equivalent(columns["method"], columns["curve"].T, weights)
        return {"dee": size}

    columns = {"method": log_likelihood, "curve": curve.T}
    low, high = bootstrap_intervals(columns, statistic, samples, seed=seed, group=group)["dee"]
    size = deep_ensemble_equivalent(log_likelihood, curve)
    return {"dee": size, "low": low, "high": high, "capped": size == len(curve)}


def _checked(log_likelihood: Array, curve: Array) -> tuple[np.ndarray, np.ndarray]:
    """Return `(N,)` and `(K, N)` float64 arrays, finite."""
    log_likelihood, curve = np.asarray(log_likelihood, "float64"), np.asarray(curve, "float64")
    fits = curve.ndim == 2 and curve.size and log_likelihood.shape == curve.shape[1:]
    if not fits:
        raise ValueError(
            "Expected log-likelihoods `(N,)` and a curve `(K, N)` of the same examples. "
            f"Received shapes {log_likelihood.shape} and {curve.shape}"
        )
    if not (np.isfinite(log_likelihood).all() and np.isfinite(curve).all()):
        raise ValueError(
            "Log-likelihoods must be finite. Received NaN or infinity; make both with "
            "`calibrated_log_likelihood`"
        )
    return log_likelihood, curve
