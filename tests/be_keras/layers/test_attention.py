"""MultiHeadAttentionBatchEnsemble against M plain attentions; the cache is tested beside it."""

import keras
import numpy as np
import pytest

from be_keras.layers import MultiHeadAttentionBatchEnsemble
from be_keras.roles import role_of

PROJECTIONS = {  # ours: Keras' name, and the shapes that spread r and s over the kernel
    "query_projection": ("query_dense", (4, 1, 1), (1, 2, 3)),
    "key_projection": ("key_dense", (4, 1, 1), (1, 2, 3)),
    "value_projection": ("value_dense", (4, 1, 1), (1, 2, 3)),
    "output_projection": ("output_dense", (2, 3, 1), (1, 1, 4)),
}


@pytest.mark.parametrize("causal", [False, True])
def test_equals_plain_attentions_with_folded_kernels(check_members, kernel, own, causal):
    layer = MultiHeadAttentionBatchEnsemble(
        2, 3, bias_initializer="normal", ensemble_size=3, r_initializer="normal_around_one"
    )
    plain = [keras.layers.MultiHeadAttention(2, 3, flash_attention=False) for _ in range(3)]
    for each in (layer, *plain):
        each.build((None, 5, 4), (None, 5, 4))

    kernels, biases = [], []
    for our_name, (keras_name, r_shape, s_shape) in PROJECTIONS.items():
        projection = getattr(layer, our_name)
        kernels.append(
            kernel(
                projection.kernel, projection.r, projection.s, r_shape, s_shape,
                lambda p, name=f"_{keras_name}": getattr(p, name).kernel,
            )
        )
        biases.append(
            own(projection.bias, lambda p, name=f"_{keras_name}": getattr(p, name).bias)
        )
    data = np.random.default_rng(3).normal(size=(6, 5, 4)).astype("float32")

    def call(layer, rows):
        return layer(rows, rows, use_causal_mask=causal)

    check_members(layer, plain, kernels, biases, data, call)


def test_a_member_sees_its_own_rows_alone():
    layer = MultiHeadAttentionBatchEnsemble(2, 3, ensemble_size=2)
    data = np.random.default_rng(0).normal(size=(4, 5, 6)).astype("float32")
    before = np.asarray(layer(data, data))
    data[1] += 1.0  # example 0 of member 1
    changed = np.any(np.asarray(layer(data, data)) != before, axis=(1, 2))
    np.testing.assert_array_equal(changed, [False, True, False, False])


def test_every_projection_carries_the_weights_of_its_members():
    layer = MultiHeadAttentionBatchEnsemble(2, 3, ensemble_size=5)
    layer.build((None, 7, 4), (None, 7, 4))
    assert sorted(role_of(weight) for weight in layer.weights) == (
        ["bias"] * 4 + ["fast"] * 8 + ["shared"] * 4
    )
    assert all(weight.shape[0] == 5 for weight in layer.weights if role_of(weight) != "shared")


def test_a_cache_serves_all_members():
    layer = MultiHeadAttentionBatchEnsemble(2, 3, ensemble_size=2)
    memory = np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
    layer.build((None, 5, 4), (None, 5, 4))
    cache = np.asarray(layer.make_cache(np.repeat(memory, 2, axis=0)))
    assert cache.shape == (2, 2, 5, 2, 3)
    assert not np.allclose(cache[0], cache[1])
