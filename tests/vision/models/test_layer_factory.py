"""Layer factories: which layers they give, and which of them begin at random."""

from functools import partial

import keras
import numpy as np
import pytest

import be_keras
from be_keras.roles import BIAS, weights_by_role
from vision.models.layer_factory import BatchEnsembleLayerFactory, PlainLayerFactory

M = 3


def random_places(**options):
    """Which of a first, a middle and a last layer have fast weights other than ones."""
    factory = BatchEnsembleLayerFactory(M, "random_sign", **options)
    places = [
        (factory.conv(16, first=True), (None, 8, 8, 16)),
        (factory.dense(16), (None, 16)),
        (factory.head(16), (None, 16)),
    ]
    found = []
    for layer, shape in places:
        layer.build(shape)
        drawn = [bool((np.asarray(weight) != 1).any()) for weight in (layer.r, layer.s)]
        assert drawn[0] == drawn[1]
        found.append(drawn[0])
    return found


def test_plain_layers_are_keras_own():
    factory = PlainLayerFactory()
    assert type(factory.dense(4)) is type(factory.head(4)) is keras.layers.Dense
    assert type(factory.conv(4)) is keras.layers.Conv2D
    assert type(factory.norm()) is keras.layers.BatchNormalization


def test_ensemble_layers_are_of_members():
    factory = BatchEnsembleLayerFactory(M, be_keras.initializers.NormalAroundOne(0.25))
    assert type(factory.norm()) is be_keras.BatchNormalizationBatchEnsemble
    assert type(factory.conv(4)) is be_keras.Conv2DBatchEnsemble
    for layer in (factory.dense(4), factory.conv(4), factory.head(4)):
        assert layer.ensemble_size == M
        assert layer.r_initializer.stddev == layer.s_initializer.stddev == 0.25


@pytest.mark.parametrize(
    ("where", "expected"),
    [("all", [1, 1, 1]), ("first", [1, 0, 0]), ("last", [0, 0, 1])],
)
def test_where_layers_begin_at_random(where, expected):
    assert random_places(where=where) == [bool(place) for place in expected]


def test_shared_norms_are_keras_own():
    factory = BatchEnsembleLayerFactory(M, norms="shared")
    assert type(factory.norm()) is keras.layers.BatchNormalization


def test_both_families_normalise_alike():
    layers = [PlainLayerFactory().norm(), BatchEnsembleLayerFactory(M).norm()]
    assert {(layer.momentum, layer.epsilon) for layer in layers} == {(0.9, 1e-5)}


@pytest.mark.parametrize("make", [PlainLayerFactory, partial(BatchEnsembleLayerFactory, M)])
def test_dropout_masks_each_row_by_itself_and_only_in_training(make):
    rows = keras.Input((400,))
    assert make().dropout(rows) is rows
    model = keras.Model(rows, make(dropout=0.25).dropout(rows, name="dropout"))
    assert [layer.name for layer in model.layers[1:]] == ["dropout"]
    data = np.ones((2 * M, 400), "float32")
    np.testing.assert_array_equal(model(data, training=False), data)
    kept = np.asarray(model(data, training=True))
    np.testing.assert_allclose(np.unique(kept), [0, 4 / 3], rtol=1e-6)
    assert 0.2 < (kept == 0).mean() < 0.3
    assert len(np.unique(kept, axis=0)) == 2 * M


def test_convolutions_before_norms_have_no_bias():
    for factory in (PlainLayerFactory(), BatchEnsembleLayerFactory(M)):
        layer = factory.conv(4, use_bias=False)
        layer.build((None, 5, 5, 2))
        assert weights_by_role(layer)[BIAS] == []
