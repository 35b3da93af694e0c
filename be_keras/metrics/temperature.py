"""Calibrated log-likelihood (Ashukha et al., ICLR 2020): what an ensemble's log-probabilities
`(N, C)` are worth once a temperature, fitted on other examples, has calibrated them.
"""

import numpy as np

from be_keras.metrics.log_probs import checked_log_probs
from be_keras.types import Array

# Temperatures are looked for in [1 / _BOUND, _BOUND].
_BOUND = 100.0
# A step that can gain less than this, in nats, ends the search.
_GAIN = 1e-15
_STEPS = 100


def fit_temperature(log_probs: Array, labels: Array) -> float:
    """Give the temperature T that minimises the NLL of softmax(log_probs / T).

    Args:
        log_probs: `(N, C)`, the ensemble's, as `mean_log_probs` gives them: the mean over the
            members comes first, then the temperature.
        labels: integers `(N,)` in [0, C).

    Returns:
        float in [0.01, 100]. Where every example is right, no temperature is best: the search
        ends where colder gains nothing any more, or at the bound.

    Raises:
        ValueError: if shapes do not fit, there are fewer than 2 classes, a label is no class, or
            a value is not a finite log-probability.

    Examples:
        >>> log_probs = np.log([[0.99, 0.01]] * 4)  # right three times in four: overconfident
        >>> be_keras.metrics.fit_temperature(log_probs, np.array([0, 0, 0, 1])) > 1
        True
    """
    return 1.0 / _inverse_temperature(*_below_the_top(*checked_log_probs(log_probs, labels)))


def calibrated_log_likelihood(
    log_probs: Array, labels: Array, splits: int = 5, seed: int = 0
) -> np.ndarray:
    """Give each example's log-likelihood at the temperature fitted on the other half of them.

    The examples are halved at random `splits` times and each half is scored with the other's
    temperature. Minus the mean of the result is the calibrated NLL. The same seed halves equal
    numbers of examples alike, so that methods compare example by example.

    Args:
        log_probs, labels: as in `fit_temperature`, with N >= 4.
        splits: number of random halvings, at least 1.
        seed: seed of the halvings.

    Returns:
        `(N,)` float64 in nats, the mean over the splits.

    Raises:
        ValueError: as `fit_temperature`, or for N or `splits` too small.

    Examples:
        >>> log_probs = np.log([[0.9, 0.1]] * 8)
        >>> labels = np.array([0, 0, 0, 1] * 2)
        >>> be_keras.metrics.calibrated_log_likelihood(log_probs, labels).shape
        (8,)
    """
    log_probs, labels = checked_log_probs(log_probs, labels)
    if len(labels) < 4 or splits < 1:
        raise ValueError(
            "Calibrated scores need at least 4 examples, 2 to fit and 2 to score, and 1 split. "
            f"Received {len(labels)} examples, splits={splits}"
        )
    offsets, margins = _below_the_top(log_probs, labels)
    rng = np.random.default_rng(seed)
    total = np.zeros(len(labels))
    for _ in range(splits):
        halves = np.array_split(rng.permutation(len(labels)), 2)
        for fitted, scored in (halves, halves[::-1]):
            beta = _inverse_temperature(offsets[fitted], margins[fitted])
            normalisers = np.log(np.exp(beta * offsets[scored]).sum(axis=-1))
            total[scored] += beta * margins[scored] - normalisers
    return total / splits


def _below_the_top(log_probs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give how far every class `(N, C)` and the label `(N,)` lie below the likeliest class."""
    offsets = log_probs - log_probs.max(axis=-1, keepdims=True)
    return offsets, offsets[np.arange(len(labels)), labels]


def _inverse_temperature(offsets: np.ndarray, margins: np.ndarray) -> float:
    """Minimise the NLL over beta = 1 / T, in which it is convex, by Newton in a bracket."""
    low, beta, high = 1.0 / _BOUND, 1.0, _BOUND
    for _ in range(_STEPS):
        p = np.exp(beta * offsets)
        p /= p.sum(axis=-1, keepdims=True)
        mean = np.einsum("nc,nc->n", p, offsets)
        square = np.einsum("nc,nc->n", p * offsets, offsets)
        slope = np.mean(mean - margins)
        curvature = max(np.mean(square - mean**2), 1e-100)
        if slope**2 <= _GAIN * curvature:
            break
        low, high = (beta, high) if slope < 0 else (low, beta)
        newton = beta - slope / curvature
        beta = newton if low < newton < high else np.sqrt(low * high)
    return float(beta)
