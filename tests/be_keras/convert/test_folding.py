"""Folding: one member's weights in an ordinary layer give that member's rows."""

import keras
import numpy as np
import pytest

import be_keras
from be_keras.convert.rules import rule_of_members

M = 3
SHAPES = {
    "BatchNormalization": ((), {}, (5, 4)),
    "Conv1D": ((4, 2), {"groups": 2}, (5, 4)),
    "Conv1DTranspose": ((3, 2), {}, (5, 4)),
    "Conv2D": ((6, 2), {"groups": 3}, (5, 4, 9)),
    "Conv2DTranspose": ((3, 2), {"use_bias": False}, (3, 4, 2)),
    "Conv3D": ((2, 2), {}, (3, 4, 2, 2)),
    "Conv3DTranspose": ((2, 2), {}, (2, 3, 2, 3)),
    "Dense": ((3, "tanh"), {}, (5, 4)),
    "DepthwiseConv1D": ((2,), {"depth_multiplier": 3}, (5, 4)),
    "DepthwiseConv2D": ((2,), {"depth_multiplier": 2}, (5, 4, 3)),
    "EinsumDense": (("bjd,dnh->bhjn", (2, None, 3)), {"bias_axes": "nh"}, (5, 4)),
    "Embedding": ((7, 3), {}, (5,)),
    "GroupNormalization": ((2,), {}, (5, 4)),
    "GroupQueryAttention": ((3, 4, 2), {}, (5, 4)),
    "LayerNormalization": ((), {"axis": [1, 2]}, (5, 4)),
    "MultiHeadAttention": ((2, 3), {"output_shape": 7}, (5, 4)),
    "SeparableConv1D": ((3, 2), {"depth_multiplier": 2}, (5, 4)),
    "SeparableConv2D": ((3, 2), {}, (3, 4, 2)),
}


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_a_folded_layer_gives_the_rows_of_its_member(kind, part):
    arguments, options, shape = SHAPES[kind]
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(2 * M, *shape)).astype("float32")
    if kind == "Embedding":
        rows = draw.integers(0, 7, size=rows.shape)
    layer = getattr(be_keras, f"{kind}BatchEnsemble")(*arguments, **options, ensemble_size=M)
    inputs = (rows, rows) if "Attention" in kind else (rows,)
    layer(*inputs)
    part(layer)
    expected = np.asarray(layer(*inputs))
    for member in range(M):
        plain, fill = rule_of_members(layer).to_plain(layer, member)
        assert type(plain) is getattr(keras.layers, kind)
        own = [array[member::M] for array in inputs]
        plain(*own)
        fill(plain)
        np.testing.assert_allclose(plain(*own), expected[member::M], rtol=1e-5, atol=1e-5)


def test_statistics_that_members_share_fold_alike(part):
    layer = be_keras.BatchNormalizationBatchEnsemble(statistics="shared", ensemble_size=M)
    rows = np.random.default_rng(0).normal(size=(2 * M, 4))
    layer(rows, training=True)
    plain, fill = rule_of_members(layer).to_plain(layer, 2)
    plain(rows)
    fill(plain)
    np.testing.assert_allclose(plain.moving_mean, layer.moving_mean[0])
