"""Over small random graphs: members equal the model, and extraction gives each back."""

import keras
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from be_keras.convert import to_batch_ensemble

WIDTH = 3
X = np.random.default_rng(0).normal(size=(2, WIDTH)).astype("float32")

# One step of a graph: what it does, and from which of the tensors so far.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["dense", "shared", "norm", "add", "join", "relu"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)


def network(steps):
    """A functional model of the steps, in which every tensor has one width."""
    inputs = keras.Input((WIDTH,))
    tensors = [inputs]
    shared = layers.Dense(WIDTH, "tanh", name="shared")
    for index, (kind, i, j) in enumerate(steps):
        one, other = tensors[i % len(tensors)], tensors[j % len(tensors)]
        if kind == "join":
            one, kind = keras.ops.concatenate([one, other], axis=-1), "dense"
        tensors.append(
            {
                "dense": lambda one=one, index=index: layers.Dense(WIDTH, name=f"d{index}")(one),
                "shared": lambda one=one: shared(one),
                "norm": lambda one=one: layers.LayerNormalization()(one),
                "add": lambda one=one, other=other: one + other,
                "relu": lambda one=one: keras.ops.relu(one),
            }[kind]()
        )
    return keras.Model(inputs, [layers.Dense(2, name="head")(tensors[-1]), tensors[-1]])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(STEPS, st.integers(1, 3), st.integers(0, 7), st.sampled_from(["inputs", "body"]))
def test_any_graph(randomise, part, check_members, check_extraction, steps, size, bits, tiles):
    model = randomise(network(steps))

    def convert(layer):
        return layer.name == "head" or (bits >> sum(map(ord, layer.name)) % 3) & 1

    ensemble = to_batch_ensemble(model, size, convert=convert, tiles=tiles)
    check_members(ensemble, model, X)
    if size > 1:
        check_extraction(part(ensemble), X)
