"""Chunked cross-entropy against plain softmax cross-entropy, and the mean over real tokens."""

import keras
import numpy as np
import pytest
from keras import ops

from be_keras.losses import chunked_cross_entropy, sequence_loss

B, M, T, D, V = 5, 2, 3, 4, 7
DRAW = np.random.default_rng(0)
STATES = DRAW.normal(size=(B, M, T, D)).astype("float32")
KERNEL = DRAW.normal(size=(D, V)).astype("float32")
BIAS = DRAW.normal(size=(M, V)).astype("float32")
LABELS = DRAW.integers(0, V, size=(B, T)).astype("int32")
MEMBER_LABELS = DRAW.integers(0, V, size=(B, M, T)).astype("int32")
SMOOTHING = 0.1


def plain(states, kernel, bias, labels=LABELS, smoothing=SMOOTHING):
    """The same losses from all logits at once, by Keras' categorical cross-entropy."""
    logits = ops.matmul(states, kernel) + bias[:, None]
    labels = labels if labels.ndim == 3 else np.repeat(labels[:, None], M, axis=1)
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction="none"
    )
    targets = np.eye(V, dtype="float32")[labels].reshape(-1, V)
    return ops.reshape(loss(targets, ops.reshape(logits, (-1, V))), (-1, M, T))


def chunked(chunk, labels=LABELS, smoothing=SMOOTHING):
    def losses(states, kernel, bias):
        return chunked_cross_entropy(states, kernel, labels, bias, smoothing, chunk)

    return losses


@pytest.fixture(scope="module")
def expected(gradients):
    """Plain losses and their gradients for states, kernel and bias."""
    return gradients(plain, inputs=[STATES, KERNEL, BIAS])


@pytest.mark.parametrize("chunk", [None, 1, 2, 3, 5, 8])
def test_values_and_gradients_equal_the_plain_loss(gradients, expected, chunk):
    losses, found = gradients(chunked(chunk), inputs=[STATES, KERNEL, BIAS])
    assert losses.shape == (B, M, T) and losses.dtype == "float32"
    np.testing.assert_allclose(losses, expected[0], rtol=1e-5, atol=1e-5)
    for got, want in zip(found, expected[1], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_smoothing_and_labels_of_each_member(gradients, smoothing):
    def reference(*inputs):
        return plain(*inputs, MEMBER_LABELS, smoothing)

    losses, found = gradients(chunked(2, MEMBER_LABELS, smoothing), inputs=[STATES, KERNEL, BIAS])
    wanted, gradients_wanted = gradients(reference, inputs=[STATES, KERNEL, BIAS])
    np.testing.assert_allclose(losses, wanted, rtol=1e-5, atol=1e-5)
    for got, want in zip(found, gradients_wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_the_formula_in_numpy():
    logits = STATES @ KERNEL + BIAS[:, None]
    log_p = logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))
    losses = np.asarray(chunked(2)(STATES, KERNEL, BIAS))
    for b, m, t in np.ndindex(B, M, T):
        target = np.full(V, SMOOTHING / V)
        target[LABELS[b, t]] += 1 - SMOOTHING
        np.testing.assert_allclose(losses[b, m, t], -target @ log_p[b, m, t], rtol=1e-4)


def test_the_bias_may_be_left_out():
    with_zeros = chunked(2)(STATES, KERNEL, np.zeros_like(BIAS))
    np.testing.assert_allclose(chunked(2)(STATES, KERNEL, None), with_zeros, rtol=1e-6)


def test_bfloat16(gradients, expected):
    states, kernel = (ops.cast(tensor, "bfloat16") for tensor in (STATES, KERNEL))
    losses = chunked(2)(states, kernel, BIAS)
    assert keras.backend.standardize_dtype(losses.dtype) == "float32"
    np.testing.assert_allclose(losses, expected[0], rtol=0.05, atol=0.05)

    def half(states, kernel, bias):
        return chunked(2)(ops.cast(states, "bfloat16"), ops.cast(kernel, "bfloat16"), bias)

    _, found = gradients(half, inputs=[STATES, KERNEL, BIAS])
    for got, want in zip(found, expected[1], strict=True):
        np.testing.assert_allclose(got, want, atol=0.05 * np.max(np.abs(want)))


def test_a_batch_without_examples():
    losses = chunked_cross_entropy(STATES[:0], KERNEL, LABELS[:0], BIAS, 0.1, 2)
    assert tuple(losses.shape) == (0, M, T)


@pytest.mark.parametrize("chunk", [None, 2])
def test_compiled_with_free_sizes_or_by_xla(expected, chunk):
    """On TensorFlow with examples and steps unknown and by XLA; on JAX by jit."""
    if keras.backend.backend() == "jax":
        import jax

        def total(*inputs):
            return ops.sum(chunked(chunk)(*inputs))

        results = [jax.jit(jax.value_and_grad(total, (0, 1, 2)))(STATES, KERNEL, BIAS)]
    else:
        import tensorflow as tf

        def total(states, kernel, bias, labels):
            with tf.GradientTape() as tape:
                tape.watch([states, kernel, bias])
                value = tf.reduce_sum(
                    chunked_cross_entropy(states, kernel, labels, bias, SMOOTHING, chunk)
                )
            return value, tape.gradient(value, [states, kernel, bias])

        free = [
            tf.TensorSpec([None, M, None, D]),
            tf.TensorSpec([D, V]),
            tf.TensorSpec([M, V]),
            tf.TensorSpec([None, None], "int32"),
        ]
        functions = [tf.function(total, free), tf.function(total, jit_compile=True)]
        inputs = [tf.constant(tensor) for tensor in (STATES, KERNEL, BIAS, LABELS)]
        results = [function(*inputs) for function in functions]
    for value, found in results:
        np.testing.assert_allclose(value, np.sum(expected[0]), rtol=1e-5)
        logits = STATES @ KERNEL + BIAS[:, None]
        p = np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)
        target = (1 - SMOOTHING) * np.eye(V)[LABELS][:, None] + SMOOTHING / V
        np.testing.assert_allclose(found[2], np.sum(p - target, axis=(0, 2)), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found[0], (p - target) @ KERNEL.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ValueError, match=f"`label_smoothing` must lie in .*{smoothing}"):
        chunked(None, smoothing=smoothing)(STATES, KERNEL, BIAS)


@pytest.mark.parametrize("chunk", [0, -1])
def test_chunks_without_examples_are_refused(chunk):
    with pytest.raises(ValueError, match=f"`chunk_examples` must be positive.*{chunk}"):
        chunked(chunk)(STATES, KERNEL, BIAS)


@pytest.mark.parametrize("member_loss", ["mean", "sum"])
def test_the_mean_over_real_tokens(member_loss):
    losses = DRAW.normal(size=(B, M, T)).astype("float32")
    weights = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 1], [1, 0, 0]])
    per_member = [np.sum(losses[:, m] * weights) / np.sum(weights) for m in range(M)]
    expected = np.mean(per_member) if member_loss == "mean" else np.sum(per_member)
    np.testing.assert_allclose(sequence_loss(losses, weights, member_loss), expected, rtol=1e-5)
    repeated = np.repeat(weights[:, None], M, axis=1)
    np.testing.assert_allclose(sequence_loss(losses, repeated, member_loss), expected, rtol=1e-5)


def test_small_weights_still_average():
    losses = np.ones((B, M, T), "float32")
    np.testing.assert_allclose(sequence_loss(losses, np.full((B, T), 1e-3)), 1.0, rtol=1e-5)


def test_a_batch_of_padding_weighs_nothing():
    assert float(sequence_loss(np.ones((B, M, T), "float32"), np.zeros((B, T)))) == 0.0


def test_an_unknown_member_loss_is_refused():
    with pytest.raises(ValueError, match='must be "mean" or "sum".*max'):
        sequence_loss(np.ones((B, M, T)), np.ones((B, T)), "max")
