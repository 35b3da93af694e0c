"""BatchNormalizationBatchEnsemble against plain batch normalisations."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras import EnsembleModel
from be_keras.layers import BatchNormalizationBatchEnsemble
from be_keras.roles import role_of

M = 3


def rows_of(*shape):
    return np.random.default_rng(0).normal(2.0, 3.0, size=shape).astype("float32")


def masked(layer, rows):
    """A call in training that hides the same two of five steps of example 1 from all members."""
    examples = rows.shape[0] // getattr(layer, "ensemble_size", 1)
    mask = np.ones((examples, 5), "bool")
    mask[1:, 3:] = False
    return layer(rows, training=True, mask=np.repeat(mask, rows.shape[0] // examples, axis=0))


def train(layer, rows):
    return layer(rows, training=True)


def follow(layer, rows):
    """A call of an inference that comes after one step of training."""
    layer(rows, training=True)
    return layer(rows, training=False)


@pytest.fixture(scope="module")
def compare(check_members, own):
    """Asserts that M members equal M plain layers: values, gradients, moving statistics."""

    def compare(shape, call=train, size=M, **options):
        layer = BatchNormalizationBatchEnsemble(
            beta_initializer="normal", gamma_initializer="normal", ensemble_size=size, **options
        )
        plain = [keras.layers.BatchNormalization(**options) for _ in range(size)]
        for each in (layer, *plain):
            each.build(shape)
        weights = [own(layer.gamma, lambda p: p.gamma)] if layer.scale else []
        weights += [own(layer.beta, lambda p: p.beta)] if layer.center else []
        data = rows_of(*shape)
        check_members(layer, plain, [], weights, data, call)
        call(layer, data)
        for member, each in enumerate(plain):
            call(each, data[member::size])
            for name in ("moving_mean", "moving_variance"):
                mine, theirs = getattr(layer, name)[member], getattr(each, name)
                np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)

    return compare


@pytest.mark.parametrize(
    ("shape", "options", "call"),
    [
        ((12, 4), {"momentum": 0.9}, train),
        ((6, 5, 4), {"center": False, "epsilon": 0.1}, masked),
        ((6, 2, 3, 4), {"scale": False}, train),
        ((6, 4, 2, 3), {"axis": 1}, train),
        ((6, 5, 4), {"center": False, "scale": False}, follow),
    ],
)
def test_members_equal_plain_layers(compare, shape, options, call):
    compare(shape, call, **options)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(st.integers(1, 4), st.integers(1, 3), st.lists(st.integers(1, 4), max_size=2))
def test_random_shapes(compare, examples, size, axes):
    compare((examples * size, *axes, 3), size=size)


@pytest.mark.parametrize("call", [train, masked, follow])
def test_shared_statistics_are_those_of_one_plain_layer(gradients, call):
    layer = BatchNormalizationBatchEnsemble(
        momentum=0.5,
        beta_initializer="normal",
        gamma_initializer="normal",
        statistics="shared",
        ensemble_size=M,
    )
    plain = keras.layers.BatchNormalization(momentum=0.5, center=False, scale=False)
    data = rows_of(6, 5, 4)
    for each in (layer, plain):
        each.build(data.shape)
    assert tuple(layer.moving_mean.shape) == (1, 4)

    def affine(rows):
        mask = np.repeat([[True] * 5, [True] * 3 + [False] * 2], M, axis=0)
        normalised = plain(rows, training=True, mask=mask) if call is masked else call(plain, rows)
        members = ops.reshape(normalised, (2, M, 5, 4))
        members = members * layer.gamma[:, None] + layer.beta[:, None]
        return ops.reshape(members, (6, 5, 4))

    trained = [layer.gamma, layer.beta]
    outputs, found = gradients(lambda rows: call(layer, rows), trained, [data])
    expected, wanted = gradients(affine, trained, [data])
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=2e-4)


def test_members_are_normalised_by_themselves():
    data = rows_of(60, 2) + np.arange(60).reshape(60, 1) % M * 100
    own_rows = BatchNormalizationBatchEnsemble(epsilon=0.0, ensemble_size=M)(data, training=True)
    all_rows = BatchNormalizationBatchEnsemble(statistics="shared", ensemble_size=M)(
        data, training=True
    )
    np.testing.assert_allclose([np.mean(own_rows[m::M]) for m in range(M)], [0] * M, atol=1e-4)
    np.testing.assert_allclose(np.std(np.asarray(own_rows), axis=0), 1.0, rtol=1e-3)
    assert np.mean(all_rows[0::M]) < -1.0 < 1.0 < np.mean(all_rows[2::M])


@pytest.mark.parametrize("members", ["shared", "split"])
def test_fit_moves_the_statistics_to_those_of_the_data(members):
    body = BatchNormalizationBatchEnsemble(momentum=0.5, ensemble_size=M)
    model = EnsembleModel(body, M, members=members, outputs="values")
    data = rows_of(60, 4)
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(data, data, batch_size=60, epochs=12, shuffle=False, verbose=0)
    seen = [data if members == "shared" else data[m::M] for m in range(M)]
    for name, expected in (("moving_mean", np.mean), ("moving_variance", np.var)):
        wanted = [expected(rows, axis=0) for rows in seen]
        np.testing.assert_allclose(getattr(body, name), wanted, rtol=2e-3, atol=2e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 7), st.integers(1, 4), st.sampled_from(["members", "shared"]))
def test_ghost_batches_are_batches_of_their_own(examples, size, statistics):
    rows = rows_of(examples * M, 4, 5)
    layer = BatchNormalizationBatchEnsemble(
        beta_initializer="normal",
        gamma_initializer="normal",
        momentum=0.0,
        statistics=statistics,
        ghost_size=size,
        ensemble_size=M,
    )
    found = np.asarray(layer(rows, training=True))
    whole = BatchNormalizationBatchEnsemble(momentum=0.0, statistics=statistics, ensemble_size=M)
    whole.build(rows.shape)
    whole.gamma.assign(layer.gamma)
    whole.beta.assign(layer.beta)
    moments = []
    for start in range(0, examples * M, size * M):
        group = rows[start : start + size * M]
        expected = np.asarray(whole(group, training=True))
        np.testing.assert_allclose(found[start : start + size * M], expected, atol=2e-5)
        moments.append((len(group), np.array(whole.moving_mean), np.array(whole.moving_variance)))
    counts = [count for count, _, _ in moments]
    for place, statistic in enumerate((layer.moving_mean, layer.moving_variance), start=1):
        mean = np.average([moment[place] for moment in moments], axis=0, weights=counts)
        np.testing.assert_allclose(statistic, mean, rtol=1e-4, atol=1e-4)


def test_gradients_stay_within_ghost_batches(gradients):
    data = rows_of(5 * M, 4, 3)
    options = {"gamma_initializer": "normal", "ensemble_size": M}
    layer = BatchNormalizationBatchEnsemble(ghost_size=2, **options)
    whole = BatchNormalizationBatchEnsemble(**options)
    for each in (layer, whole):
        each.build(data.shape)
    whole.gamma.assign(layer.gamma)

    def by_group(rows):
        groups = (rows[start : start + 2 * M] for start in range(0, 5 * M, 2 * M))
        return ops.concatenate([whole(group, training=True) for group in groups])

    outputs, found = gradients(lambda rows: layer(rows, training=True), [layer.gamma], [data])
    expected, wanted = gradients(by_group, [whole.gamma], [data])
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-4)


def test_ghost_batches_heed_masks_and_compile():
    rows = rows_of(4 * M, 5, 2)
    mask = np.ones((4 * M, 5), "bool")
    mask[: 2 * M, 3:] = False
    layer = BatchNormalizationBatchEnsemble(ghost_size=2, ensemble_size=M)
    found = np.asarray(layer(rows, training=True, mask=mask))
    plain = BatchNormalizationBatchEnsemble(ensemble_size=M)
    expected = np.asarray(plain(rows[: 2 * M, :3], training=True))
    np.testing.assert_allclose(found[: 2 * M, :3], expected, atol=2e-5)
    body = keras.Sequential([keras.Input((2,)), layer.from_config(layer.get_config())])
    model = EnsembleModel(body, M)
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(np.ones((7, 2)), np.ones((7, 2)), batch_size=4, verbose=0)  # a last batch of 3


def test_a_frozen_layer_keeps_its_statistics():
    layer = BatchNormalizationBatchEnsemble(ensemble_size=M)
    data = rows_of(6, 4)
    expected = layer(data)
    layer.trainable = False
    np.testing.assert_array_equal(layer(data, training=True), expected)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros((M, 4)))


def test_a_member_without_a_step_to_see_counts_as_nothing():
    layer = BatchNormalizationBatchEnsemble(ensemble_size=1)
    rows = layer(rows_of(2, 3, 4), training=True, mask=np.zeros((2, 3), "bool"))
    assert np.all(np.isfinite(rows)) and np.all(np.isfinite(layer.moving_variance))


def test_the_weights_are_norms_of_each_member():
    layer = BatchNormalizationBatchEnsemble(ensemble_size=M)
    layer.build((None, 2, 5))
    assert [tuple(weight.shape) for weight in layer.weights] == [(M, 5)] * 4
    assert {role_of(weight) for weight in layer.weights} == {"norm"}
    assert [w.name for w in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]


@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
def test_statistics_of_pure_half_policies_follow_in_single_precision(policy):
    """In half precision a moving mean would stand still once it is near its goal."""
    layer, rows = BatchNormalizationBatchEnsemble(ensemble_size=M, dtype=policy), rows_of(4 * M, 5)
    outputs = layer(rows, training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == layer.gamma.dtype == policy
    half = np.asarray(ops.cast(ops.cast(rows, policy), "float32"))
    expected = 0.01 * half.reshape(4, M, 5).mean(0)
    np.testing.assert_allclose(layer.moving_mean, expected, rtol=1e-5)


def test_half_precision_takes_moments_in_single_precision():
    data = (300.0 + np.arange(8.0)).reshape(8, 1).astype("float32")
    layer = BatchNormalizationBatchEnsemble(momentum=0.0, ensemble_size=1, dtype="mixed_float16")
    rows = ops.cast(layer(data, training=True), "float32")
    exact = BatchNormalizationBatchEnsemble(ensemble_size=1)(data, training=True)
    np.testing.assert_allclose(rows, exact, atol=2e-3)
    np.testing.assert_allclose(layer.moving_mean, [[303.5]])
    np.testing.assert_allclose(layer.moving_variance, [[5.25]])


def test_masks_pass():
    rows = keras.layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 0]] * 2))
    mask = BatchNormalizationBatchEnsemble(ensemble_size=2)(rows)._keras_mask
    np.testing.assert_array_equal(mask, [[True, False]] * 2)


REPLICAS = """
import json, sys
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from be_keras.layers import BatchNormalizationBatchEnsemble

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
rows = np.arange(24.0, dtype="float32").reshape(12, 2) ** 2
with strategy.scope():
    layers = {
        "synchronized": BatchNormalizationBatchEnsemble(synchronized=True, ensemble_size=2),
        "ghosts": BatchNormalizationBatchEnsemble(ghost_size=2, ensemble_size=2),
    }
    for layer in layers.values():
        layer.build((None, 2))
# The first replica has four rows and the second eight.
parts = strategy.experimental_distribute_values_from_function(
    lambda context: tf.constant(rows[[slice(0, 4), slice(4, 12)][context.replica_id_in_sync_group]])
)
result = {"rows": rows.tolist()}
for name, layer in layers.items():
    run = tf.function(lambda part: strategy.run(lambda r: layer(r, training=True), (part,)))
    outputs = strategy.experimental_local_results(run(parts))
    result[name] = tf.concat(outputs, 0).numpy().tolist()
print(json.dumps(result))
"""


def test_replicas_share_moments_or_keep_to_ghost_batches(run_python):
    result = json.loads(run_python(REPLICAS, "tensorflow").splitlines()[-1])
    rows = np.array(result["rows"])

    def normalised(rows):
        members = (rows[member::2] for member in range(2))
        parts = [(mine - mine.mean(0)) / np.sqrt(mine.var(0) + 1e-3) for mine in members]
        return np.stack(parts, axis=1).reshape(rows.shape)

    np.testing.assert_allclose(result["synchronized"], normalised(rows), rtol=1e-3, atol=1e-4)
    ghosts = np.concatenate([normalised(rows[start : start + 4]) for start in (0, 4, 8)])
    np.testing.assert_allclose(result["ghosts"], ghosts, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"renorm": True}, "does not support `renorm`.*True"),
        ({"renorm_clipping": {"rmax": 3.0}}, "does not support `renorm`.*rmax"),
        ({"ghost_size": 0}, "`ghost_size` must be None or a positive integer.*0"),
        ({"ghost_size": 4, "synchronized": True}, "choose one.*ghost_size=4"),
        ({"statistics": "own"}, "`statistics` must be .*'own'"),
    ],
)
def test_options_that_are_missing_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalizationBatchEnsemble(ensemble_size=2, **options)


@pytest.mark.parametrize(("axis", "shape"), [(0, (None, 3)), (-1, (None, None)), (5, (None, 3))])
def test_the_axis_must_be_known_and_not_the_batch(axis, shape):
    with pytest.raises(ValueError, match=f"`axis` must name an axis .*axis={axis}"):
        BatchNormalizationBatchEnsemble(axis, ensemble_size=2).build(shape)


def test_a_mask_of_another_rank_is_refused():
    layer = BatchNormalizationBatchEnsemble(ensemble_size=2)
    with pytest.raises(ValueError, match=r"mask of shape \(4,\) for rows of shape \(4, 3, 2\)"):
        layer(rows_of(4, 3, 2), training=True, mask=np.ones(4, "bool"))
