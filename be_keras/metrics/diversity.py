"""How members differ, in NumPy: each one's own scores, tables of pairs of members, and divergence
by the ensemble's confidence.
"""

import numpy as np

from be_keras.metrics.calibration import reliability_table
from be_keras.metrics.log_probs import checked_labels, checked_logits, member_log_probs
from be_keras.types import Array, Columns


def member_scores(logits: Array, labels: Array) -> dict[str, np.ndarray]:
    """Give the scores of every member by itself.

    Args:
        logits: `(N, M, C)`, or log-probabilities of that shape; finite.
        labels: integers `(N,)` in [0, C).

    Returns:
        dict of float64 arrays `(M,)`: `accuracy`, and `nll` in nats.

    Raises:
        ValueError: if shapes do not fit, a logit is not finite or a label is no class.

    Examples:
        >>> logits = np.array([[[2.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [2.0, 0.0]]])
        >>> be_keras.metrics.member_scores(logits, np.array([0, 0]))["accuracy"].tolist()
        [1.0, 0.5]
    """
    log_p, logits = member_log_probs(logits), np.asarray(logits)
    labels = checked_labels(labels, len(logits), logits.shape[-1])
    chosen = log_p[np.arange(len(labels)), :, labels]  # (N, M)
    return {
        "accuracy": np.mean(logits.argmax(axis=-1) == labels[:, None], axis=0),
        "nll": -np.mean(chosen, axis=0),
    }


def disagreement_matrix(logits: Array) -> np.ndarray:
    """Give the share of examples on which two members predict different classes.

    Args and Raises: as `member_scores`, without labels.

    Returns:
        `(M, M)` float64 in [0, 1], symmetric, 0 on the diagonal.

    Examples:
        >>> logits = np.array([[[2.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [2.0, 0.0]]])
        >>> be_keras.metrics.disagreement_matrix(logits).tolist()
        [[0.0, 0.5], [0.5, 0.0]]
    """
    votes = checked_logits(logits).argmax(axis=-1)  # (N, M)
    return np.mean(votes[:, :, None] != votes[:, None, :], axis=0)


def kl_matrix(logits: Array) -> np.ndarray:
    """Give the mean over examples of KL(p_i || p_j), row i and column j.

    The mean off the diagonal is the mean of the records' `pairwise_kl`.

    Args and Raises: as `member_scores`, without labels.

    Returns:
        `(M, M)` float64 in nats, at least 0, 0 on the diagonal.

    Examples:
        >>> logits = np.array([[[2.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [2.0, 0.0]]])
        >>> be_keras.metrics.kl_matrix(logits).round(3).tolist()
        [[0.0, 0.762], [0.762, 0.0]]
    """
    log_p = member_log_probs(logits)
    # One row at a time: all pairs at once would hold M times the logits.
    rows = [
        np.einsum("nc,nmc->m", np.exp(log_p[:, i]), log_p[:, i, None] - log_p)
        for i in range(log_p.shape[1])
    ]
    return np.maximum(rows, 0.0) / len(log_p)


def divergence_by_confidence(columns: Columns, bins: int = 15) -> dict[str, np.ndarray]:
    """Give the mean pairwise KL of the members in bins of the ensemble's confidence.

    Args:
        columns: dict of arrays `(N,)` with `confidence`, `correct` and `pairwise_kl`.
        bins: number of bins of equal width, at least 1.

    Returns:
        `reliability_table`'s dict, with `pairwise_kl` `(bins,)` beside it, NaN in empty bins.

    Raises:
        ValueError: if a column is missing, lengths differ, or values are out of range.

    Examples:
        >>> columns = {"confidence": [0.2, 0.9], "correct": [0, 1], "pairwise_kl": [1.0, 0.1]}
        >>> be_keras.metrics.divergence_by_confidence(columns, bins=2)["pairwise_kl"].tolist()
        [1.0, 0.1]
    """
    missing = {"confidence", "correct", "pairwise_kl"} - columns.keys()
    if missing:
        raise ValueError(f"Records lack the columns {sorted(missing)}. Received: {sorted(columns)}")
    confidence = np.asarray(columns["confidence"], "float64")
    divergence = np.asarray(columns["pairwise_kl"], "float64")
    table = reliability_table(confidence, columns["correct"], bins)
    if divergence.shape != confidence.shape or not np.isfinite(divergence).all():
        raise ValueError(
            f"`pairwise_kl` must have a finite value per record, shape {confidence.shape}. "
            f"Received shape {divergence.shape}, or NaN or infinity in it"
        )
    index = np.searchsorted(table["edges"][1:-1], confidence, side="left")
    total = np.bincount(index, weights=divergence, minlength=bins)
    filled = np.where(table["count"] > 0, table["count"], np.nan)
    return table | {"pairwise_kl": total / filled}
