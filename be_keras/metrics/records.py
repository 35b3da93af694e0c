"""One record per example or token: logits `(B, M, ..., C)` and labels `(B, ...)` become small
arrays `(B, ...)` that hold all that the scores need, so no distribution over C has to be kept.
`Records` gathers those of many batches on the host, for the scores or for an `.npz` file.
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from keras import ops

from be_keras.outputs import KINDS, LOGITS, check_kind
from be_keras.types import Array, Columns, Tensor

# The smallest normal float32: keeps log(0) finite where it is multiplied by that very 0.
_TINY = float(np.finfo("float32").tiny)
# How far from 1 probabilities of half precision may sum up.
_ROUNDING = 0.01


def ensemble_records(predictions: Tensor, labels: Tensor, *, outputs: str) -> dict[str, Tensor]:
    """Describe the ensemble's prediction of every label, per example or token.

    The ensemble's probability is the mean of its members' probabilities. All arithmetic is in
    float32, and log-likelihoods stay in log space. Works eagerly, in `tf.function` and in
    `jax.jit`; only the number of members has to be known when a graph is built.

    Args:
        predictions: float tensor `(B, M, ..., C)`, finite; the members are axis 1, so those of
            tokens are `(B, M, T, V)`, those of pixels `(B, M, H, W, C)`.
        labels: integer tensor `(B, ...)` of classes in [0, C). Where a label is out of that
            range, or a prediction not finite or no distribution, the log-likelihoods and the
            Brier score are NaN, which `scores` refuses unless the record is left out.
        outputs: What the predictions are, as in `EnsembleModel`: "logits" or "probabilities" of
            classes, or "binary_logits" or "binary_probabilities" of C questions of yes or no,
            whose labels `(B, ..., C)` are 0 or 1. Where C is 1 each is a question, and its
            labels may be `(B, ...)`.

    Returns:
        dict of tensors like the labels, float32 unless said otherwise, all entropies in nats:
        `log_likelihood` and `member_log_likelihood` (mean over the members of each one's own),
        `confidence` (largest mean probability), `prediction` (its class, int32), `correct` and
        `member_correct` (share of members that are right), `brier` in [0, 2], `entropy` of the
        mean, `member_entropy` (mean of the members'), `mutual_information` (their difference,
        at least 0), `disagreement` (share of the M(M-1)/2 pairs of members that predict
        different classes), `pairwise_kl` (mean over the M(M-1) ordered pairs), `label` (int32).
        With M = 1, `disagreement`, `pairwise_kl` and
        `mutual_information` are 0.

    Raises:
        ValueError: if the shapes do not fit, M is unknown, labels are not integers, `outputs` is
            none of these, or probabilities do not sum to one or lie outside [0, 1].

    Examples:
        >>> logits = np.random.default_rng(0).normal(size=(20, 2, 3))
        >>> records = be_keras.metrics.ensemble_records(
        ...     logits, np.arange(20) % 3, outputs="logits"
        ... )
        >>> tuple(records["confidence"].shape), tuple(records["disagreement"].shape)
        ((20,), (20,))
    """
    logits, log_p, labels = _checked(predictions, labels, outputs)
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


def _checked(logits: Tensor, labels: Tensor, outputs: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return what votes, float32, log-probabilities, and int32 labels, of shapes that fit."""
    check_kind(outputs, KINDS[:-1])
    logits, labels = ops.convert_to_tensor(logits), ops.convert_to_tensor(labels)
    if "int" not in keras.backend.standardize_dtype(labels.dtype):
        raise ValueError(f"Labels must be integers. Received dtype {labels.dtype}")
    if len(logits.shape) < 3 or logits.shape[1] is None:
        raise ValueError(
            "Logits must be `(B, M, ..., C)` with a known number of members M on axis 1. "
            f"Received shape {tuple(logits.shape)}; a single network's logits need an axis of "
            "size 1 there"
        )
    logits = ops.cast(logits, "float32")
    probable = outputs not in LOGITS
    if outputs.startswith("binary") or logits.shape[-1] == 1:
        # Each number becomes two classes, no and yes, on an axis of their own.
        if logits.shape[-1] == 1 and len(labels.shape) == len(logits.shape) - 2:
            labels = ops.expand_dims(labels, -1)
        no = 1.0 - logits if probable else ops.zeros_like(logits)
        logits = ops.stack([no, logits], axis=-1)
    if probable:
        logits = _checked_probabilities(logits)
    log_p = ops.log(ops.maximum(logits, _TINY)) if probable else ops.log_softmax(logits, axis=-1)
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
    return logits, log_p, ops.cast(labels, "int32")


def _checked_probabilities(p: Tensor) -> Tensor:
    """Distributions over the last axis; what is none raises, or in a compiled graph is NaN."""
    off = ops.maximum(ops.abs(ops.sum(p, axis=-1, keepdims=True) - 1.0), -ops.min(p))
    try:
        most = float(ops.convert_to_numpy(ops.max(off)))
    # The values of a graph are not known while it is traced: TensorFlow, JAX and Keras say so.
    except (NotImplementedError, TypeError, ValueError):
        return ops.where(off > _ROUNDING, float("nan"), p)
    if most > _ROUNDING:
        raise ValueError(
            "Expected probabilities in [0, 1] that sum to 1 over the classes. Received some that "
            f'are off by {most:.3g}; of logits write outputs="logits", of questions that may all '
            'be answered yes "binary_probabilities".'
        )
    return p


def _proper_scores(
    log_p: Tensor, mean_p: Tensor, labels: Tensor, finite: Tensor
) -> dict[str, Tensor]:
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


def _share(condition: Tensor, axis: Any) -> Tensor:
    """Give the share of True along `axis`, float32."""
    return ops.mean(ops.cast(condition, "float32"), axis=axis)


def _disagreement(votes: Tensor) -> Tensor:
    """Give the share of pairs of different members with different votes `(B, M, ...)`."""
    members = votes.shape[1]
    differ = ops.not_equal(ops.expand_dims(votes, 1), ops.expand_dims(votes, 2))
    # The mean is over all M² ordered pairs; the M pairs of a member with itself never differ.
    return _share(differ, axis=(1, 2)) * (members / max(members - 1, 1))


def _pairwise_kl(p: Tensor, log_p: Tensor, mean_p: Tensor) -> Tensor:
    """Give the mean KL(p_i || p_j) over the ordered pairs of different members.

    Summed over all pairs, the cross terms factor, and what is left is, for every class, the
    sample covariance over the members between p and log p. No term is negative, so nearly equal
    members lose no digits, which a difference of entropy and cross entropy would.
    """
    members = p.shape[1]
    p_offset = p - ops.expand_dims(mean_p, 1)
    log_p_offset = log_p - ops.mean(log_p, axis=1, keepdims=True)
    return ops.sum(p_offset * log_p_offset, axis=(1, -1)) / max(members - 1, 1)


class Records:
    """Columns of records, gathered batch by batch as flat NumPy arrays of one length.

    Args:
        columns: dict of arrays `(N,)` to begin with; None starts empty.

    Raises:
        ValueError: if the arrays are not 1-D and of one length.

    Examples:
        >>> import tempfile
        >>> records = be_keras.metrics.Records()
        >>> records.append({"label": np.array([3, 1])}, keep=np.array([True, False]))
        >>> records.append({"label": np.array([2, 2])})
        >>> records.columns()["label"].tolist(), len(records)
        ([3, 2, 2], 3)
        >>> len(records.select(records.columns()["label"] == 2))
        2
        >>> path = tempfile.mkdtemp() + "/records.npz"
        >>> records.save(path)
        >>> len(be_keras.metrics.Records.load(path))
        3
    """

    def __init__(self, columns: Columns | None = None) -> None:
        columns = {name: np.asarray(column) for name, column in (columns or {}).items()}
        shapes = {name: column.shape for name, column in columns.items()}
        if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
            raise ValueError(f"Columns must be 1-D and of one length. Received: {shapes}")
        self._batches = [columns] if columns else []

    def append(
        self, records: Mapping[str, Tensor], keep: Tensor = None, group: Tensor = None
    ) -> None:
        """Add one batch of records.

        Args:
            records: dict of arrays or tensors of one shape `(B, ...)`; the same names each time.
            keep: boolean mask of that shape, True where a record counts (not padding).
            group: integers `(B,)`, such as the index of the sentence; becomes the column
                `group` of every kept record, the unit that a cluster bootstrap resamples.

        Raises:
            ValueError: if shapes or names do not fit those of the batch or of earlier batches.
        """
        if not records:
            raise ValueError("Expected at least one array of records. Received an empty dict")
        batch = {name: ops.convert_to_numpy(array) for name, array in records.items()}
        shape = next(iter(batch.values())).shape
        if group is not None:
            batch["group"] = _per_record(ops.convert_to_numpy(group), shape)
        keep = np.ones(shape, bool) if keep is None else ops.convert_to_numpy(keep).astype(bool)
        shapes = {name: array.shape for name, array in batch.items()} | {"keep": keep.shape}
        if set(shapes.values()) != {shape}:
            raise ValueError(f"All records of a batch must have one shape. Received: {shapes}")
        if self._batches and self._batches[0].keys() != batch.keys():
            raise ValueError(
                f"Every batch must have the same columns. Expected {sorted(self._batches[0])}, "
                f"received {sorted(batch)}"
            )
        self._batches.append({name: array[keep] for name, array in batch.items()})

    def columns(self) -> dict[str, np.ndarray]:
        """Give a dict of 1-D arrays, one entry per record, in the order of appending."""
        names = self._batches[0] if self._batches else ()
        joined = {name: np.concatenate([batch[name] for batch in self._batches]) for name in names}
        self._batches = [joined] if joined else []
        return dict(joined)

    def __len__(self) -> int:
        """Give the number of records."""
        return sum(len(next(iter(batch.values()))) for batch in self._batches)

    def select(self, chosen: Array) -> "Records":
        """Give new `Records` of those where the boolean mask `chosen` (one per record) is True."""
        chosen = np.asarray(chosen)
        if chosen.dtype != bool or chosen.shape != (len(self),):
            raise ValueError(
                f"`chosen` must be a boolean mask of shape ({len(self)},). "
                f"Received {chosen.dtype} of shape {chosen.shape}"
            )
        return Records({name: column[chosen] for name, column in self.columns().items()})

    def save(self, path: str | Path) -> None:
        """Write the columns to `path` as `.npz`; an interrupted write leaves `path` as it was."""
        path = Path(path)
        partial = path.with_name(path.name + ".partial")
        with open(partial, "wb") as file:
            arrays: dict[str, Any] = {**self.columns()}
            np.savez_compressed(file, **arrays)
        os.replace(partial, path)

    @classmethod
    def load(cls, path: str | Path) -> "Records":
        """Read the `Records` that `save` wrote to `path` (`ValueError` if it did not)."""
        try:
            with np.load(path, allow_pickle=False) as file:
                columns = dict(file)
        except (ValueError, EOFError, BadZipFile) as error:
            raise ValueError(f"{path} is damaged or was not written by `Records.save`") from error
        return cls(columns)


def _per_record(group: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Repeat each example's group `(B,)` over its records `(B, ...)`."""
    if group.shape != shape[:1]:
        raise ValueError(
            f"`group` needs one integer per example, shape {shape[:1]}. "
            f"Received shape {group.shape}"
        )
    return np.broadcast_to(group.reshape(shape[:1] + (1,) * (len(shape) - 1)), shape)
