"""Out-of-distribution detection: how well an uncertainty tells foreign examples from familiar
ones, in NumPy. Higher must mean more foreign.
"""

from statistics import NormalDist

import numpy as np


def uncertainties(columns):
    """Give the three uncertainties that detection is scored by, from records' columns `(N,)`.

    Args:
        columns: dict of arrays with `confidence`, `entropy` and `mutual_information`.

    Returns:
        dict of float64 arrays `(N,)`: `one_minus_confidence`, `entropy`, `mutual_information`.

    Raises:
        ValueError: if a column is missing.
    """
    missing = {"confidence", "entropy", "mutual_information"} - columns.keys()
    if missing:
        raise ValueError(f"Records lack the columns {sorted(missing)}. Received: {sorted(columns)}")
    return {
        "one_minus_confidence": 1.0 - np.asarray(columns["confidence"], "float64"),
        "entropy": np.asarray(columns["entropy"], "float64"),
        "mutual_information": np.asarray(columns["mutual_information"], "float64"),
    }


def ood_scores(inside, outside):
    """Score the detection of foreign examples, the positive class, by one uncertainty.

    Args:
        inside: `(N,)`, the uncertainty of examples like the training data.
        outside: `(K,)`, that of foreign examples.

    Returns:
        dict of floats in [0, 1]: `auroc`, the probability that a foreign example is the more
        uncertain of two, ties half; `aupr`, the average precision (no interpolation; guessing
        gives K / (N + K)); `fpr95`, the share of `inside` flagged by the highest threshold that
        flags at least 95 % of `outside`.

    Raises:
        ValueError: if either is empty or not 1-D, or a value is NaN.
    """
    inside, outside = _checked("inside", inside), _checked("outside", outside)
    levels, index = np.unique(np.concatenate([inside, outside]), return_inverse=True)
    # Per level, from the most uncertain down: examples on it, then all from it up.
    foreign = np.bincount(index[len(inside) :], minlength=len(levels))[::-1]
    familiar = np.bincount(index[: len(inside)], minlength=len(levels))[::-1]
    caught, flagged = np.cumsum(foreign), np.cumsum(familiar)

    wins = familiar @ (caught - foreign / 2.0)
    precision = caught / (caught + flagged)
    enough = np.argmax(20 * caught >= 19 * len(outside))  # 95 %, in integers
    return {
        "auroc": float(wins / (len(inside) * len(outside))),
        "aupr": float(foreign @ precision / len(outside)),
        "fpr95": float(flagged[enough] / len(inside)),
    }


def auroc_interval(inside, outside, level=0.95):
    """Give the interval of `auroc` by DeLong, DeLong & Clarke-Pearson (1988), cut to [0, 1].

    It holds the chance in both sets of examples; no resampling. Where every foreign example is
    the more uncertain one, or none, it is as narrow as a point, which only says that the sets are
    too small to tell.

    Args:
        inside, outside: as in `ood_scores`, at least 2 values each.
        level: share of the samples whose interval holds the true value, between 0 and 1.

    Returns:
        `(low, high)`.

    Raises:
        ValueError: as `ood_scores`; fewer than 2 values, or `level` out of range.
    """
    inside, outside = _checked("inside", inside), _checked("outside", outside)
    if min(len(inside), len(outside)) < 2 or not 0.0 < level < 1.0:
        raise ValueError(
            "An interval needs 2 values of each and a level between 0 and 1. "
            f"Received {len(inside)} and {len(outside)} values, level={level}"
        )
    # How often each foreign example is above the familiar ones, and each familiar one below.
    above = _share_below(outside, inside)
    below = 1.0 - _share_below(inside, outside)
    spread = np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below)
    half = NormalDist().inv_cdf(0.5 + level / 2.0) * np.sqrt(spread)
    middle = float(np.mean(above))
    return max(0.0, middle - float(half)), min(1.0, middle + float(half))


def _share_below(values, others):
    """Share of `others` below each value, ties half."""
    others = np.sort(others)
    sides = [np.searchsorted(others, values, side) for side in ("left", "right")]
    return (sides[0] + sides[1]) / (2.0 * len(others))


def _checked(name, values):
    """Return `values` as a 1-D float64 array, not empty, without NaN."""
    values = np.asarray(values, "float64")
    if values.ndim != 1 or not len(values):
        raise ValueError(f"`{name}` must be `(N,)` with N >= 1. Received shape {values.shape}")
    broken = np.count_nonzero(np.isnan(values))
    if broken:
        raise ValueError(f"`{name}` must be numbers. {broken} of {len(values)} values are NaN")
    return values
