"""Rules: options that members do not have, and rules for layers of one's own."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from be_keras.convert import extract_member, register_rule, rules, to_batch_ensemble
from be_keras.members import merge_members, split_members


@keras.saving.register_keras_serializable(package="test_rules")
class Gain(layers.Layer):
    """Multiplies by one number a feature."""

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=input_shape[-1:], initializer="ones")

    def call(self, inputs):
        return inputs * self.gain

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable(package="test_rules")
class MemberGain(Gain):
    """Multiplies rows by one number a feature and member."""

    def __init__(self, ensemble_size, r_initializer=None, s_initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.ensemble_size = ensemble_size

    def build(self, input_shape):
        shape = (self.ensemble_size, input_shape[-1])
        self.gain = self.add_weight(name="member_gain", shape=shape, initializer="ones")

    def call(self, inputs):
        return merge_members(split_members(inputs, self.ensemble_size) * self.gain)

    def get_config(self):
        return {**super().get_config(), "ensemble_size": self.ensemble_size}


@pytest.fixture
def gains(monkeypatch):
    """The rule for Gain, for one test."""
    monkeypatch.setattr(rules, "_BY_PLAIN", dict(rules._BY_PLAIN))
    monkeypatch.setattr(rules, "_BY_MEMBER", dict(rules._BY_MEMBER))
    register_rule(
        Gain,
        MemberGain,
        fold=lambda layer, member: {"gain": ops.convert_to_numpy(layer.gain)[member]},
        path=lambda path: f"member_{path}",
    )


def test_a_rule_of_ones_own_serves_both_ways(gains, randomise, check_members, part):
    model = randomise(keras.Sequential([keras.Input((4,)), Gain(name="gain"), layers.Dense(2)]))
    x = np.random.default_rng(0).normal(size=(2, 4))
    ensemble = to_batch_ensemble(model, 3)
    check_members(ensemble, model, x)
    gain = ensemble.body.get_layer("gain")
    gain.gain.assign(np.arange(12.0).reshape(3, 4))
    member = extract_member(ensemble, 2)
    np.testing.assert_array_equal(member.get_layer("gain").gain, [8, 9, 10, 11])
    np.testing.assert_allclose(member(x), ensemble(x)[:, 2], rtol=1e-5, atol=1e-5)


def test_a_subclass_does_not_inherit_a_rule(gains):
    class Louder(Gain):
        """Might do anything."""

    with pytest.raises(ValueError, match="Louder"):
        to_batch_ensemble(keras.Sequential([keras.Input((4,)), Louder()]), 2)


def attention(**options):
    inputs = keras.Input((3, 4))
    return keras.Model(inputs, layers.MultiHeadAttention(2, 2, **options)(inputs, inputs))


def dense_with_lora():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="adapted")])
    model.layers[0].enable_lora(1)
    return model


UNSUPPORTED = {
    "use_gate": lambda: attention(use_gate=True),
    "lora": dense_with_lora,
    "rms_scaling": lambda: keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.LayerNormalization(rms_scaling=True)]
    ),
}


@pytest.mark.parametrize("option", sorted(UNSUPPORTED))
@pytest.mark.filterwarnings("ignore:.*rms_scaling")
def test_an_option_that_members_do_not_have_names_the_layer(option):
    with pytest.raises(ValueError, match=f"(?s)Layer '.*cannot become.*{option}"):
        to_batch_ensemble(UNSUPPORTED[option](), 2)
