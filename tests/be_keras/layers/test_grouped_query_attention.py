"""GroupQueryAttentionBatchEnsemble against M attentions of Keras, and its cache."""

import keras
import numpy as np
import pytest

from be_keras.layers import GroupQueryAttentionBatchEnsemble, MultiHeadAttentionBatchEnsemble
from be_keras.roles import role_of

M, B, T, D = 3, 2, 4, 5
SIZES = (2, 4, 2)  # head_dim, num_query_heads, num_key_value_heads
MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 1]], "bool")
PROJECTIONS = {  # ours: Keras' name, and the shape that spreads r over the kernel
    "query_projection": ("_query_dense", (D, 1, 1), (1, 4, 2)),
    "key_projection": ("_key_dense", (D, 1, 1), (1, 2, 2)),
    "value_projection": ("_value_dense", (D, 1, 1), (1, 2, 2)),
    "output_projection": ("_output_dense", (4, 2, 1), (1, 1, D)),
}


def draw(*shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.fixture(params=[1, 2, 4])
def attention(request):
    """A built layer of two members and four query heads, with so many key and value heads."""
    layer = GroupQueryAttentionBatchEnsemble(
        2, 4, request.param, bias_initializer="normal", ensemble_size=2
    )
    layer.build((None, None, D), (None, None, D))
    return layer


@pytest.mark.parametrize(
    ("causal", "masks"),
    [
        (False, ()),
        (True, ()),
        (False, ("value_mask",)),
        (True, ("value_mask", "attention_mask")),
    ],
)
def test_equals_attentions_of_keras_with_folded_kernels(check_members, kernel, own, causal, masks):
    layer = GroupQueryAttentionBatchEnsemble(
        *SIZES, bias_initializer="normal", ensemble_size=M, r_initializer="normal_around_one"
    )
    plain = [keras.layers.GroupQueryAttention(*SIZES, flash_attention=False) for _ in range(M)]
    for each in (layer, *plain):
        each.build((None, T, D), (None, T, D))
    kernels, biases = [], []
    for our_name, (name, r_shape, s_shape) in PROJECTIONS.items():
        ours = getattr(layer, our_name)
        kernels.append(
            kernel(
                ours.kernel, ours.r, ours.s, r_shape, s_shape,
                lambda p, name=name: getattr(p, name).kernel,
            )
        )
        biases.append(own(ours.bias, lambda p, name=name: getattr(p, name).bias))
    of_examples = {"value_mask": MASK, "attention_mask": MASK[:, None] | np.eye(T, dtype="bool")}

    def call(layer, rows):
        of_rows = {k: np.repeat(of_examples[k], len(rows) // B, axis=0) for k in masks}
        return layer(rows, rows, use_causal_mask=causal, **of_rows)

    check_members(layer, plain, kernels, biases, draw(B * M, T, D), call)


def test_as_many_key_heads_as_query_heads_are_multi_head_attention():
    grouped = GroupQueryAttentionBatchEnsemble(2, 4, 4, ensemble_size=M)
    multi = MultiHeadAttentionBatchEnsemble(4, 2, ensemble_size=M)
    rows, memory = draw(B * M, T, D), draw(B * M, 3, D, seed=4)
    for layer in (grouped, multi):
        layer.build(rows.shape, memory.shape)
    multi.set_weights(grouped.get_weights())
    np.testing.assert_array_equal(grouped(rows, memory), multi(rows, memory))


def test_steps_with_a_cache_equal_causal_attention(attention):
    rows = draw(4, T, D)
    heads = attention.num_key_value_heads
    cache = np.zeros((4, 2, T, heads, 2), "float32")
    steps = []
    for step in range(T):
        now = rows[:, step : step + 1]
        output, cache = attention(now, now, cache=cache, cache_update_index=step)
        steps.append(np.asarray(output))
    assert tuple(cache.shape) == (4, 2, T, heads, 2)
    expected = attention(rows, rows, use_causal_mask=True)
    np.testing.assert_allclose(np.concatenate(steps, 1), expected, rtol=1e-5, atol=1e-5)


def test_a_memory_is_cached_once(attention):
    rows, memory = draw(4, T, D), draw(4, 3, D, seed=4)
    output, _ = attention(rows, memory, cache=attention.make_cache(memory))
    np.testing.assert_allclose(output, attention(rows, memory), rtol=1e-5, atol=1e-6)


def test_scores_are_of_all_query_heads(attention):
    rows, memory = draw(4, T, D), draw(4, 3, D, seed=4)
    _, scores = attention(rows, memory, return_attention_scores=True)
    assert scores.shape == (4, 4, T, 3)
    np.testing.assert_allclose(np.sum(scores, axis=-1), np.ones((4, 4, T)), rtol=1e-5)
    _, symbolic = attention(
        keras.Input((T, D)), keras.Input((3, D)), return_attention_scores=True
    )
    assert symbolic.shape == (None, 4, T, 3)


def test_every_projection_carries_the_weights_of_its_members():
    layer = GroupQueryAttentionBatchEnsemble(*SIZES, ensemble_size=M)
    layer.build((None, T, D), (None, T, D))
    assert sorted(role_of(weight) for weight in layer.weights) == (
        ["bias"] * 4 + ["fast"] * 8 + ["shared"] * 4
    )
    assert all(weight.shape[0] == M for weight in layer.weights if role_of(weight) != "shared")


def test_positional_arguments_have_the_order_of_keras():
    options = (0.1, False, None, False, "normal", "ones", "l2", "l1", None, "non_neg")
    arguments = (*SIZES, *options, "unit_norm", False, 5)
    config = GroupQueryAttentionBatchEnsemble(*arguments, ensemble_size=M).get_config()
    theirs = keras.layers.GroupQueryAttention(*arguments).get_config()
    for name in set(theirs) - {"name", "use_gate", "sliding_window"}:
        assert config[name] == theirs[name]


@pytest.mark.parametrize("heads", [0, 3, 8])
def test_heads_that_do_not_divide_are_refused(heads):
    with pytest.raises(ValueError, match=f"multiple of `num_key_value_heads`.*heads={heads}"):
        GroupQueryAttentionBatchEnsemble(2, 4, heads, ensemble_size=M)


@pytest.mark.parametrize("option", ["sliding_window", "flash_attention", "use_gate"])
def test_options_that_it_does_not_have_are_refused(option):
    with pytest.raises(ValueError, match=f"does not support `{option}`"):
        GroupQueryAttentionBatchEnsemble(*SIZES, ensemble_size=M, **{option: 1})
