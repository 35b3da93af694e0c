"""The profile of operators: what counts as which kind, and a real pass whose kernels it finds."""

import keras
import pytest


@pytest.fixture
def operators(benchmark):
    return benchmark("operators")


def test_events_by_kind(operators):
    found = operators.sums(
        [
            ("EagerLocalExecute: __inference_one_pass_7", 10.0),
            ("EagerLocalExecute: SyncDevice", 1.0),
            ("ExecutorState::Process", 9.0),
            ("net/conv:_MklNativeConv2D", 3.0),
            ("net/head/MatMul:_MklNativeFusedMatMul", 1.0),
            ("net/norm/Add_2:AddV2", 0.5),
            ("net/relu:Relu", 0.25),
            ("net/conv/stack:Pack", 0.125),
        ]
    )
    assert found == {
        "pass_ms": 10.0,
        "convolutions_ms": 4.0,
        "elementwise_ms": 0.75,
        "copies_and_other_ms": 0.125,
    }


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="profiles TensorFlow")
def test_a_real_pass(operators, benchmark):
    timing = benchmark("timing")
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, activation="relu")])
    run = timing.compiled(timing.stateless(model, model.trainable_variables), xla=False)
    weights = [variable.value for variable in model.trainable_variables]
    images = keras.random.normal((256, 64))
    found = operators.by_kind(lambda: run(images, weights, None), runs=3)
    assert 0 < found["convolutions_ms"] < found["pass_ms"]
