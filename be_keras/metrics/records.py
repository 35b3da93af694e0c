"""One record per example or token: logits `(B, M, ..., C)` and labels `(B, ...)` become small
arrays `(B, ...)` that hold all that the scores need, so no distribution over C has to be kept.
"""

import math

import keras
import numpy as np
from keras import ops

# The smallest normal float32: keeps log(0) finite where it is multiplied by that very 0.
_TINY = float(np.finfo("float32").tiny)


def ensemble_records(logits, labels):
    """Describe the ensemble's prediction of every label, per example or token.

    The ensemble's probability is the mean of its members' probabilities. All arithmetic is in
    float32, and log-likelihoods stay in log space. Works eagerly, in `tf.function` and in
    `jax.jit`; only the number of members has to be known when a graph is built.

    Args:
        logits: float tensor `(B, M, ..., C)`, finite; the members are axis 1, so token logits
            are `(B, M, T, V)`.
        labels: integer tensor `(B, ...)` of classes in [0, C). Where a label is out of that
            range, or a logit not finite, the log-likelihoods and the Brier score are NaN, which
            `scores` refuses unless the record is left out.

    Returns:
        dict of tensors `(B, ...)`, float32 unless said otherwise, all entropies in nats:
        `log_likelihood` and `member_log_likelihood` (mean over the members of each one's own),
        `confidence` (largest mean probability), `prediction` (its class, int32), `correct` and
        `member_correct` (share of members that are right), `brier` in [0, 2], `entropy` of the
        mean, `member_entropy` (mean of the members'), `mutual_information` (their difference,
        at least 0), `disagreement` (share of the M(M-1)/2 pairs of members that predict
        different classes), `pairwise_kl` (mean over the M(M-1) ordered pairs), `label` (int32).
        With M = 1, `disagreement`, `pairwise_kl` and
        `mutual_information` are 0.

    Raises:
        ValueError: if the shapes do not fit, M is unknown, or labels are not integers.
    """
    logits, labels = _checked(logits, labels)
    logits = ops.cast(logits, "float32")
    log_p = ops.log_softmax(logits, axis=-1)
    p = ops.exp(log_p)
    mean_p = ops.mean(p, axis=1)

    entropy = -ops.sum(mean_p * ops.log(ops.maximum(mean_p, _TINY)), axis=-1)
    member_entropy = ops.mean(-ops.sum(p * log_p, axis=-1), axis=1)
    prediction = ops.cast(ops.argmax(mean_p, axis=-1), "int32")
    votes = ops.cast(ops.argmax(logits, axis=-1), "int32")
    finite = ops.all(ops.isfinite(logits), axis=(1, -1))
    information = ops.maximum(entropy - member_entropy, 0.0)
    if logits.shape[1] == 1:
        # Both entropies are the same; what rounding leaves between them would be ranked.
        member_entropy, information = entropy, ops.zeros_like(entropy)
    return {
        "label": labels,
        "prediction": prediction,
        "correct": ops.cast(ops.equal(prediction, labels), "float32"),
        "member_correct": _share(ops.equal(votes, ops.expand_dims(labels, 1)), axis=1),
        # Rounding must not lift it over 1, which calibration refuses.
        "confidence": ops.minimum(ops.max(mean_p, axis=-1), 1.0),
        **_proper_scores(log_p, mean_p, labels, finite),
        "entropy": entropy,
        "member_entropy": member_entropy,
        "mutual_information": information,
        "disagreement": _disagreement(votes),
        "pairwise_kl": _pairwise_kl(p, log_p, mean_p),
    }


def _checked(logits, labels):
    """Return logits and int32 labels as tensors whose shapes fit each other."""
    logits, labels = ops.convert_to_tensor(logits), ops.convert_to_tensor(labels)
    if "int" not in keras.backend.standardize_dtype(labels.dtype):
        raise ValueError(f"Labels must be integers. Received dtype {labels.dtype}")
    if len(logits.shape) < 3 or logits.shape[1] is None:
        raise ValueError(
            "Logits must be `(B, M, ..., C)` with a known number of members M on axis 1. "
            f"Received shape {tuple(logits.shape)}; a single network's logits need an axis of "
            "size 1 there"
        )
    expected = (logits.shape[0], *logits.shape[2:-1])
    fits = len(labels.shape) == len(expected) and all(
        wanted is None or came is None or wanted == came
        for wanted, came in zip(expected, labels.shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"Logits of shape {tuple(logits.shape)} need labels of shape {expected}, the same "
            f"without members and classes. Received shape {tuple(labels.shape)}"
        )
    return logits, ops.cast(labels, "int32")


def _proper_scores(log_p, mean_p, labels, finite):
    """Give the records that judge the label's probability; NaN if no class or not `finite`."""
    is_class = ops.logical_and(labels >= 0, labels < log_p.shape[-1])
    index = ops.expand_dims(ops.expand_dims(ops.where(is_class, labels, 0), 1), -1)
    member_log_likelihood = ops.squeeze(ops.take_along_axis(log_p, index, axis=-1), axis=-1)
    log_likelihood = ops.logsumexp(member_log_likelihood, axis=1) - math.log(log_p.shape[1])
    # The sum over classes of (p - onehot)², multiplied out; rounding can push it just under 0.
    brier = ops.sum(ops.square(mean_p), axis=-1) - 2.0 * ops.exp(log_likelihood) + 1.0
    records = {
        "log_likelihood": log_likelihood,
        "member_log_likelihood": ops.mean(member_log_likelihood, axis=1),
        "brier": ops.maximum(brier, 0.0),
    }
    # Marked last: XLA on CPU loses a NaN that passes through exp or max.
    sound = ops.logical_and(is_class, finite)
    return {name: ops.where(sound, value, float("nan")) for name, value in records.items()}


def _share(condition, axis):
    """Give the share of True along `axis`, float32."""
    return ops.mean(ops.cast(condition, "float32"), axis=axis)


def _disagreement(votes):
    """Give the share of pairs of different members with different votes `(B, M, ...)`."""
    members = votes.shape[1]
    differ = ops.not_equal(ops.expand_dims(votes, 1), ops.expand_dims(votes, 2))
    # The mean is over all M² ordered pairs; the M pairs of a member with itself never differ.
    return _share(differ, axis=(1, 2)) * (members / max(members - 1, 1))


def _pairwise_kl(p, log_p, mean_p):
    """Give the mean KL(p_i || p_j) over the ordered pairs of different members.

    Summed over all pairs, the cross terms factor, and what is left is, for every class, the
    sample covariance over the members between p and log p. No term is negative, so nearly equal
    members lose no digits, which a difference of entropy and cross entropy would.
    """
    members = p.shape[1]
    p_offset = p - ops.expand_dims(mean_p, 1)
    log_p_offset = log_p - ops.mean(log_p, axis=1, keepdims=True)
    return ops.sum(p_offset * log_p_offset, axis=(1, -1)) / max(members - 1, 1)
