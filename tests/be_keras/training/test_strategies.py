"""Strategies: what each needs, and what it says where that is missing."""

import json
import os
import socket

import keras
import pytest

from be_keras.training import localhost_workers, strategy

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


def test_one_device_is_no_strategy():
    alone = strategy("one")
    if ON_TENSORFLOW:
        import tensorflow as tf

        assert alone is tf.distribute.get_strategy()
    else:
        assert alone is None


def test_workers_of_this_machine_have_free_ports_of_their_own():
    addresses = localhost_workers(3).split(",")
    assert len(set(addresses)) == 3
    for host, port in (address.split(":") for address in addresses):
        with socket.socket() as one:
            one.bind((host, int(port)))


if ON_TENSORFLOW:
    MISTAKES = [
        ({"kind": "many"}, "expected a strategy out of one, mirrored, .*; got 'many'"),
        ({"kind": "mirrored", "workers": "a:1"}, "workers belong to .* got strategy mirrored"),
        ({"kind": "one", "worker_index": 0}, "workers belong to .* got strategy one"),
        ({"kind": "mirrored", "tpu": "local"}, "a TPU's name belongs to the strategy tpu"),
        ({"kind": "tpu"}, "needs a TPU's name"),
        ({"kind": "multi-worker"}, "needs the addresses .* got TF_CONFIG=''"),
        ({"kind": "multi-worker", "worker_index": 0}, "index needs the addresses"),
        ({"kind": "multi-worker", "workers": "a:1,b:2"}, "index of this worker, 0 to 1; got None"),
        (
            {"kind": "multi-worker", "workers": ["a:1", "b:2"], "worker_index": 2},
            "index of this worker, 0 to 1; got 2",
        ),
        (
            {"kind": "multi-worker", "workers": "a:1,b", "worker_index": 0},
            "expected workers as host:port,host:port, each its own; got a:1,b",
        ),
        (
            {"kind": "multi-worker", "workers": "a:1,a:1", "worker_index": 0},
            "each its own; got a:1,a:1",
        ),
    ]
else:
    MISTAKES = [({"kind": "mirrored"}, "needs KERAS_BACKEND=tensorflow; got jax. .*DataParallel")]


@pytest.mark.parametrize(("options", "message"), MISTAKES)
def test_mistakes(options, message, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match=message):
        strategy(**options)
    assert "TF_CONFIG" not in os.environ


@pytest.mark.parametrize("config", ["{", "[]", '{"cluster": {"worker": ["a:1"]}}', '{"task": {}}'])
@pytest.mark.skipif(not ON_TENSORFLOW, reason="the variable is TensorFlow's")
def test_an_environment_that_does_not_say_it(config, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match="TF_CONFIG with a `cluster` and a `task`"):
        strategy("multi-worker")


@pytest.mark.skipif(not ON_TENSORFLOW, reason="other backends have no strategies")
def test_workers_come_before_anything_else(monkeypatch):
    import tensorflow as tf

    monkeypatch.setenv("TF_CONFIG", "")
    keras.ops.zeros(1)
    with pytest.raises(RuntimeError, match="Make the strategy first"):
        strategy("multi-worker", "localhost:1,localhost:2", 1)
    assert json.loads(os.environ["TF_CONFIG"])["task"] == {"type": "worker", "index": 1}
    assert not tf.distribute.has_strategy()
