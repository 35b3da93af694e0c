"""Cross-entropy over a large vocabulary that never holds all logits at once.

25,000 tokens x 4 members x 37,000 words x 4 bytes are 15 GB of logits. Here a chunk of examples
is projected, reduced to its losses and thrown away; the backward pass projects it again.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from be_keras.types import Tensor


def chunked_cross_entropy(
    states: Tensor,
    kernel: Tensor,
    labels: Tensor,
    bias: Tensor = None,
    label_smoothing: float = 0.0,
    chunk_examples: int | None = None,
) -> Tensor:
    """Cross-entropy of `states · kernel + bias` against integer labels, chunk by chunk.

    Args:
        states: `(B, M, T, D)`, float.
        kernel: `(D, V)`, of the dtype of the states.
        labels: `(B, T)`, or `(B, M, T)` where members have their own; int, in [0, V).
        bias: `(M, V)` or None.
        label_smoothing: epsilon in [0, 1): the target puts 1 - epsilon on the label and epsilon
            evenly on all V (Szegedy et al., 2016).
        chunk_examples: Examples per chunk; None takes all B at once.

    Returns:
        Losses `(B, M, T)`, float32, in nats. Differentiable in states, kernel and bias.

    Raises:
        ValueError: `label_smoothing` lies outside [0, 1), or `chunk_examples` is not positive.

    Examples:
        >>> states, kernel = np.ones((2, 3, 5, 4), "float32"), np.zeros((4, 10), "float32")
        >>> labels = np.zeros((2, 5), "int32")
        >>> losses = be_keras.losses.chunked_cross_entropy(states, kernel, labels)
        >>> tuple(losses.shape), round(float(losses[0, 0, 0]), 4)  # log 10
        ((2, 3, 5), 2.3026)
    """
    if not 0.0 <= label_smoothing < 1.0:
        raise ValueError(f"`label_smoothing` must lie in [0, 1). Received: {label_smoothing}")
    if chunk_examples is not None and chunk_examples < 1:
        raise ValueError(f"`chunk_examples` must be positive. Received: {chunk_examples}")
    if bias is None:
        bias = ops.zeros((states.shape[1], kernel.shape[1]), dtype="float32")
    labels = ops.cast(labels, "int32")
    if len(labels.shape) == 2:
        labels = ops.broadcast_to(ops.expand_dims(labels, 1), ops.shape(states)[:3])
    size = ops.shape(states)[0]
    chunk = _chunk_size(size, chunk_examples)

    @ops.custom_gradient
    def losses_of(
        states: Tensor, kernel: Tensor, bias: Tensor
    ) -> tuple[Tensor, Callable[..., Any]]:
        parts = (_chunks(states, chunk), _chunks(labels, chunk))
        losses = ops.map(
            lambda part: _losses(part[0], kernel, part[1], bias, label_smoothing), parts
        )

        def gradient(*args: Any, upstream: Tensor = None) -> tuple[Tensor, ...]:
            weights = _chunks(args[0] if upstream is None else upstream, chunk)
            d_states, *d_weights = _all_gradients(*parts, weights, kernel, bias, label_smoothing)
            return _joined(d_states, size), *d_weights

        return _joined(losses, size), gradient

    return losses_of(states, kernel, ops.cast(bias, "float32"))


def _all_gradients(
    states: Tensor, labels: Tensor, upstream: Tensor, kernel: Tensor, bias: Tensor, smoothing: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of all chunks: those of the states `(n, chunk, ...)`, of the kernel and bias."""

    def step(i: Tensor, totals: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        new = _gradients(states[i], labels[i], upstream[i], kernel, bias, smoothing)
        d_states = ops.slice_update(totals[0], (i, 0, 0, 0, 0), new[0][None])
        return d_states, totals[1] + new[1], totals[2] + new[2]

    start = (
        ops.zeros_like(states),
        ops.zeros_like(kernel, dtype="float32"),
        ops.zeros_like(bias),
    )
    # A loop and not `ops.scan`, whose outputs must look like its carry on TensorFlow.
    d_states, d_kernel, d_bias = ops.fori_loop(0, ops.shape(states)[0], step, start)
    return d_states, ops.cast(d_kernel, kernel.dtype), d_bias


def _chunk_size(size: Tensor, chunk_examples: int | None) -> Tensor:
    """Examples per chunk: at most all of them, at least one (for a batch without any)."""
    if isinstance(size, int):
        return max(1, size if chunk_examples is None else min(chunk_examples, size))
    return ops.maximum(size if chunk_examples is None else ops.minimum(size, chunk_examples), 1)


def _chunks(tensor: Tensor, chunk: Tensor) -> Tensor:
    """`(B, ...)` to `(ceil(B / chunk), chunk, ...)`, filled up with zeros.

    A chunk takes every n-th example, so that each device of a sharded batch holds a part of every
    chunk.
    """
    shape = ops.shape(tensor)
    count = -(-shape[0] // chunk)
    # One chunk at least: TensorFlow cannot map over none.
    count = max(1, count) if isinstance(count, int) else ops.maximum(1, count)
    missing = count * chunk - shape[0]
    if not (isinstance(missing, int) and missing == 0):
        tensor = ops.pad(tensor, [[0, missing]] + [[0, 0]] * (len(shape) - 1))
    tensor = ops.reshape(tensor, (chunk, count, *shape[1:]))
    return ops.swapaxes(tensor, 0, 1)


def _joined(chunks: Tensor, size: Tensor) -> Tensor:
    """The inverse of `_chunks`."""
    shape = ops.shape(chunks)
    return ops.reshape(ops.swapaxes(chunks, 0, 1), (shape[0] * shape[1], *shape[2:]))[:size]


def _logits(states: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    logits = ops.cast(ops.matmul(states, kernel), "float32")  # (b, M, T, V)
    return logits + ops.expand_dims(bias, 1)


def _losses(
    states: Tensor, kernel: Tensor, labels: Tensor, bias: Tensor, smoothing: float
) -> Tensor:
    """Losses `(b, M, T)` of one chunk: logsumexp - (1 - e) z_y - e mean(z)."""
    logits = _logits(states, kernel, bias)
    chosen = ops.take_along_axis(logits, ops.expand_dims(labels, -1), axis=-1)[..., 0]
    target = (1.0 - smoothing) * chosen
    if smoothing:
        target = target + smoothing * ops.mean(logits, axis=-1)
    return ops.logsumexp(logits, axis=-1) - target


def _gradients(
    states: Tensor, labels: Tensor, upstream: Tensor, kernel: Tensor, bias: Tensor, smoothing: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of one chunk with respect to states, kernel and bias: softmax - target."""
    logits = _logits(states, kernel, bias)
    width = kernel.shape[-1]
    target = ops.one_hot(labels, width, dtype="float32") * (1.0 - smoothing) + smoothing / width
    delta = ops.softmax(logits, axis=-1) - target
    delta = delta * ops.expand_dims(ops.cast(upstream, "float32"), -1)  # (b, M, T, V)
    d_bias = ops.sum(delta, axis=(0, 2))
    delta = ops.cast(delta, states.dtype)
    d_states = ops.matmul(delta, ops.transpose(kernel))
    flat_states = ops.reshape(states, (-1, states.shape[-1]))
    flat_delta = ops.reshape(delta, (-1, kernel.shape[-1]))
    d_kernel = ops.matmul(ops.transpose(flat_states), flat_delta)
    return d_states, ops.cast(d_kernel, "float32"), d_bias


def sequence_loss(losses: Tensor, weights: Tensor, member_loss: str = "mean") -> Tensor:
    """Mean over the real tokens of the whole batch, mean or sum over members.

    Args:
        losses: `(B, M, T)`.
        weights: `(B, T)` or `(B, M, T)`, 0 at padding.
        member_loss: "mean" or "sum" over members.

    Returns:
        Scalar float32; 0 for a batch without a real token.

    Raises:
        ValueError: `member_loss` is neither.

    Examples:
        >>> losses = np.array([[[1.0, 3.0, 9.0]]])  # one example, one member, three tokens
        >>> float(be_keras.losses.sequence_loss(losses, weights=np.array([[1, 1, 0]])))
        2.0
    """
    if member_loss not in ("mean", "sum"):
        raise ValueError(f'`member_loss` must be "mean" or "sum". Received: {member_loss!r}')
    weights = ops.cast(weights, "float32")
    if len(weights.shape) == 2:
        weights = ops.broadcast_to(ops.expand_dims(weights, 1), ops.shape(losses))
    mean = ops.divide_no_nan(ops.sum(losses * weights), ops.sum(weights))
    return mean * losses.shape[1] if member_loss == "sum" else mean
