"""Calibration of top-class confidences `(N,)` against correctness `(N,)`, in NumPy: the table
behind a reliability diagram, and the expected calibration error made from it.
"""

import numpy as np

from be_keras.types import Array


def expected_calibration_error(
    confidence: Array,
    correct: Array,
    bins: int = 15,
    equal_mass: bool = False,
    weights: Array | None = None,
) -> float:
    """Give the mean gap between confidence and accuracy over the bins, weighted by their count.

    The measure of Guo et al. (2017), "On Calibration of Modern Neural Networks". With few
    records per bin it is biased upwards: noise in a bin's accuracy counts as a gap.

    Args and Raises: as `reliability_table`.

    Returns:
        float in [0, 1].

    Examples:
        >>> round(be_keras.metrics.expected_calibration_error([0.9, 0.9], [1, 0]), 3)
        0.4
    """
    table = reliability_table(confidence, correct, bins, equal_mass, weights)
    gaps = np.abs(table["accuracy"] - table["confidence"])
    filled = table["count"] > 0
    return float(np.average(gaps[filled], weights=table["count"][filled]))


def reliability_table(
    confidence: Array,
    correct: Array,
    bins: int = 15,
    equal_mass: bool = False,
    weights: Array | None = None,
) -> dict[str, np.ndarray]:
    """Sort records into bins of confidence and average each bin.

    A bin holds the confidences in (low, high]; the first one also holds 0. Equal confidences
    always share a bin, so equal-mass bins can differ in count or be empty where many are equal.

    Args:
        confidence: `(N,)` in [0, 1], the probability of the predicted class.
        correct: `(N,)` in [0, 1], 1 where the prediction is right.
        bins: number of bins, at least 1.
        equal_mass: False for bins of equal width, True for bins between the quantiles of the
            confidence, which hold about equally many records.
        weights: `(N,)`, not negative, how often each record counts; None counts each once.

    Returns:
        dict of float64 arrays: `edges` `(bins + 1,)`, and `count` (sum of weights), mean
        `confidence` and `accuracy`, each `(bins,)`, the last two NaN where a bin is empty.

    Raises:
        ValueError: for no records, unequal lengths, values out of range, or bins below 1.

    Examples:
        >>> table = be_keras.metrics.reliability_table([0.2, 0.9, 0.9], [0, 1, 0], bins=2)
        >>> table["count"].tolist(), table["accuracy"].tolist()
        ([1.0, 2.0], [0.0, 0.5])
    """
    if bins < 1:
        raise ValueError(f"`bins` must be at least 1. Received {bins}")
    confidence = _checked_shares("confidence", confidence)
    correct = _checked_shares("correct", correct)
    if len(confidence) != len(correct):
        raise ValueError(
            "`confidence` and `correct` must have one value per record. "
            f"Received {len(confidence)} and {len(correct)}"
        )
    weights = checked_weights(weights, len(confidence))
    edges = np.linspace(0.0, 1.0, bins + 1)
    if equal_mass:
        edges[1:-1] = _quantiles(confidence, weights, bins)
    index = np.searchsorted(edges[1:-1], confidence, side="left")
    count, confidence_sum, correct_sum = (
        np.bincount(index, weights=weights * value, minlength=bins)
        for value in (np.ones_like(confidence), confidence, correct)
    )
    divisor = np.where(count > 0, count, np.nan)
    return {
        "edges": edges,
        "count": count,
        "confidence": confidence_sum / divisor,
        "accuracy": correct_sum / divisor,
    }


def checked_weights(weights: Array | None, count: int) -> np.ndarray:
    """Return `(count,)` float64 weights, ones for None.

    Raises:
        ValueError: if their shape is another, one is negative or not finite, or all are 0.
    """
    if weights is None:
        return np.ones(count)
    weights = np.asarray(weights, "float64")
    if weights.shape != (count,):
        raise ValueError(
            f"`weights` must have one value per record, shape ({count},). "
            f"Received shape {weights.shape}"
        )
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.sum() > 0):
        raise ValueError("`weights` must be finite, at least 0, and not all 0")
    return weights


def _checked_shares(name: str, values: Array) -> np.ndarray:
    """Return `values` as a 1-D float64 array in [0, 1] that is not empty."""
    values = np.asarray(values, "float64")
    if values.ndim != 1 or not len(values):
        raise ValueError(f"`{name}` must be `(N,)` with N >= 1. Received shape {values.shape}")
    outside = np.count_nonzero(~((values >= 0.0) & (values <= 1.0)))
    if outside:
        raise ValueError(
            f"`{name}` must lie in [0, 1]. {outside} of {len(values)} values are NaN or outside; "
            "give probabilities, not logits or percentages"
        )
    return values


def _quantiles(values: np.ndarray, weights: np.ndarray, bins: int) -> np.ndarray:
    """Give the `bins - 1` inner quantiles: the least value with at least k/bins of the weight.

    Integer weights give exactly the quantiles of the records repeated that often.
    """
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    targets = np.arange(1, bins) * cumulative[-1] / bins
    return values[order][np.searchsorted(cumulative, targets, side="left")]
