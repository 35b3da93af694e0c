"""Out-of-distribution detection: how well an uncertainty tells foreign examples from familiar
ones, in NumPy. Higher must mean more foreign.
"""

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


def _checked(name, values):
    """Return `values` as a 1-D float64 array, not empty, without NaN."""
    values = np.asarray(values, "float64")
    if values.ndim != 1 or not len(values):
        raise ValueError(f"`{name}` must be `(N,)` with N >= 1. Received shape {values.shape}")
    broken = np.count_nonzero(np.isnan(values))
    if broken:
        raise ValueError(f"`{name}` must be numbers. {broken} of {len(values)} values are NaN")
    return values
