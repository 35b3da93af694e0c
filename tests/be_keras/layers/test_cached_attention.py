"""CachedMultiHeadAttention: equal to Keras' attention, and decoding equal to attending at once."""

import keras
import numpy as np
import pytest
from keras import ops

from be_keras.layers import CachedMultiHeadAttention, MultiHeadAttentionBatchEnsemble

KINDS = {
    "plain": lambda **options: CachedMultiHeadAttention(2, 3, **options),
    "members": lambda **options: MultiHeadAttentionBatchEnsemble(
        2, 3, ensemble_size=2, r_initializer="normal_around_one", **options
    ),
}


@pytest.fixture(params=sorted(KINDS))
def attention(request):
    """A built layer of width 4, of one network or of two members."""
    layer = KINDS[request.param](bias_initializer="normal")
    layer.build((None, None, 4), (None, None, 4))
    return layer


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


MASK = np.array([[[1, 0, 0], [1, 1, 0]], [[0, 1, 1], [1, 1, 1]]], "bool")


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"use_bias": False, "output_shape": 5}, {"key": normal(2, 3, 4, seed=2)}),
        ({}, {"value_mask": MASK[:, 1]}),
        ({}, {"key": normal(2, 3, 4, seed=2), "key_mask": MASK[0], "value_mask": MASK[1]}),
        ({}, {"attention_mask": MASK, "use_causal_mask": True}),
    ],
)
def test_equals_the_layer_of_keras(gradients, options, arguments):
    """Values and gradients for all weights and inputs, with the same weights."""
    query, value = normal(2, 2, 4), normal(2, 3, 4, seed=1)
    mine = CachedMultiHeadAttention(2, 3, **options)
    keras_layer = keras.layers.MultiHeadAttention(2, 3, flash_attention=False, **options)
    for layer in (mine, keras_layer):
        layer.build(query.shape, value.shape)
    mine.set_weights([0.1 + weight for weight in keras_layer.get_weights()])
    keras_layer.set_weights(mine.get_weights())

    def of(layer):
        def call(query, value):
            return layer(query, value, **arguments)

        return gradients(call, layer.trainable_variables, [query, value])

    outputs, found = of(mine)
    expected, wanted = of(keras_layer)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_the_formula_in_numpy():
    layer = CachedMultiHeadAttention(2, 3, value_dim=5, bias_initializer="normal")
    query, value = normal(2, 2, 4), normal(2, 3, 4, seed=1)
    outputs = layer(query, value)
    q, b_q, k, b_k, v, b_v, o, b_o = (np.asarray(weight) for weight in layer.weights)
    expected = np.zeros((2, 2, 4), "float32") + b_o
    for head in range(2):
        keys = value @ k[:, head] + b_k[head]
        logits = (query @ q[:, head] + b_q[head]) @ np.swapaxes(keys, 1, 2) / np.sqrt(3)
        scores = np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)
        expected += scores @ (value @ v[:, head] + b_v[head]) @ o[head]
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


def test_steps_with_a_cache_equal_causal_attention(attention):
    data = normal(2, 5, 4)
    expected = attention(data, data, use_causal_mask=True)
    cache = ops.zeros((2, 2, 7, 2, 3))
    for step in range(5):
        now = data[:, step : step + 1]
        output, cache = attention(now, now, cache=cache, cache_update_index=step)
        np.testing.assert_allclose(output[:, 0], expected[:, step], rtol=1e-4, atol=1e-5)


def test_several_steps_at_once_equal_causal_attention(attention):
    data = normal(2, 5, 4)
    expected = np.asarray(attention(data, data, use_causal_mask=True))
    first, cache = attention(
        data[:, :3], data[:, :3], cache=ops.zeros((2, 2, 5, 2, 3)), cache_update_index=0
    )
    rest, _ = attention(data[:, 3:], data[:, 3:], cache=cache, cache_update_index=3)
    np.testing.assert_allclose(ops.concatenate([first, rest], 1), expected, rtol=1e-4, atol=1e-5)


def test_cross_attention_from_a_cache_equals_the_memory_itself(attention):
    query, memory = normal(2, 2, 4), normal(2, 3, 4, seed=1)
    cache = attention.make_cache(memory)
    assert tuple(cache.shape) == (2, 2, 3, 2, 3)
    for mask in (None, MASK):
        output, same = attention(query, query, cache=cache, attention_mask=mask)
        expected = attention(query, memory, attention_mask=mask)
        np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(same, cache)


def test_masks_of_the_tensor_beside_a_cache_are_not_read(attention):
    query = keras.layers.Embedding(5, 4, mask_zero=True)(np.array([[1, 0], [0, 2]]))
    bare = np.asarray(query)
    cache = attention.make_cache(normal(2, 3, 4))
    expected, _ = attention(bare, bare, cache=cache)
    np.testing.assert_allclose(attention(query, query, cache=cache)[0], expected, rtol=1e-6)


def test_padding_of_the_value_is_hidden_and_the_mask_of_the_query_passes(attention):
    embed = keras.layers.Embedding(9, 4, mask_zero=True)
    tokens = np.array([[3, 4, 0, 0], [5, 6, 7, 0]])
    embedded = embed(tokens)
    output = attention(embedded, embedded)
    np.testing.assert_array_equal(output._keras_mask, tokens != 0)
    shorter = embed(tokens[:, :3])
    np.testing.assert_allclose(output[:, :3], attention(shorter, shorter), rtol=1e-4, atol=1e-5)
    symbolic = embed(keras.Input((4,)))
    assert attention(symbolic, symbolic)._keras_mask.shape == (None, 4)


def test_scores_are_probabilities_that_respect_the_mask(attention):
    query, value = normal(2, 2, 4), normal(2, 3, 4, seed=1)
    _, scores = attention(query, value, attention_mask=MASK, return_attention_scores=True)
    np.testing.assert_allclose(ops.sum(scores, -1), np.ones((2, 2, 2)), rtol=1e-5)
    hidden = np.broadcast_to(~MASK[:, None], (2, 2, 2, 3))
    assert np.all(np.asarray(scores)[hidden] == 0)


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("scores", [False, True])
def test_symbolic_outputs_equal_eager_ones(attention, cached, scores):
    query, value, cache = normal(2, 1, 4), normal(2, 3, 4), normal(2, 2, 6, 2, 3)
    options = {"return_attention_scores": scores}
    inputs = {"query": query, "value": value}
    if cached:
        inputs["cache"] = cache
    eager = attention(**inputs, **options)
    symbols = {name: keras.KerasTensor(array.shape) for name, array in inputs.items()}
    symbolic = attention(**symbols, **options)
    assert [tuple(t.shape) for t in keras.tree.flatten(symbolic)] == [
        tuple(t.shape) for t in keras.tree.flatten(eager)
    ]


def test_dropout_acts_in_training_alone():
    layer = CachedMultiHeadAttention(2, 3, dropout=0.5, seed=1)
    data = normal(2, 5, 4)
    calm = np.asarray(layer(data, data))
    np.testing.assert_array_equal(layer(data, data, training=False), calm)
    assert not np.allclose(layer(data, data, training=True), calm)


def test_no_projection_repeats_another():
    layer = MultiHeadAttentionBatchEnsemble(
        4, 4, kernel_initializer=keras.initializers.RandomNormal(seed=1), ensemble_size=3,
        r_initializer=(same := keras.initializers.RandomNormal(seed=2)), s_initializer=same,
    )
    layer.build((None, 5, 16), (None, 5, 16))
    for kind in ("kernel", "r", "s"):
        weights = [np.ravel(weight) for weight in layer.weights if weight.name == kind]
        assert len(weights) == 4
        for i in range(4):
            assert not any(np.any(weights[i] == weights[j]) for j in range(i))


@pytest.mark.parametrize(
    ("name", "value"),
    [("attention_axes", 1), ("sliding_window", 3), ("flash_attention", True), ("use_gate", True)],
)
def test_options_that_are_missing_are_refused(name, value):
    with pytest.raises(ValueError, match=f"CachedMultiHeadAttention does not support `{name}`"):
        CachedMultiHeadAttention(2, 3, **{name: value})


def test_an_output_shape_of_several_axes_is_refused():
    with pytest.raises(ValueError, match=r"`output_shape` must be an integer.*\(2, 3\)"):
        CachedMultiHeadAttention(2, 3, output_shape=(2, 3))


def test_a_cache_needs_keys_and_values_of_one_width():
    layer = CachedMultiHeadAttention(2, 3, value_dim=4)
    layer.build((None, 3, 4), (None, 3, 4))
    with pytest.raises(ValueError, match="key_dim=3, value_dim=4"):
        layer.make_cache(normal(2, 3, 4))


def test_symbolic_calls_take_arguments_by_place():
    tensors = [keras.Input((4, 6)) for _ in range(3)]
    layer = CachedMultiHeadAttention(2, 3)
    model = keras.Model(tensors, layer(*tensors))
    draw = np.random.default_rng(0)
    values = [draw.normal(size=(2, 4, 6)).astype("float32") for _ in range(3)]
    np.testing.assert_allclose(model(values), layer(*values), rtol=1e-6)
