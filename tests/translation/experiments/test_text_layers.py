"""Layers of the experiments on text: a shared output side, shared biases."""

import dataclasses

import keras
import numpy as np

from be_keras.roles import BIAS, role_of
from experiments.text_layers import SameForAll, VariedLayers
from experiments.text_training import TextSettings, new_model
from translation.config import make_config


def test_a_shared_output_side_is_one_networks():
    layer = VariedLayers(3, "random_sign", outputs="shared").embedding(5, 4)
    layer.build()
    layer.bias.assign(np.arange(5.0)[None])
    assert layer.bias.shape == (1, 5) and role_of(layer.bias) == BIAS
    states = np.random.default_rng(0).normal(size=(6, 2, 4)).astype("float32")
    modulated, kernel, bias = map(keras.ops.convert_to_numpy, layer.output_side(states))
    np.testing.assert_array_equal(modulated, states)
    np.testing.assert_array_equal(kernel, keras.ops.convert_to_numpy(layer.embeddings).T)
    np.testing.assert_array_equal(bias, np.broadcast_to(np.arange(5.0), (3, 5)))


def test_shared_biases_stay_equal_and_learn_what_one_would():
    dense = VariedLayers(2, "random_sign", biases="shared").dense(3)
    dense.build((None, 4))
    gradients = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, -1.0]], "float32")
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build([dense.bias])
    optimizer.apply([keras.ops.convert_to_tensor(gradients)])
    expected = np.broadcast_to(-0.5 * gradients.mean(0), (2, 3))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(dense.bias), expected, rtol=1e-6)
    attention = VariedLayers(2, "random_sign", biases="shared").attention(2, 4, 0.0)
    attention.build((None, 3, 8), (None, 3, 8))
    assert isinstance(attention.query_projection.bias.constraint, SameForAll)


def test_shared_outputs_and_biases_train_by_the_chunked_loss(small):
    config = make_config("tiny", [*small, "chunk_examples=2", "learning_rate=0.1", "warmup=1"])
    varied = {"outputs": "shared", "biases": "shared", "fast_where": "first", "norms": "shared"}
    changes = {**varied, "ensemble_size": 3, "members": "shared"}
    model = new_model(TextSettings(**{**dataclasses.asdict(config), **changes}), 17)
    assert type(model.body.encoder_norm) is keras.layers.LayerNormalization
    x = {name: np.full((4, 3), 5, "int32") for name in ("source", "target_in")}
    y = np.full((4, 3), 7, "int32")
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=5, verbose=0)
    assert model.evaluate(x, y, verbose=0) < before
    bias = keras.ops.convert_to_numpy(model.body.embedding.bias)
    assert bias.shape == (1, 17) and bias[0].argmax() == 7
    wide = keras.ops.convert_to_numpy(model.body.decoder[0].feedforward.wide.bias)
    assert np.any(wide != 0)
    np.testing.assert_array_equal(wide, wide[:1].repeat(3, axis=0))
