"""Blocks: pre-norm residuals, and a step that gives what the whole call gives."""

import keras
import numpy as np
import pytest

from translation.models.blocks import DecoderBlock, EncoderBlock, FeedForward
from translation.models.layer_factory import BatchEnsembleLayerFactory, PlainLayerFactory

FAMILIES = {"plain": PlainLayerFactory(), "ensemble": BatchEnsembleLayerFactory(2, "random_sign")}
WIDTH, HEADS = 8, 2


def random_rows(seed, length):
    return np.random.default_rng(seed).normal(size=(4, length, WIDTH)).astype("float32")


def silenced(block, names):
    """Set the last layer of some sublayers to zero, so that each adds nothing."""
    for name in names:
        layer = getattr(block, name)
        last = layer.narrow if name == "feedforward" else layer.output_projection
        for weight in (last.kernel, last.bias):
            weight.assign(keras.ops.zeros_like(weight))


@pytest.mark.parametrize("factory", FAMILIES)
def test_blocks_add_to_what_they_are_given(factory):
    rows, memory = random_rows(0, 3), random_rows(1, 5)
    mask = np.ones((4, 1, 5), bool)
    encoder = EncoderBlock(FAMILIES[factory], WIDTH, HEADS, 16, 0.0)
    encoder.build(rows.shape)
    silenced(encoder, ("attention", "feedforward"))
    np.testing.assert_array_equal(encoder(rows, np.ones((4, 1, 3), bool)), rows)
    decoder = DecoderBlock(FAMILIES[factory], WIDTH, HEADS, 16, 0.0)
    decoder.build(rows.shape)
    silenced(decoder, ("self_attention", "cross_attention", "feedforward"))
    np.testing.assert_array_equal(decoder(rows, memory, mask), rows)


@pytest.mark.parametrize("factory", FAMILIES)
def test_a_step_gives_what_the_call_gives(factory):
    rows, memory = random_rows(0, 3), random_rows(1, 5)
    mask = np.arange(5)[None, None] < np.array([5, 2, 3, 1])[:, None, None]
    block = DecoderBlock(FAMILIES[factory], WIDTH, HEADS, 16, 0.5)
    block.build(rows.shape)
    whole = keras.ops.convert_to_numpy(block(rows, memory, mask))
    cache = np.zeros((4, 2, 3, HEADS, WIDTH // HEADS), "float32")
    cross = block.cross_attention.make_cache(memory)
    for position in range(3):
        here = rows[:, position : position + 1]
        found, cache = block.step(here, position, cache, cross, mask)
        np.testing.assert_allclose(found, whole[:, position : position + 1], atol=1e-5)


def test_feedforward_by_hand():
    layer = FeedForward(PlainLayerFactory(), 1, 2, 0.0)
    layer.build((None, None, 1))
    layer.wide.set_weights([np.array([[1.0, -1.0]]), np.array([0.5, 0.0])])
    layer.narrow.set_weights([np.array([[2.0], [3.0]]), np.array([10.0])])
    found = keras.ops.convert_to_numpy(layer(np.array([[[2.0], [-4.0]]], "float32")))
    # relu(2.5), relu(-2) and relu(-3.5), relu(4)
    np.testing.assert_allclose(found, [[[10 + 5.0], [10 + 12.0]]])
