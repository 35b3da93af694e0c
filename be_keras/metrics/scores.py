"""Scores of a set of records: columns `(N,)` as `Records.columns` gives them go in, one float per
score comes out. Optional weights count a record more than once, or not at all.
"""

import numpy as np

from be_keras.metrics.calibration import checked_weights, expected_calibration_error
from be_keras.types import Array, Columns

# Score -> (column, sign): the score is the mean of sign * column.
MEANS = {
    "nll": ("log_likelihood", -1.0),
    "member_nll": ("member_log_likelihood", -1.0),
    "accuracy": ("correct", 1.0),
    "member_accuracy": ("member_correct", 1.0),
    "brier": ("brier", 1.0),
    "entropy": ("entropy", 1.0),
    "mutual_information": ("mutual_information", 1.0),
    "disagreement": ("disagreement", 1.0),
    "pairwise_kl": ("pairwise_kl", 1.0),
}
COLUMNS = (*(column for column, _ in MEANS.values()), "confidence")


def scores(columns: Columns, weights: Array | None = None) -> dict[str, float]:
    """Score an ensemble from its records.

    Args:
        columns: dict of arrays `(N,)` with at least the names in `COLUMNS`.
        weights: `(N,)`, not negative, how often each record counts; None counts each once.

    Returns:
        dict of floats: `nll` of the mean probability and `member_nll` (mean over the members of
        each one's own), in nats; `accuracy` and `member_accuracy`; `brier` in [0, 2]; `ece` (15
        bins of equal width) and `ece_equal_mass` (15 bins of equal mass); the means of
        `entropy`, `mutual_information`, `disagreement` and `pairwise_kl`; and `count`, the
        number of records or sum of weights.

    Raises:
        ValueError: if a column is missing, there are no records, lengths differ, or a value is
            not finite (the message says how many, and in which column).

    Examples:
        >>> logits = np.array([[[5.0, 0.0]], [[0.0, 5.0]]])  # two examples, one member
        >>> records = be_keras.metrics.ensemble_records(logits, np.array([0, 0]), outputs="logits")
        >>> be_keras.metrics.scores(be_keras.metrics.Records(records).columns())["accuracy"]
        0.5
    """
    columns = _checked(columns)
    weights = checked_weights(weights, len(columns["confidence"]))
    total = weights.sum()
    result = {
        score: float(sign * (columns[column] @ weights) / total)
        for score, (column, sign) in MEANS.items()
    }
    for score, equal_mass in (("ece", False), ("ece_equal_mass", True)):
        result[score] = expected_calibration_error(
            columns["confidence"], columns["correct"], equal_mass=equal_mass, weights=weights
        )
    return result | {"count": float(total)}


def _checked(columns: Columns) -> dict[str, np.ndarray]:
    """Return the columns that the scores need, float64, finite, of one length above 0."""
    missing = [name for name in COLUMNS if name not in columns]
    if missing and len(columns):
        raise ValueError(f"Records lack the columns {missing}. Received: {sorted(columns)}")
    needed = {name: np.asarray(columns[name], "float64") for name in COLUMNS if name in columns}
    lengths = {name: column.shape for name, column in needed.items()}
    if not lengths or (0,) in lengths.values():
        raise ValueError("There are no records to score. Append at least one kept record first")
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        raise ValueError(f"Columns must be 1-D and of one length. Received: {lengths}")
    for name, column in needed.items():
        broken = np.count_nonzero(~np.isfinite(column))
        if broken:
            raise ValueError(
                f"Column '{name}' has {broken} of {len(column)} values that are NaN or infinite. "
                "Check that the logits are finite and that every kept label is a class"
            )
    return needed
