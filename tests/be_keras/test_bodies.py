"""Bodies: a warning where training cannot make members differ."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel
from be_keras.convert import last, to_batch_ensemble
from be_keras.layers import DenseBatchEnsemble

M = 3
X = np.ones((4, 5), "float32")
EQUAL = "No weight of the members' own leads"


class Plain(keras.layers.Layer):
    """A body whose layers cannot be seen."""

    def build(self, input_shape):
        self.dense = keras.layers.Dense(2)
        self.dense.build(input_shape)

    def call(self, inputs):
        return self.dense(inputs)


def two_outputs():
    """One of them passes by the layer of members."""
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(4)(inputs)
    shared = keras.layers.Dense(1, name="shared")(hidden)
    return keras.Model(inputs, [DenseBatchEnsemble(1, ensemble_size=M)(hidden), shared])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (lambda: keras.Sequential([keras.Input((5,)), keras.layers.Dense(2, name="d")]), "'d' of"),
        (Plain, "output 'plain.*' of"),
        (two_outputs, "output 'shared' of"),
    ],
)
def test_outputs_that_are_the_same_for_all_members(body, named):
    model = EnsembleModel(body(), M, outputs="values")
    with pytest.warns(UserWarning, match=f"{EQUAL} .*{named}.* all 3 members.*to_batch_ensemble"):
        model.compile("sgd", "mse")
        model.build((None, 5))


def test_nothing_is_said_of_members_that_can_differ(recwarn):
    plain = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    inputs = keras.Input((5,))
    passed_by = [DenseBatchEnsemble(1, ensemble_size=M)(inputs), 2.0 * inputs]
    for model in (
        EnsembleModel(DenseBatchEnsemble(1, ensemble_size=M), M),
        EnsembleModel(
            keras.Sequential([keras.Sequential([DenseBatchEnsemble(1, ensemble_size=M)])]), M
        ),
        EnsembleModel(keras.Model(inputs, passed_by), M, outputs="values"),
        EnsembleModel(plain, 1),
        to_batch_ensemble(plain, M, convert=last(1)),
    ):
        model.compile("sgd", "mse")
        model.build((None, 5))
    assert not [w for w in recwarn if EQUAL in str(w.message)]


def test_a_summary_knows_the_shapes_of_a_built_body():
    body = keras.Sequential([keras.Input((5,)), DenseBatchEnsemble(2, ensemble_size=M)], name="b")
    said = []
    EnsembleModel(body, M).summary(print_fn=lambda text, **_: said.append(text))
    (row,) = [line for line in "\n".join(said).splitlines() if "b (Sequential)" in line]
    assert "(None, 2)" in row and str(5 * 2 + M * (5 + 2 + 2)) in row
