"""Log-probabilities in float64 on the host: logits or log-probabilities come in, are checked, and
stay in log space, so that no probability underflows.
"""

import numpy as np

from be_keras.types import Array


def log_softmax(logits: Array) -> np.ndarray:
    """Give log-probabilities over the last axis: `(..., C)` to `(..., C)`, float64.

    Log-probabilities come back as they were.
    """
    logits = np.asarray(logits, "float64")
    return logits - logsumexp(logits, axis=-1)


def logsumexp(values: np.ndarray, axis: int) -> np.ndarray:
    """Give log Σ exp of finite `values` along `axis`, which keeps size 1."""
    top = np.max(values, axis=axis, keepdims=True)
    return np.log(np.sum(np.exp(values - top), axis=axis, keepdims=True)) + top


def mean_log_probs(logits: Array) -> np.ndarray:
    """Give the log of the members' mean probability, the ensemble's prediction.

    Args:
        logits: `(N, M, C)`, or log-probabilities of that shape; finite.

    Returns:
        `(N, C)` float64.

    Raises:
        ValueError: for another rank, no members, fewer than 2 classes, NaN or infinity, or
            probabilities, of which logarithms are to be given.

    Examples:
        >>> logits = np.log([[[0.8, 0.2], [0.4, 0.6]]])  # one example, two members
        >>> np.exp(be_keras.metrics.mean_log_probs(logits)).round(3).tolist()
        [[0.6, 0.4]]
    """
    log_p = member_log_probs(logits)
    return logsumexp(log_p, axis=1)[:, 0] - np.log(log_p.shape[1])


def member_log_probs(logits: Array) -> np.ndarray:
    """Return each member's log-probabilities `(N, M, C)`; raises as `mean_log_probs`."""
    logits = checked_logits(logits)
    if logits.min() >= 0.0 and np.abs(logits.sum(axis=-1) - 1.0).max() < 1e-3:
        raise ValueError(
            "Expected logits or log-probabilities. Received probabilities: every row lies in "
            "[0, 1] and sums to 1. Give their logarithms."
        )
    return log_softmax(logits)


def checked_logits(logits: Array) -> np.ndarray:
    """Return `(N, M, C)` float64 logits; raises as `mean_log_probs`."""
    logits = np.asarray(logits, "float64")
    if logits.ndim != 3 or min(logits.shape) < 1 or logits.shape[-1] < 2:
        raise ValueError(
            "Logits must be `(N, M, C)` with N and M >= 1 and C >= 2 classes. Received shape "
            f"{logits.shape}; flatten tokens to examples, and give a single network M = 1"
        )
    return _finite(logits)


def checked_log_probs(log_probs: Array, labels: Array) -> tuple[np.ndarray, np.ndarray]:
    """Return `(N, C)` float64 log-probabilities and `(N,)` labels that fit them.

    Raises:
        ValueError: for another rank, fewer than 2 classes, values that are not finite or do not
            sum to 1 in probability, or labels as in `checked_labels`.
    """
    log_probs = np.asarray(log_probs, "float64")
    if log_probs.ndim != 2 or not len(log_probs) or log_probs.shape[-1] < 2:
        raise ValueError(
            "Log-probabilities must be `(N, C)` with N >= 1 and C >= 2 classes. Received shape "
            f"{log_probs.shape}; for members' logits `(N, M, C)` call `mean_log_probs` first"
        )
    _finite(log_probs)
    off = np.abs(logsumexp(log_probs, axis=-1)).max()
    if off > 0.01:  # leaves room for logits of half precision
        raise ValueError(
            "Expected log-probabilities, whose exp sums to 1 over the classes. Received values "
            f"whose log-sum-exp is up to {off:.3g} from 0; are they logits or probabilities?"
        )
    return log_probs, checked_labels(labels, *log_probs.shape)


def checked_labels(labels: Array, count: int, classes: int) -> np.ndarray:
    """Return `labels` as `(count,)` integers.

    Raises:
        ValueError: for another shape or dtype, or a label out of [0, classes).
    """
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"Labels must be integers of shape ({count},). "
            f"Received {labels.dtype} of shape {labels.shape}"
        )
    outside = np.count_nonzero((labels < 0) | (labels >= classes))
    if outside:
        raise ValueError(
            f"Labels must lie in [0, {classes}). {outside} of {count} do not; leave padding out"
        )
    return labels


def _finite(values: np.ndarray) -> np.ndarray:
    """Return `values`; raise `ValueError` if one of them is NaN or infinite."""
    broken = np.count_nonzero(~np.isfinite(values))
    if broken:
        raise ValueError(
            f"{broken} of {values.size} values are NaN or infinite. Log-probabilities made in "
            "log space stay finite: call `mean_log_probs` on the logits"
        )
    return values
