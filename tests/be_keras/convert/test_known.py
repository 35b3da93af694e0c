"""Every layer of members that has a twin in Keras has a rule, and so has all that holds cells."""

import keras
import pytest

from be_keras import layers
from be_keras.convert import rules

NAMES = [name.removesuffix("BatchEnsemble") for name in layers.__all__]


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(keras.layers, name)])
def test_layers_of_keras_have_rules(name):
    plain, member = getattr(keras.layers, name), getattr(layers, f"{name}BatchEnsemble")
    assert rules._BY_PLAIN[plain].member is member
    assert rules._BY_MEMBER[member].plain is plain


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_recurrent_layers_are_converted_like_those_over_cells(name):
    recurrent = rules._BY_PLAIN[getattr(keras.layers, name)]
    assert recurrent is rules._BY_PLAIN[keras.layers.RNN] is rules._BY_MEMBER[keras.layers.RNN]
