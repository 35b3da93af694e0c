"""A Transformer of Keras' layers, encoder and decoder, with masks: as an ensemble, and back."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from be_keras.convert import extract_member, to_batch_ensemble
from be_keras.initializers import NormalAroundOne

V, D = 11, 8
DRAW = np.random.default_rng(0)
SOURCE, TARGET = DRAW.integers(1, V, size=(3, 6)), DRAW.integers(1, V, size=(3, 5))
SOURCE[0, 4:] = 0  # padding
X = {"source": SOURCE, "target": TARGET}


def embedded(tokens, name):
    places = ops.cumsum(ops.ones_like(tokens), axis=-1) - 1
    words = layers.Embedding(V, D, mask_zero=True, name=name)(tokens)
    return layers.Add()([words, layers.Embedding(8, D)(places)])


def block(states, memory=None):
    normed = layers.LayerNormalization()(states)
    causal = memory is not None
    states = states + layers.MultiHeadAttention(2, 4)(normed, normed, use_causal_mask=causal)
    if memory is not None:
        states = states + layers.MultiHeadAttention(2, 4)(
            layers.LayerNormalization()(states), memory
        )
    hidden = layers.Dense(16, "relu")(layers.LayerNormalization()(states))
    return states + layers.Dense(D)(hidden)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    memory = block(embedded(source, "words"))
    states = block(embedded(target, "target_words"), memory)
    logits = layers.Dense(V)(layers.LayerNormalization()(states))
    return keras.Model({"source": source, "target": target}, logits)


def test_every_member_is_the_transformer(model):
    ensemble = to_batch_ensemble(model, 3)
    expected = model.predict(X, verbose=0)[:, None]
    found = ensemble.predict(X, verbose=0)
    assert found.shape == (3, 3, 5, V)
    np.testing.assert_allclose(found, np.repeat(expected, 3, axis=1), atol=1e-5)


def test_members_learn_and_come_out(model, tmp_path):
    apart = NormalAroundOne(0.3, seed=1)
    ensemble = to_batch_ensemble(model, 2, r_initializer=apart, s_initializer=apart)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ensemble.compile("adam", loss)
    before = ensemble.evaluate(X, TARGET, verbose=0)
    ensemble.fit(X, TARGET, epochs=3, verbose=0)
    assert ensemble.evaluate(X, TARGET, verbose=0) < before
    ensemble.save(tmp_path / "ensemble.keras")
    again = keras.saving.load_model(tmp_path / "ensemble.keras")
    logits = ensemble.predict(X, verbose=0)
    np.testing.assert_allclose(again.predict(X, verbose=0), logits, atol=1e-5)
    assert np.abs(logits[:, 0] - logits[:, 1]).max() > 0.01
    for index in range(2):
        member = extract_member(again, index)
        assert not any(type(layer).__module__.startswith("be_keras") for layer in member.layers)
        np.testing.assert_allclose(member.predict(X, verbose=0), logits[:, index], atol=1e-5)
