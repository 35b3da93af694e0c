"""Graphs: the kinds of model that can be seen, and that a rebuilt one is the same."""

import keras
import numpy as np
import pytest
from keras import layers

from be_keras.convert.graphs import Counterparts, functional_view, leaves_of, rebuild


class Own(keras.Model):
    """A functional model whose call does something else."""

    def call(self, inputs):
        return -super().call(inputs)


class Subclass(keras.Model):
    """A model whose layers cannot be seen."""

    def call(self, inputs):
        return inputs


def own():
    inputs = keras.Input((2,))
    return Own(inputs, layers.Dense(2)(inputs))


REFUSED = {
    "has no inputs yet": lambda: keras.Sequential([layers.Dense(2)]),
    "a `call` of its own": own,
    "Subclass: only the layers": Subclass,
}


@pytest.mark.parametrize("message", sorted(REFUSED))
def test_models_that_cannot_be_seen(message):
    with pytest.raises(ValueError, match=message):
        functional_view(REFUSED[message]())


def test_a_sequential_model_that_was_called_can_be_seen():
    model = keras.Sequential([layers.Dense(2)])
    model(np.zeros((1, 3)))
    assert functional_view(model).input.shape == (1, 3)


def test_copies_are_equal_and_leave_the_original_alone(graph):
    model, x = graph
    calls = [len(leaf._inbound_nodes) for leaf in leaves_of(model)]
    copy = rebuild(model, Counterparts(lambda layer: None))
    assert copy.name == model.name
    assert [w.name for w in copy.weights] == [w.name for w in model.weights]
    for old, new in zip(*map(keras.tree.flatten, (model(x), copy(x))), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-6, atol=1e-6)
    assert not {id(w) for w in copy.weights} & {id(w) for w in model.weights}
    assert [len(leaf._inbound_nodes) for leaf in leaves_of(model)] == calls


def test_leaves_are_each_found_once(graphs):
    model, _ = graphs["nested"]()
    names = [leaf.name for leaf in leaves_of(model) if leaf.weights]
    assert names == ["first", "deep", "head"]
