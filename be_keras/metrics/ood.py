"""Out-of-distribution detection: how well an uncertainty tells OOD examples from those of
the training distribution, in NumPy. Higher must mean farther from it.
"""

from statistics import NormalDist

import numpy as np

from be_keras.types import Array, Columns


def uncertainties(columns: Columns) -> dict[str, np.ndarray]:
    """Give the three uncertainties that detection is scored by, from records' columns `(N,)`.

    Args:
        columns: dict of arrays with `confidence`, `entropy` and `mutual_information`.

    Returns:
        dict of float64 arrays `(N,)`: `one_minus_confidence`, `entropy`, `mutual_information`.

    Raises:
        ValueError: if a column is missing.

    Examples:
        >>> columns = {"confidence": [0.75], "entropy": [0.5], "mutual_information": [0.1]}
        >>> be_keras.metrics.uncertainties(columns)["one_minus_confidence"].tolist()
        [0.25]
    """
    missing = {"confidence", "entropy", "mutual_information"} - columns.keys()
    if missing:
        raise ValueError(f"Records lack the columns {sorted(missing)}. Received: {sorted(columns)}")
    return {
        "one_minus_confidence": 1.0 - np.asarray(columns["confidence"], "float64"),
        "entropy": np.asarray(columns["entropy"], "float64"),
        "mutual_information": np.asarray(columns["mutual_information"], "float64"),
    }


def ood_scores(in_distribution: Array, ood: Array) -> dict[str, float]:
    """Score the detection of OOD examples, the positive class, by one uncertainty.

    Args:
        in_distribution: `(N,)`, the uncertainty of examples like the training data.
        ood: `(K,)`, that of OOD examples.

    Returns:
        dict of floats in [0, 1]: `auroc`, the probability that an OOD example is the more
        uncertain of two, ties half; `aupr`, the average precision (no interpolation; guessing
        gives K / (N + K)); `fpr95`, the share of `in_distribution` flagged by the highest threshold
        that flags at least 95 % of `ood`.

    Raises:
        ValueError: if either is empty or not 1-D, or a value is NaN.

    Examples:
        >>> be_keras.metrics.ood_scores([0.1, 0.2, 0.6], [0.5, 0.9])["auroc"].__round__(3)
        0.833
    """
    in_distribution, ood = _checked("in_distribution", in_distribution), _checked("ood", ood)
    levels, index = np.unique(np.concatenate([in_distribution, ood]), return_inverse=True)
    # Per level, from the most uncertain down: examples on it, then all from it up.
    positives = np.bincount(index[len(in_distribution) :], minlength=len(levels))[::-1]
    negatives = np.bincount(index[: len(in_distribution)], minlength=len(levels))[::-1]
    caught, flagged = np.cumsum(positives), np.cumsum(negatives)

    wins = negatives @ (caught - positives / 2.0)
    precision = caught / (caught + flagged)
    enough = np.argmax(20 * caught >= 19 * len(ood))  # 95 %, in integers
    return {
        "auroc": float(wins / (len(in_distribution) * len(ood))),
        "aupr": float(positives @ precision / len(ood)),
        "fpr95": float(flagged[enough] / len(in_distribution)),
    }


def auroc_interval(in_distribution: Array, ood: Array, level: float = 0.95) -> tuple[float, float]:
    """Give the interval of `auroc` by DeLong, DeLong & Clarke-Pearson (1988), cut to [0, 1].

    It holds the chance in both sets of examples; no resampling. Where every OOD example is
    the more uncertain one, or none, it is as narrow as a point, which only says that the sets are
    too small to tell.

    Args:
        in_distribution, ood: as in `ood_scores`, at least 2 values each.
        level: share of the samples whose interval holds the true value, between 0 and 1.

    Returns:
        `(low, high)`.

    Raises:
        ValueError: as `ood_scores`; fewer than 2 values, or `level` out of range.

    Examples:
        >>> low, high = be_keras.metrics.auroc_interval([0.1, 0.2, 0.6], [0.5, 0.9])
        >>> low < 0.833 < high
        True
    """
    in_distribution, ood = _checked("in_distribution", in_distribution), _checked("ood", ood)
    if min(len(in_distribution), len(ood)) < 2 or not 0.0 < level < 1.0:
        raise ValueError(
            "An interval needs 2 values of each and a level between 0 and 1. "
            f"Received {len(in_distribution)} and {len(ood)} values, level={level}"
        )
    # How often each OOD example is above the others, and each of those below.
    above = _share_below(ood, in_distribution)
    below = 1.0 - _share_below(in_distribution, ood)
    spread = np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below)
    half = NormalDist().inv_cdf(0.5 + level / 2.0) * np.sqrt(spread)
    middle = float(np.mean(above))
    return max(0.0, middle - float(half)), min(1.0, middle + float(half))


def _share_below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Share of `others` below each value, ties half."""
    others = np.sort(others)
    sides = [np.searchsorted(others, values, side) for side in ("left", "right")]
    return (sides[0] + sides[1]) / (2.0 * len(others))


def _checked(name: str, values: Array) -> np.ndarray:
    """Return `values` as a 1-D float64 array, not empty, without NaN."""
    values = np.asarray(values, "float64")
    if values.ndim != 1 or not len(values):
        raise ValueError(f"`{name}` must be `(N,)` with N >= 1. Received shape {values.shape}")
    broken = np.count_nonzero(np.isnan(values))
    if broken:
        raise ValueError(f"`{name}` must be numbers. {broken} of {len(values)} values are NaN")
    return values
