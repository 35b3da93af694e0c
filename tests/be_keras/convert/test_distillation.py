"""Targets between labels and a model's predictions, and members that are fitted to them."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.backend import trains_faster_with_xla
from be_keras.convert import distillation_targets, to_batch_ensemble
from be_keras.initializers import NormalAroundOne

DRAW = np.random.default_rng(0)


def softmax(logits):
    return np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)


def identity(classes, activation=None, steps=()):
    """A model that gives its inputs, or their softmax."""
    model = keras.Sequential([keras.Input((*steps, classes)), layers.Activation(activation)])
    model.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=activation is None))
    return model


def test_a_worked_example():
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]).astype("float32")
    expected = [[0.125, 0.0625, 0.8125], [0.775, 0.05, 0.175]]
    found = distillation_targets(identity(3), logits, np.array([2, 0]), 0.25)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == "float32"
    one_hot = np.array([[0, 0, 1], [1, 0, 0]])
    for y in (one_hot, one_hot.tolist()):
        found = distillation_targets(identity(3, "softmax"), logits, y, 0.25)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_two_ends():
    logits, y = DRAW.normal(size=(4, 2, 3)).astype("float32"), DRAW.integers(0, 3, size=(4, 2))
    model = identity(3, steps=(2,))
    np.testing.assert_array_equal(distillation_targets(model, logits, y, 0.0), np.eye(3)[y])
    for labels in (y, None):
        found = distillation_targets(model, logits, labels, 1.0)
        np.testing.assert_allclose(found, softmax(logits), rtol=1e-5)
    untold = keras.Sequential([keras.Input((2, 3)), layers.Activation("linear")])
    as_they_are = distillation_targets(untold, logits, weight=1.0, outputs="probabilities")
    np.testing.assert_array_equal(as_they_are, logits)


def test_one_probability():
    logits = np.log([[1.0], [3.0]]).astype("float32")
    for y in (np.array([0, 1]), np.array([[0.0], [1.0]])):
        found = distillation_targets(identity(1), logits, y)
        np.testing.assert_allclose(found, [[0.25], [0.875]], rtol=1e-5)


def test_fitting_them_is_fitting_both(gradients):
    """Values differ by the teacher's entropy, which moves nothing; gradients are the same."""
    teacher, student = DRAW.normal(size=(2, 5, 3)).astype("float32")
    y, weight = DRAW.integers(0, 3, size=5), 0.3
    targets = distillation_targets(identity(3), teacher, y, weight)
    mixed = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")
    hard = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    kl = keras.losses.KLDivergence(reduction="none")

    def both(logits):
        soft = kl(softmax(teacher), keras.ops.softmax(logits))
        return (1 - weight) * hard(y, logits) + weight * soft

    values, (found,) = gradients(lambda logits: mixed(targets, logits), inputs=[student])
    wanted, (gradient,) = gradients(both, inputs=[student])
    entropy = -np.sum(softmax(teacher) * np.log(softmax(teacher)), axis=-1)
    np.testing.assert_allclose(values - weight * entropy, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found, gradient, rtol=1e-4, atol=1e-5)


def test_members_come_closer_to_the_original():
    x = DRAW.normal(size=(128, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(3)])
    apart = NormalAroundOne(0.5, seed=1)
    ensemble = to_batch_ensemble(model, 3, r_initializer=apart, s_initializer=apart)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    ensemble.compile(keras.optimizers.Adam(0.02), loss, jit_compile=trains_faster_with_xla())
    targets = distillation_targets(model, x, weight=1.0, outputs="logits")

    def distance():
        each = softmax(ensemble.predict(x, verbose=0))
        return np.mean(np.sum(targets[:, None] * np.log(targets[:, None] / each), axis=-1))

    before = distance()
    ensemble.fit(x, targets, epochs=15, verbose=0)
    assert distance() < 0.5 * before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weight": 1.5}, r"`weight` must lie in \[0, 1\].*1.5"),
        ({"y": None}, "Without labels `weight` must be 1.*0.5"),
        ({"outputs": "values"}, "`outputs` must be one of.*logits.*values"),
        ({"y": np.array([0, 3])}, r"labels in \[0, 3\).*from 0 to 3"),
        ({"y": np.array([0.0, 1.0])}, r"integer labels \(2,\).*float64"),
        ({"y": np.zeros((2, 2))}, r"distributions \(2, 3\).*\(2, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        distillation_targets(identity(3), np.zeros((2, 3)), **{"y": np.array([0, 1]), **arguments})


class Subclassed(keras.Model):
    """A model whose layers cannot be seen."""

    def call(self, inputs):
        return 2.0 * inputs


def test_a_subclassed_model_is_told_what_it_gives():
    logits = np.log([[1.0, 3.0]]).astype("float32")
    with pytest.raises(ValueError, match="Nothing says.*subclassed.*Write outputs="):
        distillation_targets(Subclassed(), logits, weight=1.0)
    found = distillation_targets(Subclassed(), logits, weight=1.0, outputs="logits")
    np.testing.assert_allclose(found, [[0.1, 0.9]], rtol=1e-5)


def test_several_outputs_are_refused():
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match="one output.*list"):
        distillation_targets(keras.Model(inputs, [inputs, inputs]), np.zeros((2, 3)), weight=1.0)
