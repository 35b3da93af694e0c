"""Cosines of members' gradients: the formula of one layer, known identities, published sizes."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel, initializers, roles
from be_keras.layers import DenseBatchEnsemble
from be_keras.metrics import member_gradient_cosines

M = 4
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def made_model(initializer, width=64, layers=3, **options):
    """A ReLU network of `layers` dense layers, the last to 10 classes, on 32 inputs."""
    fast = {"r_initializer": initializer, "s_initializer": initializer, "ensemble_size": M}
    body = [DenseBatchEnsemble(width, "relu", **fast) for _ in range(layers - 1)]
    model = EnsembleModel(keras.Sequential([*body, DenseBatchEnsemble(10, **fast)]), M, **options)
    model.build((None, 32))
    return model


def made_batch(count=64):
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, 32)).astype("float32"), rng.integers(10, size=count)


def mean_cosine(cosines):
    return np.abs(cosines[~np.eye(M, dtype=bool)]).mean()


def test_one_layer_equals_the_formula():
    rng = np.random.default_rng(1)
    layer = DenseBatchEnsemble(3, ensemble_size=M)
    model = EnsembleModel(layer, M, outputs="values")
    model.build((None, 5))
    weights = (layer.kernel, layer.r, layer.s, layer.bias)
    kernel, r, s, bias = values = [rng.normal(size=weight.shape) for weight in weights]
    for weight, value in zip(weights, values, strict=True):
        weight.assign(value)
    x, y = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))
    # The mean squared error of ((x ∘ r) W) ∘ s + b has the gradient (x ∘ r)ᵀ (error ∘ s).
    gradients = []
    for m in range(M):
        error = (x * r[m]) @ kernel * s[m] + bias[m] - y
        gradient = ((x * r[m]).T @ (error * s[m])).ravel()
        gradients.append(gradient / np.linalg.norm(gradient))
    expected = np.inner(gradients, gradients)
    found = member_gradient_cosines(
        model, x.astype("float32"), y.astype("float32"), keras.losses.MeanSquaredError()
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_identical_members_pull_alike():
    found = member_gradient_cosines(made_model("ones", layers=2), *made_batch(), LOSS)
    np.testing.assert_allclose(found, np.ones((M, M)), atol=1e-6)


def test_a_mirrored_member_pulls_the_other_way():
    layer = DenseBatchEnsemble(3, ensemble_size=2, r_initializer="ones")
    model = EnsembleModel(layer, 2)
    model.build((None, 5))
    layer.s.assign([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]])
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    found = member_gradient_cosines(model, x, np.zeros(4), lambda y, outputs: outputs)
    np.testing.assert_allclose(found, [[1, -1], [-1, 1]], atol=1e-6)


def test_initialisers_stand_in_the_published_order():
    spread = {
        "signs": initializers.RandomSign(seed=1),
        "far": initializers.NormalAroundOne(0.5, seed=1),
        "near": initializers.NormalAroundOne(0.1, seed=1),
    }
    found = {
        name: mean_cosine(member_gradient_cosines(made_model(one), *made_batch(), LOSS))
        for name, one in spread.items()
    }
    assert found["signs"] < 0.05 < found["far"] < 0.5 < 0.8 < found["near"] < 1.0


def test_wider_networks_with_signs_are_more_independent():
    found = [
        mean_cosine(
            member_gradient_cosines(made_model("random_sign", width, 2), *made_batch(), LOSS)
        )
        for width in (16, 512)
    ]
    assert found[1] < found[0] / 2


def test_split_members_see_every_example_here():
    model, batch = made_model("random_sign", members="split"), made_batch(6)
    shared = EnsembleModel(model.body, M)
    shared.build((None, 32))
    expected = member_gradient_cosines(shared, *batch, LOSS, training=True)
    found = member_gradient_cosines(model, *batch, LOSS, training=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_only_shared_weights_count():
    model, batch = made_model("random_sign", layers=2), made_batch()
    everywhere = member_gradient_cosines(model, *batch, LOSS)
    roles.assign_roles(model, head=model.body.layers[-1])
    first_layer = member_gradient_cosines(model, *batch, LOSS)
    assert np.abs(first_layer - everywhere).max() > 1e-3
    # A frozen weight has no gradient in training either.
    other = made_model("random_sign", layers=2)
    other.set_weights(model.get_weights())
    other.body.layers[-1].kernel.trainable = False
    frozen_head = member_gradient_cosines(other, *batch, LOSS)
    np.testing.assert_allclose(frozen_head, first_layer, atol=1e-6)


def test_the_model_is_left_as_it_was_and_training_is_an_option():
    body = keras.Sequential(
        [
            DenseBatchEnsemble(8, ensemble_size=M),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            DenseBatchEnsemble(10, ensemble_size=M),
        ]
    )
    model = EnsembleModel(body, M)
    model.build((None, 32))
    x, y = made_batch()
    before = [keras.ops.convert_to_numpy(v) for v in model.variables]
    still = member_gradient_cosines(model, 3.0 * x, y, LOSS)
    moving = member_gradient_cosines(model, 3.0 * x, y, LOSS, training=True)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value, err_msg=variable.path)
    assert np.abs(still - moving).max() > 1e-3


def test_a_function_is_a_loss_and_inputs_may_be_nested():
    left, right = keras.Input((32,)), keras.Input((32,))
    joined = keras.layers.Add()([left, right])
    body = keras.Model([left, right], DenseBatchEnsemble(10, ensemble_size=M)(joined))
    model = EnsembleModel(body, M)
    model.build([(None, 32), (None, 32)])
    x, y = made_batch()
    expected = member_gradient_cosines(model, [x, x], y, LOSS)
    per_example = member_gradient_cosines(
        model, [x, x], y, lambda y, z: keras.losses.sparse_categorical_crossentropy(y, z, True)
    )
    np.testing.assert_allclose(per_example, expected, atol=1e-6)


def test_a_member_without_a_gradient_has_no_angle():
    model = made_model("random_sign", layers=1)
    layer = model.body.layers[0]
    layer.s.assign(keras.ops.concatenate([keras.ops.zeros((1, 10)), layer.s[1:]]))
    found = member_gradient_cosines(model, *made_batch(), LOSS)
    assert np.isnan(found[0]).all() and np.isnan(found[:, 0]).all()
    assert np.isfinite(found[1:, 1:]).all()


def test_models_without_shared_weights_are_refused():
    frozen = made_model("random_sign")
    roles.freeze(frozen, "shared")
    unbuilt = EnsembleModel(DenseBatchEnsemble(2, ensemble_size=M), M)
    for model in (frozen, unbuilt):
        with pytest.raises(ValueError, match="no trainable weight of the role 'shared'"):
            member_gradient_cosines(model, *made_batch(), LOSS)


@pytest.mark.parametrize("batch_size", [5, 16, 100])
def test_batches_add_up_to_all_at_once(batch_size):
    model, batch = made_model("random_sign", layers=2), made_batch(16)
    whole = member_gradient_cosines(model, *batch, LOSS)
    parts = member_gradient_cosines(model, *batch, LOSS, batch_size=batch_size)
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    with pytest.raises(ValueError, match="batch_size is 1 or more.*0"):
        member_gradient_cosines(model, *batch, LOSS, batch_size=0)
