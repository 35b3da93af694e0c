"""EmbeddingBatchEnsemble and its tied output side, against NumPy and M plain embeddings."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras.layers import EmbeddingBatchEnsemble
from be_keras.roles import role_of


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.integers(1, 3), st.integers(1, 3), st.lists(st.integers(1, 4), max_size=2))
def test_equals_plain_embeddings_with_folded_tables(
    check_members, kernel, own, examples, size, axes
):
    layer = EmbeddingBatchEnsemble(7, 3, ensemble_size=size, r_initializer="normal_around_one")
    layer.build((None, *axes))
    plain = [keras.layers.Embedding(7, 3) for _ in range(size)]
    for each in plain:
        each.build((None, *axes))
    table = kernel(layer.embeddings, layer.r, layer.s, (7, 1), (1, 3), lambda p: p.embeddings)
    tokens = np.random.default_rng(1).integers(0, 7, size=(examples * size, *axes))
    check_members(layer, plain, [table], [], tokens.astype("int32"))


def test_the_tied_output_equals_plain_dense_layers(check_members, kernel, own):
    layer = EmbeddingBatchEnsemble(
        7, 4, tied_output=True, r_initializer="normal_around_one", ensemble_size=3
    )
    layer.build((None, 5))
    layer.bias.assign(np.random.default_rng(0).normal(size=(3, 7)))
    plain = [_TransposedDense(7, 4) for _ in range(3)]
    ones = np.ones((3, 1), "float32")
    table = kernel(layer.embeddings, layer.q, ones, (1, 4), (1, 1), lambda p: p.embeddings)
    states = np.random.default_rng(1).normal(size=(6, 5, 4)).astype("float32")

    def call(layer, rows):
        return layer(rows, reverse=True)

    check_members(layer, plain, [table], [own(layer.bias, lambda p: p.bias)], states, call)


class _TransposedDense(keras.layers.Layer):
    """The logits of one network with a tied embedding, written plainly."""

    def __init__(self, vocabulary, width):
        super().__init__()
        self.embeddings = self.add_weight(shape=(vocabulary, width))
        self.bias = self.add_weight(shape=(vocabulary,))

    def call(self, states, reverse=True):
        return ops.matmul(states, ops.transpose(self.embeddings)) + self.bias


def test_the_formula_in_numpy():
    layer = EmbeddingBatchEnsemble(6, 3, ensemble_size=2, s_initializer="normal_around_one")
    tokens = np.array([[1, 5], [1, 5], [0, 2], [0, 2]], "int32")
    outputs = np.asarray(layer(tokens))
    table, r, s = (np.asarray(w) for w in (layer.embeddings, layer.r, layer.s))
    for row, step in np.ndindex(4, 2):
        token, member = tokens[row, step], row % 2
        expected = r[member, token] * table[token] * s[member]
        np.testing.assert_allclose(outputs[row, step], expected, rtol=1e-6)


def test_input_and_output_share_one_table():
    layer = EmbeddingBatchEnsemble(6, 3, tied_output=True, ensemble_size=2)
    layer.build((None, 4))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"embeddings": (6, 3), "r": (2, 6), "s": (2, 3), "q": (2, 3), "bias": (2, 6)}
    roles = {weight.name: role_of(weight) for weight in layer.weights}
    assert roles == {"embeddings": "shared", "r": "fast", "s": "fast", "q": "fast", "bias": "bias"}


def test_the_output_side_has_an_initialiser_of_its_own_where_one_is_given():
    layer = EmbeddingBatchEnsemble(
        6, 3, tied_output=True, ensemble_size=2, q_initializer="ones", r_initializer="zeros"
    )
    again = EmbeddingBatchEnsemble.from_config(layer.get_config())
    alike = EmbeddingBatchEnsemble(6, 3, tied_output=True, ensemble_size=2, r_initializer="zeros")
    for each, expected in ((layer, 1.0), (again, 1.0), (alike, 0.0)):
        each.build()
        np.testing.assert_array_equal(np.asarray(each.q), np.full((2, 3), expected))
        np.testing.assert_array_equal(np.asarray(each.r), np.zeros((2, 6)))


def test_no_fast_weight_repeats_another():
    layer = EmbeddingBatchEnsemble(
        32, 32, tied_output=True, ensemble_size=4,
        r_initializer=(same := keras.initializers.RandomNormal(seed=3)), s_initializer=same,
    )
    layer.build((None, 4))
    weights = [np.asarray(w) for w in (layer.r, layer.s, layer.q)]
    for i in range(3):
        for j in range(i):
            assert not np.any(weights[i] == weights[j])


def test_masks():
    layer = EmbeddingBatchEnsemble(9, 3, mask_zero=True, tied_output=True, ensemble_size=2)
    tokens = np.array([[4, 0]] * 2, "int32")
    states = layer(tokens)
    np.testing.assert_array_equal(states._keras_mask, [[True, False]] * 2)
    # The output side passes on the mask of the states, and reads none off their values.
    np.testing.assert_array_equal(layer(states, reverse=True)._keras_mask, [[True, False]] * 2)
    zeros = ops.zeros((2, 2, 3))
    assert getattr(layer(zeros, reverse=True), "_keras_mask", None) is None
    symbolic = layer(keras.Input((5,), dtype="int32"))
    assert layer(symbolic, reverse=True)._keras_mask.shape == (None, 5)
    without = EmbeddingBatchEnsemble(9, 3, ensemble_size=2)
    assert getattr(without(tokens), "_keras_mask", None) is None


def test_token_ids_keep_all_digits_in_half_precision():
    layer = EmbeddingBatchEnsemble(2000, 2, ensemble_size=1, dtype="mixed_bfloat16")
    ids = np.array([[1001], [1003]])
    expected = np.asarray(ops.cast(layer(ids.astype("int32")), "float32"))
    np.testing.assert_array_equal(ops.cast(layer(ids.astype("float32")), "float32"), expected)
    assert not np.array_equal(expected[0], expected[1])


def test_the_output_side_in_half_precision():
    layer = EmbeddingBatchEnsemble(6, 4, tied_output=True, ensemble_size=2, dtype="mixed_bfloat16")
    layer.build((None, 3))
    states, kernel, bias = layer.output_side(np.ones((2, 3, 4), "float32"))
    dtypes = [keras.backend.standardize_dtype(t.dtype) for t in (states, kernel, bias)]
    assert dtypes == ["bfloat16", "bfloat16", "float32"]
    assert (states.shape, kernel.shape, bias.shape) == ((2, 3, 4), (4, 6), (2, 6))


def test_an_output_side_that_was_not_made_is_refused():
    layer = EmbeddingBatchEnsemble(6, 4, name="words", ensemble_size=2)
    layer.build((None, 3))
    for states in (np.ones((2, 3, 4), "float32"), keras.Input((3, 4))):
        with pytest.raises(ValueError, match="'words' .* tied_output=True"):
            layer(states, reverse=True)
    with pytest.raises(ValueError, match="'words' .* tied_output=True"):
        layer.output_side(np.ones((2, 3, 4), "float32"))


@pytest.mark.parametrize("sizes", [(0, 3), (3, -1), (2.5, 3), (3, "4"), (True, 3)])
def test_sizes_must_be_positive_integers(sizes):
    with pytest.raises(ValueError, match="must be a positive integer"):
        EmbeddingBatchEnsemble(*sizes, ensemble_size=2)
