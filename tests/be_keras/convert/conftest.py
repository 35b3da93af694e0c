"""Small graphs of every form, with inputs, and the comparisons that all of them must pass."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.convert import extract_member
from be_keras.roles import BIAS, FAST, NORM, role_of

M = 3
DRAW = np.random.default_rng(0)


def numbers(*shape):
    return DRAW.normal(size=shape).astype("float32")


def sequential():
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Rescaling(0.5),
            layers.Dense(4, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax"),
        ]
    ), numbers(2, 5)


def nested():
    deep = layers.Dense(4, "tanh", name="deep")
    inner = keras.Sequential([keras.Input((4,)), deep], name="inner")
    inputs = keras.Input((5,))
    hidden = layers.Dense(4, name="first")(inputs)
    middle = keras.Model(inner.inputs, inner(inner.inputs[0]) + inner.inputs[0], name="middle")
    return keras.Model(inputs, layers.Dense(2, name="head")(middle(middle(hidden)))), numbers(2, 5)


def several():
    """Two inputs and two outputs by name, a shared layer, a skip, and an output of an input."""
    left, right = keras.Input((5,), name="left"), keras.Input((5,), name="right")
    shared = layers.Dense(4, name="shared")
    hidden = keras.ops.concatenate([shared(left), shared(right), right[:, :2]], axis=-1)
    head = layers.Dense(4, name="head")(layers.LayerNormalization()(hidden)) + shared(left)
    model = keras.Model({"left": left, "right": right}, {"head": head, "plain": right * 2.0})
    return model, {"left": numbers(2, 5), "right": numbers(2, 5)}


def convolutions():
    inputs = keras.Input((8, 8, 4))
    hidden = layers.Conv2D(4, 3, padding="same", groups=2)(inputs)
    hidden = layers.GroupNormalization(2)(hidden) + inputs
    hidden = layers.DepthwiseConv2D(3, depth_multiplier=2)(hidden)
    hidden = layers.SeparableConv2D(4, 2, depth_multiplier=2, activation="relu")(hidden)
    hidden = layers.Conv2DTranspose(3, 2, strides=2)(hidden)
    return keras.Model(inputs, layers.Dense(2)(layers.Flatten()(hidden))), numbers(2, 8, 8, 4)


def tokens():
    """Embedding with a mask, and attention."""
    inputs = keras.Input((6,), dtype="int32")
    hidden = layers.Embedding(9, 6, mask_zero=True)(inputs)
    mixed = layers.MultiHeadAttention(2, 3)(hidden, hidden, use_causal_mask=True)
    hidden = layers.LayerNormalization()(layers.Add()([hidden, mixed]))
    outputs = layers.Dense(2)(layers.GlobalAveragePooling1D()(hidden))
    return keras.Model(inputs, outputs), np.array([[4, 1, 2, 8, 0, 0], [3, 3, 5, 1, 2, 0]])


def einsum():
    inputs = keras.Input((3, 4))
    hidden = layers.EinsumDense("btd,dnh->btnh", (None, 2, 3), bias_axes="nh")(inputs)
    hidden = layers.EinsumDense("btnh,nhd->btd", (None, 5), activation="relu")(hidden)
    return keras.Model(inputs, layers.Conv1D(2, 2, padding="causal")(hidden)), numbers(2, 3, 4)


GRAPHS = {
    function.__name__: function
    for function in (convolutions, einsum, nested, sequential, several, tokens)
}


def randomise(model):
    """Move every weight of a model but r and s, so that none is zero or one."""
    for weight in model.weights:
        if role_of(weight) == FAST:
            continue
        moved = np.asarray(weight) + 0.2 * DRAW.normal(size=weight.shape)
        weight.assign(abs(moved) + 0.1 if "variance" in weight.path else moved)
    return model


def part(ensemble):
    """Move all that members have for themselves, so that none equals another."""
    for weight in ensemble.weights:
        if role_of(weight) in (FAST, BIAS, NORM) and ensemble.ensemble_size in weight.shape[:1]:
            moved = np.asarray(weight) + 0.3 * DRAW.normal(size=weight.shape)
            weight.assign(abs(moved) + 0.1 if "variance" in weight.path else moved)
    return ensemble


def check_members(ensemble, model, x, tolerance=1e-5):
    """Assert that every member gives what the model gives."""
    expected, outputs = model(x), ensemble(x)
    keras.tree.assert_same_structure(expected, outputs)
    for want, got in zip(*map(keras.tree.flatten, (expected, outputs)), strict=True):
        want = np.repeat(np.asarray(want)[:, None], ensemble.ensemble_size, axis=1)
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def check_extraction(ensemble, x, tolerance=1e-5):
    """Assert that each extracted member gives what the member gives, and differs from others."""
    outputs = keras.tree.flatten(ensemble(x))
    assert max(np.max(np.std(np.asarray(output), axis=1)) for output in outputs) > 1e-2
    for member in range(ensemble.ensemble_size):
        extracted = extract_member(ensemble, member)
        for layer in extracted._flatten_layers():
            assert type(layer).__module__.startswith("keras.")
        for want, got in zip(outputs, keras.tree.flatten(extracted(x)), strict=True):
            want = np.asarray(want)[:, member]
            np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.fixture(params=sorted(GRAPHS))
def graph(request):
    """Each small model in turn, its weights random, and an input for it."""
    model, x = GRAPHS[request.param]()
    return randomise(model), x


@pytest.fixture(scope="session")
def graphs():
    """A dict of functions, each of which gives a model and an input."""
    return GRAPHS


@pytest.fixture(name="randomise", scope="session")
def _randomise():
    """The function `randomise`."""
    return randomise


@pytest.fixture(name="part", scope="session")
def _part():
    """The function `part`."""
    return part


@pytest.fixture(name="check_members", scope="session")
def _check_members():
    """The function `check_members`."""
    return check_members


@pytest.fixture(name="check_extraction", scope="session")
def _check_extraction():
    """The function `check_extraction`."""
    return check_extraction
