"""Independent heads against M plain layers, the bias that members share, and their factory."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import be_keras
from be_keras import EnsembleModel
from be_keras.roles import BIAS, HEAD, role_of, weights_by_role
from experiments.image_layers import SeparateDense, SharedBias, VariedLayers

M = 3


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.integers(1, 3), st.integers(1, 4))
def test_separate_heads_are_plain_layers(examples, size):
    draw = np.random.default_rng(size)
    layer = SeparateDense(3, ensemble_size=size)
    layer.build((None, 4))
    layer.bias.assign(draw.normal(size=(size, 3)))
    rows = draw.normal(size=(examples * size, 4)).astype("float32")
    outputs = np.asarray(layer(rows))
    for member in range(size):
        plain = keras.layers.Dense(3)
        plain.build((None, 4))
        plain.set_weights([np.asarray(layer.kernel)[member], np.asarray(layer.bias)[member]])
        np.testing.assert_allclose(outputs[member::size], plain(rows[member::size]), atol=1e-5)


def test_separate_kernels_are_drawn_like_those_of_plain_layers():
    layer = SeparateDense(50, ensemble_size=3)
    layer.build((None, 100))
    kernel = np.asarray(layer.kernel)
    assert kernel.shape == (3, 100, 50) and layer.bias.shape == (3, 50)
    limit = (6 / 150) ** 0.5
    for member in kernel:
        assert 0.95 * limit < np.abs(member).max() <= limit
        assert member.std() == pytest.approx(limit / 3**0.5, rel=0.05)
    assert abs(np.corrcoef(kernel.reshape(3, -1))[np.triu_indices(3, 1)]).max() < 0.1


def test_shared_biases_are_added_to_every_row():
    layer = SharedBias()
    rows = np.arange(12, dtype="float32").reshape(2, 2, 3)
    layer.build(rows.shape)
    assert layer.bias.shape == (3,)
    layer.bias.assign([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(layer(rows), rows + [1, 10, 100])


def test_roles():
    head, bias = SeparateDense(3, ensemble_size=2), SharedBias()
    head.build((None, 4)), bias.build((None, 4))
    assert [role_of(weight) for weight in head.weights] == [HEAD, BIAS]
    assert [role_of(weight) for weight in bias.weights] == [BIAS]


def test_files_round_trip(tmp_path):
    inputs = keras.Input((4,))
    body = keras.Model(inputs, SeparateDense(3, ensemble_size=2)(SharedBias()(inputs)))
    model = EnsembleModel(body, 2)
    data = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    outputs = model.predict(data, verbose=0)
    assert outputs.shape == (5, 2, 3)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(data, verbose=0), outputs)


def test_half_precision_is_kept():
    head = SeparateDense(3, ensemble_size=2, dtype="mixed_bfloat16")
    outputs = head(SharedBias(dtype="mixed_bfloat16")(np.ones((4, 5), "float32")))
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"


def test_rows_that_are_no_multiple_of_the_members():
    with pytest.raises(ValueError, match="multiple of 2"):
        SeparateDense(3, ensemble_size=2)(np.ones((3, 4), "float32"))
    with pytest.raises(ValueError, match="ensemble_size=0"):
        SeparateDense(3, ensemble_size=0)


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_shared_biases_stand_between_product_and_activation(kind):
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(2 * M, 5, 5, 4) if kind == "conv" else (2 * M, 4)).astype("float32")
    shared = getattr(VariedLayers(M, biases="shared"), kind)(6, activation="relu")
    own = getattr(VariedLayers(M), kind)(6, activation="relu")
    shared.build(rows.shape), own.build(rows.shape)
    (bias,) = weights_by_role(shared)[BIAS]
    assert bias.shape == (6,) and own.bias.shape == (M, 6)
    bias.assign(draw.normal(size=6))
    own.bias.assign(np.tile(bias, (M, 1)))
    for name in ("kernel", "r", "s"):
        getattr(own, name).assign(getattr(shared.get_layer("product"), name))
    np.testing.assert_allclose(shared(rows), own(rows), atol=1e-5)


def test_convolutions_before_norms_have_no_bias():
    layer = VariedLayers(M, biases="shared").conv(4, use_bias=False)
    layer.build((None, 5, 5, 2))
    assert weights_by_role(layer)[BIAS] == []


def test_heads():
    assert type(VariedLayers(M).head(4)) is be_keras.DenseBatchEnsemble
    assert type(VariedLayers(M, heads="independent").head(4)) is SeparateDense
    assert type(VariedLayers(M, heads="shared").head(4)) is keras.layers.Dense
