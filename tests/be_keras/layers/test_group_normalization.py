"""GroupNormalizationBatchEnsemble against M plain group normalisations."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras.layers import GroupNormalizationBatchEnsemble
from be_keras.roles import role_of


@pytest.fixture(scope="module")
def compare(check_members, own):
    """Asserts that M members equal M plain layers, values and gradients."""

    def compare(shape, examples=2, size=3, **options):
        layer = GroupNormalizationBatchEnsemble(
            beta_initializer="normal", gamma_initializer="normal", ensemble_size=size, **options
        )
        plain = [keras.layers.GroupNormalization(**options) for _ in range(size)]
        for each in (layer, *plain):
            each.build((None, *shape))
        weights = [own(layer.gamma, lambda p: p.gamma)] if layer.scale else []
        weights += [own(layer.beta, lambda p: p.beta)] if layer.center else []
        draw = np.random.default_rng(0)
        data = draw.normal(2.0, 3.0, size=(examples * size, *shape)).astype("float32")
        check_members(layer, plain, [], weights, data)

    return compare


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((6,), {"groups": 2}),
        ((5, 6), {"groups": 3, "center": False}),
        ((2, 3, 4), {"groups": -1, "scale": False}),
        ((4, 2, 3), {"groups": 2, "axis": 1, "epsilon": 0.1}),
    ],
)
def test_equals_plain_layers(compare, shape, options):
    compare(shape, **options)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(
    st.integers(1, 2), st.integers(1, 3), st.lists(st.integers(1, 4), max_size=2),
    st.sampled_from([1, 2, 4]),
)
def test_random_shapes(compare, examples, size, axes, groups):
    compare((*axes, 4), examples, size, groups=groups)


def test_groups_come_out_normalised():
    layer = GroupNormalizationBatchEnsemble(2, epsilon=0.0, ensemble_size=2)
    rows = np.random.default_rng(1).normal(5, 2, (4, 3, 8)).astype("float32")
    groups = np.asarray(layer(rows)).reshape(4, 3, 2, 4)
    np.testing.assert_allclose(groups.mean((1, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(groups.std((1, 3)), 1.0, rtol=1e-4)


def test_the_weights_are_norms_of_each_member():
    layer = GroupNormalizationBatchEnsemble(5, ensemble_size=3)
    layer.build((None, 2, 5))
    assert [tuple(weight.shape) for weight in layer.weights] == [(3, 5), (3, 5)]
    assert {role_of(weight) for weight in layer.weights} == {"norm"}


def test_half_precision_takes_moments_in_single_precision():
    data = (300.0 + np.arange(8.0)).reshape(1, 8).astype("float32")
    layer = GroupNormalizationBatchEnsemble(1, ensemble_size=1, dtype="mixed_float16")
    exact = GroupNormalizationBatchEnsemble(1, ensemble_size=1)(data)
    np.testing.assert_allclose(ops.cast(layer(data), "float32"), exact, atol=2e-3)


def test_masks_pass():
    rows = keras.layers.Embedding(5, 4, mask_zero=True)(np.array([[1, 0]] * 2))
    mask = GroupNormalizationBatchEnsemble(2, ensemble_size=2)(rows)._keras_mask
    np.testing.assert_array_equal(mask, [[True, False]] * 2)


@pytest.mark.parametrize("groups", [0, -2, 1.5, True])
def test_groups_must_be_a_positive_integer(groups):
    with pytest.raises(ValueError, match=f"`groups` must be a positive integer.*{groups}"):
        GroupNormalizationBatchEnsemble(groups, ensemble_size=2)


def test_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match="divide the number of channels.*groups=4, channels=6"):
        GroupNormalizationBatchEnsemble(4, ensemble_size=2).build((None, 6))


@pytest.mark.parametrize(("axis", "shape"), [(0, (None, 3)), (-1, (None, None)), (5, (None, 3))])
def test_the_axis_must_be_known_and_not_the_batch(axis, shape):
    with pytest.raises(ValueError, match=f"`axis` must name an axis .*axis={axis}"):
        GroupNormalizationBatchEnsemble(1, axis, ensemble_size=2).build(shape)
