"""Which layers are converted, and which count as the head."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.convert import last, signs_in_the_head, to_batch_ensemble
from be_keras.convert.choice import chosen_layers, head_layers


def model():
    """Layers a, [b, norm, c], d and e, of which d and e are outputs."""
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4, name="b"), layers.LayerNormalization(name="norm")]
        + [layers.Dense(4, name="c"), layers.ReLU()]
    )
    inputs = keras.Input((4,))
    hidden = inner(layers.Dense(4, name="a")(inputs))
    first = layers.Dense(2, name="d")(hidden)
    second = layers.Activation("softmax")(layers.Dense(3, name="e")(hidden))
    return keras.Model(inputs, [first, second])


CHOICES = {
    "all": (None, "abcde"),
    "last": (last(2), "de"),
    "more than there are": (last(99), "abcde"),
    "predicate": (lambda layer: layer.units == 4, "abc"),
    "name": ("b", "b"),
    "names": (["a", "d"], "ad"),
    "pattern": ("[a-c]", "abc"),
}


@pytest.mark.parametrize("kind", sorted(CHOICES))
def test_what_is_chosen(kind):
    convert, expected = CHOICES[kind]
    assert sorted(layer.name for layer in chosen_layers(model(), convert)) == list(expected)


def test_only_what_is_chosen_gets_fast_weights():
    for per_member, expected in (((), ["b"]), (("head",), ["b", "d", "e"])):
        ensemble = to_batch_ensemble(model(), 2, convert="b", per_member=per_member)
        found = [layer.name for layer in ensemble.body._flatten_layers() if hasattr(layer, "r")]
        assert sorted(found) == expected


def test_frozen_layers_are_converted_only_if_asked_for():
    graph = model()
    graph.get_layer("a").trainable = False
    assert "a" not in [layer.name for layer in chosen_layers(graph, None)]
    assert [layer.name for layer in chosen_layers(graph, "a")] == ["a"]
    graph.trainable = False
    with pytest.raises(ValueError, match="chose no layer.*'a', 'b', 'c'.*frozen"):
        chosen_layers(graph, None)


def test_the_head_is_found_behind_weightless_layers_and_inside_models():
    graph = model()
    assert sorted(layer.name for layer in head_layers(graph)) == ["d", "e"]
    wrapped = keras.Sequential([keras.Input((4,)), graph.layers[2], layers.Dropout(0.1)])
    assert [layer.name for layer in head_layers(wrapped)] == ["c"]


def test_signs_in_the_head_alone():
    graph = model()
    ensemble = to_batch_ensemble(graph, 8, r_initializer=signs_in_the_head(graph, "ones"))
    for layer in ensemble.body._flatten_layers():
        if hasattr(layer, "r"):
            assert np.min(layer.r) == (-1 if layer.name in "de" else 1)


def test_wrong_choices_are_refused():
    for count in (0, True, 1.5):
        with pytest.raises(ValueError, match="positive integer"):
            last(count)
    with pytest.raises(ValueError, match="'z'.*out of: 'a'"):
        chosen_layers(model(), ["a", "z"])
    with pytest.raises(ValueError, match="convert=3"):
        chosen_layers(model(), 3)
    with pytest.raises(ValueError, match="chose no layer"):
        chosen_layers(model(), lambda layer: False)
