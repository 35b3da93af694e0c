"""extract_member: an ordinary model of Keras' own layers, equal to the member."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras import (
    CachedMultiHeadAttention,
    Conv2DBatchEnsemble,
    DenseBatchEnsemble,
    DepthwiseConv2DBatchEnsemble,
    EmbeddingBatchEnsemble,
    EnsembleModel,
    LayerNormalizationBatchEnsemble,
    MultiHeadAttentionBatchEnsemble,
)
from be_keras.convert import extract_member, last, to_batch_ensemble

M = 3

# Reads a member without be_keras, exports it and calls what was exported.
SERVE = """
import sys
import keras, numpy as np, tensorflow as tf
folder = sys.argv[1]
model = keras.models.load_model(f"{folder}/member.keras")
model.export(f"{folder}/served", verbose=False)
x = np.load(f"{folder}/x.npy")
served = tf.saved_model.load(f"{folder}/served")
np.save(f"{folder}/y.npy", served.serve(x))
assert "be_keras" not in sys.modules
"""


@pytest.mark.parametrize("options", [{}, {"tiles": "inputs"}, {"convert": last(1)}])
def test_each_member_of_a_converted_model(graph, options, part, check_extraction):
    model, x = graph
    check_extraction(part(to_batch_ensemble(model, M, **options)), x)


def hand_written():
    """A body of be_keras layers with a tied output."""
    tokens = keras.Input((4,), dtype="int32")
    embedding = EmbeddingBatchEnsemble(7, 6, mask_zero=True, tied_output=True, ensemble_size=M)
    rows = embedding(tokens)
    normed = LayerNormalizationBatchEnsemble(ensemble_size=M)(rows)
    rows = rows + MultiHeadAttentionBatchEnsemble(2, 3, ensemble_size=M)(normed, normed)
    rows = rows + DenseBatchEnsemble(6, "relu", use_bias=False, ensemble_size=M)(rows)
    return EnsembleModel(keras.Model(tokens, embedding(rows, reverse=True)), M)


def test_a_body_written_by_hand(part, check_extraction):
    check_extraction(part(hand_written()), np.array([[1, 2, 3, 4], [6, 5, 4, 4]]))


def test_a_model_read_from_a_file(graphs, part, check_extraction, tmp_path):
    model, x = graphs["tokens"]()
    part(to_batch_ensemble(model, M)).save(tmp_path / "ensemble.keras")
    check_extraction(keras.models.load_model(tmp_path / "ensemble.keras"), x)


def test_there_and_back_again(graphs, randomise):
    model, x = graphs["convolutions"]()
    member = extract_member(to_batch_ensemble(randomise(model), 2), 1)
    assert [type(layer) for layer in member.layers] == [type(layer) for layer in model.layers]
    for old, new in zip(model.get_weights(), member.get_weights(), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-6)


def test_a_member_is_served_without_this_package(graphs, part, run_python, tmp_path):
    model, x = graphs["sequential"]()
    ensemble = part(to_batch_ensemble(model, M))
    extract_member(ensemble, 2).save(tmp_path / "member.keras")
    np.save(tmp_path / "x.npy", x)
    run_python(SERVE, "tensorflow", tmp_path)
    served = np.load(tmp_path / "y.npy")
    np.testing.assert_allclose(served, ensemble(x)[:, 2], rtol=1e-5, atol=1e-5)


@keras.saving.register_keras_serializable(package="test_extract")
class Unknown(DenseBatchEnsemble):
    """A layer of members that no rule knows."""


def test_errors_say_what_to_do():
    dense = EnsembleModel(keras.Sequential([keras.Input((4,)), Unknown(2, ensemble_size=M)]), M)
    for member in (-1, M, True, 0.5):
        with pytest.raises(ValueError, match="from 0 to 2"):
            extract_member(dense, member)
    with pytest.raises(ValueError, match="Unknown.*register_rule"):
        extract_member(dense, 0)
    with pytest.raises(ValueError, match="EnsembleModel.*Sequential"):
        extract_member(keras.Sequential([layers.Dense(2)]), 0)
    with pytest.raises(ValueError, match=r"keras.Model\(inputs, outputs\)"):
        extract_member(EnsembleModel(DenseBatchEnsemble(2, ensemble_size=M), M), 0)


def test_cached_attention_becomes_members_and_an_ordinary_layer(randomise, check_members, part):
    inputs = keras.Input((3, 6))
    model = randomise(keras.Model(inputs, CachedMultiHeadAttention(2, 3)(inputs, inputs)))
    x = np.random.default_rng(0).normal(size=(2, 3, 6))
    ensemble = to_batch_ensemble(model, M)
    check_members(ensemble, model, x)
    member = extract_member(part(ensemble), 1)
    assert any(isinstance(layer, layers.MultiHeadAttention) for layer in member.layers)
    np.testing.assert_allclose(member(x), ensemble(x)[:, 1], rtol=1e-5, atol=1e-5)


INTEGERS = {
    "dense": (lambda **m: DenseBatchEnsemble(3, **m), (5,)),
    "convolution": (lambda **m: Conv2DBatchEnsemble(3, 2, **m), (4, 4, 2)),
    "depthwise": (lambda **m: DepthwiseConv2DBatchEnsemble(2, **m), (4, 4, 2)),
    "norm": (lambda **m: LayerNormalizationBatchEnsemble(**m), (5,)),
}


@pytest.mark.parametrize("kind", sorted(INTEGERS))
@pytest.mark.parametrize("dtype", ["int32", "uint8"])
def test_members_learn_from_integers_and_equal_their_extracted_models(kind, dtype, part):
    make, shape = INTEGERS[kind]
    inputs, layer = keras.Input(shape, dtype=dtype), make(ensemble_size=M)
    model = part(EnsembleModel(keras.Model(inputs, layer(inputs)), M))
    x = np.random.default_rng(0).integers(0, 9, size=(6, *shape)).astype(dtype)
    model.compile("sgd", "mse", jit_compile=False)
    weight = layer.gamma if kind == "norm" else layer.r
    before = np.array(weight)
    model.train_on_batch(x, np.ones(model(x).shape[:1] + model(x).shape[2:]))
    assert np.all(np.any(np.array(weight) != before, axis=-1))
    members = np.asarray(model(x))
    for member in range(M):
        extracted = extract_member(model, member)
        assert extracted.input.dtype == dtype
        np.testing.assert_allclose(extracted(x), members[:, member], rtol=1e-4, atol=1e-5)
