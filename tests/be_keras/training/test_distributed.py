"""The distributed engine: one device, two virtual ones and two processes train the same.

Each case on each topology is a process of its own (two of them for two workers), since strategies,
and random states, disturb each other in one. `distributed_cases.py` holds the cases, and
`distributed_server.py` runs them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import be_keras
from be_keras.training import localhost_workers

HERE = Path(__file__).resolve().parent
ELSEWHERE = [(n, x) for n in ("one", "two", "workers") for x in ("graph", "xla")][1:]
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="its processes run TensorFlow, whichever backend this one has",
)


def _run(server, folder, topology, xla, case):
    """Run a case in one process or two; gives what each wrote."""
    topologies = [topology]
    if topology == "workers":
        addresses = localhost_workers(2)
        topologies = [f"{index}={addresses}" for index in range(2)]
    files = [f"{folder}/{topology}-{xla}-{case}-{index}.npz" for index, _ in enumerate(topologies)]
    processes = [(file, one, xla, case) for file, one in zip(files, topologies, strict=True)]
    print(json.dumps(processes), file=server.stdin, flush=True)
    answer = server.stdout.readline()
    assert answer, "distributed_server.py ended; what it said is among the captured output"
    if any(code != 0 for code in json.loads(answer)):
        logs = [f"{file}:\n{Path(file + '.log').read_text()}" for file in files]
        pytest.fail("\n".join([f"{case} ended with {answer}", *logs]))
    return [dict(np.load(file)) for file in files]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A function: the arrays of a case, of each process that ran it, by name."""
    folder, kept = tmp_path_factory.mktemp("distributed"), {}
    with subprocess.Popen(
        [sys.executable, HERE / "distributed_server.py"],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:

        def of(*case):
            if case not in kept:
                kept[case] = _run(server, folder, *case)
            return kept[case]

        yield of


@pytest.fixture
def compare(results):
    """A function: a case is the same on one device and elsewhere; gives the arrays elsewhere."""

    def check(case, topology, xla="graph", as_case=None, only=None, tolerance=1e-5):
        (expected,) = results("one", "graph", as_case or case)
        everywhere = results(topology, xla, case)
        for found in everywhere:
            names = (set(expected) & set(found) & set(only or found)) - {"programs"}
            assert names
            for name in names:
                np.testing.assert_allclose(
                    found[name], expected[name], rtol=0, atol=tolerance, err_msg=name
                )
        return everywhere[0]

    return check


@pytest.mark.parametrize(("topology", "xla"), ELSEWHERE)
def test_losses_and_weights_agree_for_fifty_steps(compare, topology, xla):
    """SGD, clipped, on halves of a batch with twice and once the tokens; evaluation too."""
    found = compare("sgd", topology, xla)
    assert found["losses"].shape == (50, 2)
    assert np.ptp(found["losses"][:, 1]) > 0.1


@pytest.mark.parametrize(("topology", "xla"), ELSEWHERE)
def test_attention_by_adam_has_the_same_losses(compare, topology, xla):
    found = compare("adam", topology, xla, only=["losses"])
    assert found["losses"].shape == (50, 1)


def test_the_way_of_a_tpu_trains_the_same(compare):
    """As far as it goes without one: CPUs stand for its cores, in a step of fixed shapes."""
    compare("sgd", "tpu", "xla")
    compare("adam", "tpu", "xla", only=["losses"])


@pytest.mark.parametrize(("topology", "xla"), [key for key in ELSEWHERE if key[0] != "one"])
def test_xla_compiles_the_pass_of_every_process(results, topology, xla):
    for found in results(topology, xla, "sgd"):
        assert (found["programs"] > 0) == (xla == "xla")


@pytest.mark.parametrize("case", ["split", "odd", "ignored", "several", "average", "penalty"])
def test_two_replicas_are_as_one_device(compare, case):
    compare(case, "two")


def test_every_step_of_an_execution_counts(results):
    (found,) = results("two", "graph", "several")
    assert found["iterations"] == 7 and len(found["losses"]) == 3


@pytest.mark.parametrize("key", [("one", "graph"), ("two", "graph"), ("two", "xla")])
def test_micro_batches_are_as_the_full_batch(compare, key):
    compare("microbatches", *key, as_case="full")


def test_half_precision_keeps_weights_and_sums_whole(compare):
    found = compare("bfloat16", "two", only=["losses"], tolerance=0.02)
    assert found["dtypes"].tolist() == ["float32"]


@pytest.mark.parametrize("topology", ["two", "workers"])
def test_synchronised_moments_are_those_of_the_global_batch(compare, topology):
    found = compare("synchronized", topology)
    assert found["apart"] == 0


@pytest.mark.parametrize("xla", ["graph", "xla"])
def test_ghost_batches_are_the_same_on_any_number_of_replicas(compare, xla):
    found = compare("ghosts", "two", xla)
    assert found["apart"] == 0


def test_otherwise_moments_are_the_replicas_own_and_moving_ones_their_mean(results):
    (found,) = results("two", "graph", "own")
    halves = found["x"].reshape(2, 4, -1)
    for name, start, moment in (("moving_mean", 0, np.mean), ("moving_variance", 1, np.var)):
        expected = 0.5 * start + 0.5 * moment(halves, axis=1).mean(axis=0)
        np.testing.assert_allclose(found[name], [expected, expected], atol=1e-6)
    assert found["apart"] == 0
    whole = 0.5 + 0.5 * np.var(found["x"], axis=0)
    assert np.abs(found["moving_variance"] - whole).max() > 1e-3


@pytest.mark.parametrize("xla", ["graph", "xla"])
def test_dropout_masks_differ_between_replicas(results, xla):
    """A feature's weight is minus the number of the two replicas that kept it."""
    (found,) = results("two", xla, "dropout")
    values, counts = np.unique(found["steps"][1], return_counts=True)
    np.testing.assert_array_equal(values, [-2, -1, 0])
    assert 90 < counts[1] < 166  # 128 of 256 are to be expected, 0 with the same mask


@pytest.mark.parametrize("xla", ["graph", "xla"])
def test_random_states_are_one_and_resume_exactly(results, xla):
    (one,), (two,) = results("one", "graph", "dropout"), results("two", xla, "dropout")
    np.testing.assert_array_equal(two["seeds"], [one["seeds"][0]] * 2)
    np.testing.assert_array_equal(two["steps"][1], two["steps"][2])


@pytest.mark.parametrize("topology", ["two", "workers"])
def test_callbacks_work_and_saved_models_go_on(compare, results, topology):
    compare("callbacks", topology)
    for found in results(topology, "graph", "callbacks"):
        assert found["epochs"] == 2 and found["microbatches"] == 2
        np.testing.assert_allclose(found["evaluated"], found["validated"], atol=1e-6)
        in_history, on_board = found["losses"]
        np.testing.assert_allclose(on_board, in_history, rtol=1e-6)


def test_the_chief_spreads_its_values(results):
    for found in results("workers", "graph", "chief"):
        np.testing.assert_array_equal(found["variable"], [1, 2, 3])
        assert found["count"] == 7


def test_workers_that_do_not_agree_are_told_so(results):
    for found in results("workers", "graph", "agreed"):
        alike, otherwise, again = found["heard"]
        assert alike == again == ""
        assert "different settings or data: seed, sha256 differ; start all with" in otherwise


def model_of(optimizer, **compiled):
    """A compiled model of one layer."""
    body = be_keras.DenseBatchEnsemble(1, ensemble_size=2)
    model = be_keras.EnsembleModel(body, 2, outputs="values")
    model.compile(optimizer, "mse", **compiled)
    return model


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (lambda: keras.optimizers.SGD(gradient_accumulation_steps=2), "`microbatches` to"),
        (lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), "mixed_bfloat16"),
    ],
)
def test_optimisers_that_cannot_be_distributed(optimizer, message):
    model = model_of(optimizer(), microbatches=2)
    with pytest.raises(ValueError, match=message):
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)


@pytest.mark.parametrize("microbatches", [0, 1.5, True])
def test_numbers_of_micro_batches(microbatches):
    with pytest.raises(ValueError, match="`microbatches` must be a positive integer"):
        model_of("sgd", microbatches=microbatches)


def test_what_was_made_outside_the_scope_is_refused():
    import tensorflow as tf

    optimizer = keras.optimizers.SGD()
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        model = model_of(optimizer)
    with pytest.raises(ValueError, match="'sgd.*' was created outside .* `with strategy.scope"):
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}, {"jit_compile": True}])
@pytest.mark.parametrize("door", ["fit", "train_on_batch"])
def test_other_doors_lead_to_the_same_step(options, door):
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    weights = []
    for settings in ({}, {"microbatches": 3, **options}):
        keras.utils.set_random_seed(1)
        model = model_of("adam", **settings)
        if door == "fit":
            model.fit(x, x[:, :1], batch_size=6, epochs=2, verbose=0)
        else:
            logs = [model.train_on_batch(x, x[:, :1], return_dict=True) for _ in range(2)]
            assert logs[1]["loss"] < logs[0]["loss"]
        weights.append(model.get_weights())
    for found, expected in zip(*weights, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_number_of_micro_batches_may_change_later():
    model = model_of("sgd", microbatches=2)
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    model.microbatches = 4
    assert model.train_function is None
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    assert model.get_compile_config()["microbatches"] == 4


def test_the_compiled_state_of_a_file_of_before_the_renaming_is_read():
    config = model_of("sgd").get_compile_config()
    assert config.pop("microbatches") == 1
    model = model_of("adam")
    model.compile_from_config({**config, "accumulate": 2})
    assert model.microbatches == 2 and isinstance(model.optimizer, keras.optimizers.SGD)


def test_without_a_strategy_keras_trains():
    model = model_of("sgd")
    assert model.strategy is None and model.microbatches == 1
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    assert "be_keras" not in model.train_function.__module__
