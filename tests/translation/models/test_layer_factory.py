"""Layer factories: what a single network and an ensemble are built of, and the tied embedding."""

import keras
import numpy as np
import pytest

import be_keras
from be_keras.roles import BIAS, role_of
from translation.models.layer_factory import (
    BatchEnsembleLayerFactory,
    PlainLayerFactory,
    TiedEmbedding,
)

KINDS = {
    "dense": (4,),
    "attention": (2, 4, 0.1),
    "norm": (),
    "dropout": (0.1,),
    "embedding": (9, 4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_obeys_the_dtype(kind):
    plain = PlainLayerFactory("mixed_bfloat16")
    for factory in (plain, BatchEnsembleLayerFactory(3, "ones", "mixed_bfloat16")):
        assert getattr(factory, kind)(*KINDS[kind]).compute_dtype == "bfloat16"


def test_plain_layers_are_of_one_network():
    factory = PlainLayerFactory()
    assert type(factory.dense(4)) is keras.layers.Dense
    assert type(factory.norm()) is keras.layers.LayerNormalization
    assert type(factory.attention(2, 4, 0.1)) is be_keras.CachedMultiHeadAttention
    assert type(factory.embedding(9, 4)) is TiedEmbedding


def test_ensemble_layers_share_size_and_initialiser():
    factory = BatchEnsembleLayerFactory(3, be_keras.initializers.NormalAroundOne(0.25))
    for kind in ("dense", "attention", "norm", "embedding"):
        layer = getattr(factory, kind)(*KINDS[kind])
        assert layer.ensemble_size == 3
        if kind != "norm":
            assert layer.r_initializer.stddev == layer.s_initializer.stddev == 0.25


def test_tied_embedding_uses_one_table_both_ways():
    layer = TiedEmbedding(5, 4)
    layer.build()
    table = keras.ops.convert_to_numpy(layer.embeddings)
    tokens = np.array([[1, 4, 0]])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(tokens)), table[tokens])
    states = np.ones((1, 3, 4), "float32")
    modulated, kernel, bias = layer.output_side(states)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(modulated), states)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(kernel), table.T)
    assert bias.shape == (1, 5) and role_of(bias) == BIAS


def _fast_weights(factory):
    """Names of the fast weights that are not ones, out of a dense layer and an embedding."""
    dense, embedding = factory.dense(4), factory.embedding(9, 4)
    dense.build((None, 3))
    embedding.build()
    weights = {
        "r": dense.r, "s": dense.s, "embedding r": embedding.r, "embedding s": embedding.s
    }
    if getattr(embedding, "q", None) is not None:
        weights["q"] = embedding.q
    return {name for name, w in weights.items() if np.any(keras.ops.convert_to_numpy(w) != 1)}


def test_where_fast_weights_are_drawn():
    normal = be_keras.initializers.NormalAroundOne(0.5)
    everywhere = {"r", "s", "embedding r", "embedding s", "q"}
    assert _fast_weights(BatchEnsembleLayerFactory(3, normal)) == everywhere
    first = BatchEnsembleLayerFactory(3, normal, where="first")
    assert _fast_weights(first) == {"embedding r", "embedding s"}
    assert _fast_weights(BatchEnsembleLayerFactory(3, normal, where="last")) == {"q"}


def test_shared_norms_are_one_networks():
    norm = BatchEnsembleLayerFactory(3, "ones", norms="shared").norm()
    assert type(norm) is keras.layers.LayerNormalization
