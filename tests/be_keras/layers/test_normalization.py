"""LayerNormalizationBatchEnsemble against M plain layer normalisations."""

import keras
import numpy as np
import pytest
from keras import ops

from be_keras.layers import LayerNormalizationBatchEnsemble
from be_keras.roles import role_of


@pytest.mark.parametrize(
    ("axis", "shape", "options"),
    [
        (-1, (4,), {}),
        (-1, (3, 5), {"center": False}),
        (1, (4, 3), {"scale": False}),
        ([-2, -1], (2, 3, 4), {}),
        ((3, 1), (2, 3, 4), {"epsilon": 0.1}),
    ],
)
def test_equals_plain_layers(check_members, own, axis, shape, options):
    layer = LayerNormalizationBatchEnsemble(
        axis, beta_initializer="normal", gamma_initializer="normal", ensemble_size=3, **options
    )
    layer.build((None, *shape))
    plain = [keras.layers.LayerNormalization(sorted_axes(axis), **options) for _ in range(3)]
    for each in plain:
        each.build((None, *shape))
    weights = [own(layer.gamma, lambda p: p.gamma)] if layer.gamma is not None else []
    weights += [own(layer.beta, lambda p: p.beta)] if layer.beta is not None else []
    data = np.random.default_rng(0).normal(2.0, 3.0, size=(6, *shape)).astype("float32")
    check_members(layer, plain, [], weights, data)


def sorted_axes(axis):
    """Keras wants several axes in increasing order."""
    return axis if isinstance(axis, int) else sorted(axis)


def test_rows_come_out_normalised():
    layer = LayerNormalizationBatchEnsemble(epsilon=0.0, ensemble_size=2)
    rows = np.asarray(layer(np.random.default_rng(1).normal(5, 2, (4, 8)).astype("float32")))
    np.testing.assert_allclose(rows.mean(-1), 0.0, atol=1e-5)
    np.testing.assert_allclose(rows.std(-1), 1.0, rtol=1e-4)


def test_the_weights_are_norms_of_each_member():
    layer = LayerNormalizationBatchEnsemble(ensemble_size=3)
    layer.build((None, 2, 5))
    assert [tuple(weight.shape) for weight in layer.weights] == [(3, 5), (3, 5)]
    assert {role_of(weight) for weight in layer.weights} == {"norm"}


def test_half_precision_takes_moments_in_single_precision():
    data = (300.0 + np.arange(8.0)).reshape(1, 8).astype("float32")
    layer = LayerNormalizationBatchEnsemble(ensemble_size=1, dtype="mixed_float16")
    exact = LayerNormalizationBatchEnsemble(ensemble_size=1)(data)
    np.testing.assert_allclose(ops.cast(layer(data), "float32"), exact, atol=2e-3)


def test_masks_pass():
    rows = keras.layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 0]] * 2))
    mask = LayerNormalizationBatchEnsemble(ensemble_size=2)(rows)._keras_mask
    np.testing.assert_array_equal(mask, [[True, False]] * 2)


@pytest.mark.parametrize(("axis", "shape"), [(0, (None, 3)), (-1, (None, None)), (5, (None, 3))])
def test_axes_must_be_known_and_not_the_batch(axis, shape):
    with pytest.raises(ValueError, match=rf"`axis` must name axes .*\[{axis}\]"):
        LayerNormalizationBatchEnsemble(axis, ensemble_size=2).build(shape)
