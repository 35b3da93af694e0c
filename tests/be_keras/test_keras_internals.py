"""The names of Keras' insides that are relied on: a failure here says what Keras changed."""

import inspect

import keras
import numpy as np
import pytest

from be_keras import keras_internals

ON_TENSORFLOW = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="of Keras' TensorFlow backend"
)


def changed(name):
    return (
        f"Keras {keras.version()} has changed `{name}`, which be_keras.keras_internals relies on: "
        "find what took its place, and mend that one function."
    )


def small_model():
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))


def test_layers_below_a_model_and_in_an_attribute():
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.held = [keras.layers.Dense(2), keras.Sequential([keras.layers.ReLU()])]

    holder = Holder()
    found = keras_internals.layers_below(holder)
    below = [holder, *holder.held, *holder.held[1].layers]
    assert {id(layer) for layer in found} == {id(layer) for layer in below}, changed(
        "Layer._flatten_layers"
    )


def test_the_origin_of_a_symbolic_tensor():
    model = small_model()
    operation, parents = keras_internals.origin_of(model.output)
    assert operation is model.get_layer("dense"), changed("KerasTensor._keras_history")
    assert [id(parent) for parent in parents] == [id(model.input)], changed(
        "Operation._inbound_nodes"
    )
    assert keras_internals.origin_of(keras.KerasTensor((None, 3))) == (None, [])


def test_the_outermost_layer_of_a_call():
    class Asks(keras.layers.Layer):
        def call(self, inputs):
            seen.append(keras_internals.outermost_layer())
            return inputs

    seen, asks = [], Asks()
    model = keras.Sequential([asks])
    for outermost in (asks, model):
        outermost(np.ones((2, 3)))
        assert seen[-1] is outermost, changed("Layer._get_call_context")
        assert keras_internals.outermost_layer() is None, changed("_maybe_reset_call_context")


def test_a_compiled_model_is_built_on_a_batch():
    model = keras.Sequential([keras.layers.Dense(2)])
    model.compile("adam", "mse")
    keras_internals.build_on(model, (np.ones((4, 3)), np.ones((4, 2))))
    assert model.built and model.optimizer.built, changed("Trainer._symbolic_build")


def test_the_averages_of_weights_and_the_variable_of_an_update():
    seen = []

    class Watched(keras.optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            seen.append(keras_internals.variable_updated(self, variable))
            super().update_step(gradient, variable, learning_rate)

    model, optimizer = small_model(), Watched(use_ema=True)
    optimizer.apply([np.ones(v.shape) for v in model.weights], model.trainable_variables)
    assert [id(v) for v in seen] == [id(v) for v in model.trainable_variables], changed(
        "Optimizer._get_variable_index"
    )
    shapes = [average.shape for average in keras_internals.averages_of(optimizer)]
    assert shapes == [v.shape for v in model.trainable_variables], changed(
        "Optimizer._model_variables_moving_average"
    )


@ON_TENSORFLOW
def test_the_strategy_and_the_sum_over_replicas():
    import tensorflow as tf

    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        model = small_model()
    keras_internals.forget_strategy(model)
    assert model.distribute_strategy is tf.distribute.get_strategy(), changed(
        "TensorFlowTrainer._distribute_strategy"
    )
    optimizer = keras.optimizers.SGD()
    pairs = [(np.ones(2), None)]
    own = type(optimizer)._all_reduce_sum_gradients
    assert list(inspect.signature(own).parameters) == ["self", "grads_and_vars"], changed(
        "TFOptimizer._all_reduce_sum_gradients"
    )
    with keras_internals.gradients_taken_as_they_are(optimizer):
        assert optimizer._all_reduce_sum_gradients(pairs) is pairs
    assert optimizer._all_reduce_sum_gradients.__func__ is own
