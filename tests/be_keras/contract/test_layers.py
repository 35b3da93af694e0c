"""What every public layer keeps, whatever it does: the contract of a layer."""

import keras
import numpy as np
import pytest
from keras import ops

import be_keras
from be_keras import EnsembleModel
from be_keras.backend import compiled
from be_keras.roles import ROLES, weights_by_role


def functional(contract, **options):
    """The layer alone in a functional model."""
    inputs = keras.Input(contract.shape, dtype=contract.dtype)
    return keras.Model(inputs, contract.call(contract.make(**options), inputs))


def built(contract, **options):
    layer = contract.make(**options)
    contract.call(layer, contract.rows())
    return layer


def numpy(tensor):
    return np.asarray(ops.cast(tensor, "float32"))


def test_the_table_names_public_layers_alone(contracts):
    assert set(contracts) == set(be_keras.layers.__all__)


def test_symbolic_outputs_equal_eager_ones(contract):
    layer, rows = contract.make(), contract.rows()
    symbolic = contract.call(layer, keras.Input(rows.shape[1:], len(rows), dtype=contract.dtype))
    eager = contract.call(layer, rows)
    assert symbolic.shape == tuple(eager.shape)
    assert symbolic.dtype == keras.backend.standardize_dtype(eager.dtype)
    free = contract.call(layer, keras.Input(rows.shape[1:], dtype=contract.dtype))
    assert free.shape == (None, *eager.shape[1:])
    assert np.all(np.isfinite(np.asarray(eager)))


def test_weights_are_documented_floats_with_one_role(contract, ensemble_size):
    layer = built(contract)
    groups = weights_by_role(layer)
    assert sum(len(groups[role]) for role in ROLES) == len(layer.weights) > 0
    assert all(weight.dtype == "float32" for weight in layer.weights)
    if contract.of_members:
        for role in ("fast", "bias", "norm"):
            assert all(weight.shape[0] == ensemble_size for weight in groups[role])
        assert groups["fast"] or groups["norm"]


def test_one_step_of_fit_under_xla(contract, ensemble_size):
    size = ensemble_size if contract.of_members else 1
    model = EnsembleModel(functional(contract), size, outputs="values")
    rows = contract.rows(2)
    labels = np.random.default_rng(1).normal(size=(2, *model(rows).shape[2:]))
    before = model.get_weights()
    # PyTorch's compiler is another one, which Keras leaves out by default as well.
    model.compile("sgd", "mse", jit_compile=keras.backend.backend() != "torch")
    history = model.fit(rows, labels, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    for weight, old in zip(model.weights, before, strict=True):
        # The bias of keys shifts all scores alike: its gradient is zero.
        assert np.any(weight != old) or "key" in weight.path


def test_configs_round_trip(contract):
    layer = contract.make(name="ours")
    config = layer.get_config()
    again = contract.kind.from_config(config)
    assert again.get_config() == config
    serial = keras.saving.serialize_keras_object(layer)
    assert serial["registered_name"] == f"be_keras>{contract.kind.__name__}"
    assert keras.saving.deserialize_keras_object(serial).get_config() == config
    for each in (layer, again):
        contract.call(each, contract.rows())
    assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]


def test_files_round_trip(contract, tmp_path):
    model = functional(contract)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(contract.rows()), model(contract.rows()), rtol=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_policies(contract, policy):
    exact = built(contract)
    layer = built(contract, dtype=policy)
    layer.set_weights(exact.get_weights())
    outputs = contract.call(layer, contract.rows())
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    compute = "float32" if policy == "float32" else "bfloat16"
    assert keras.backend.standardize_dtype(outputs.dtype) == compute
    tolerance = 1e-6 if policy == "float32" else 0.06
    expected = numpy(contract.call(exact, contract.rows()))
    np.testing.assert_allclose(numpy(outputs), expected, rtol=tolerance, atol=tolerance)
    assert layer.get_config()["dtype"]["config"]["name"] == policy


def test_integers_count_as_the_same_numbers_as_floats(contract):
    layer, draw = built(contract), np.random.default_rng(2)
    layer.set_weights([draw.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    rows = draw.integers(0, 2, size=contract.rows().shape)
    expected = contract.call(layer, ops.convert_to_tensor(rows.astype(contract.dtype)))
    for dtype in ("int32", "int64", "uint8", "bool"):
        outputs = contract.call(layer, ops.convert_to_tensor(rows.astype(dtype)))
        assert outputs.dtype == expected.dtype
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)


def test_no_features_are_refused(member_contract):
    if not member_contract.tokens:
        rows = member_contract.rows()[..., :0]
        with pytest.raises(ValueError, match="at least one feature.*shape"):
            member_contract.call(member_contract.make(), rows)


def test_no_rows(contract):
    layer = built(contract)
    expected = contract.call(layer, contract.rows()).shape[1:]
    assert tuple(contract.call(layer, contract.rows(0)).shape) == (0, *expected)


def test_xla_equals_eager(contract):
    model = functional(contract)
    function = compiled(model, lambda rows: model(rows, training=False), jit_compile=True)
    rows = ops.convert_to_tensor(contract.rows())
    np.testing.assert_allclose(function(rows), model(rows), rtol=1e-5, atol=1e-5)


def test_rows_that_do_not_fit_are_refused(member_contract, ensemble_size):
    layer = built(member_contract)
    for count in (1, 2 * ensemble_size + 1):
        with pytest.raises(ValueError, match=f"multiple of {ensemble_size}.*{count} rows"):
            member_contract.call(layer, member_contract.rows(count))


@pytest.mark.parametrize("wrong", [0, -2, 1.5, "3", True])
def test_ensemble_sizes_that_are_none_are_refused(member_contract, wrong):
    with pytest.raises(ValueError, match=f"`ensemble_size` must be a positive.*{wrong!r}"):
        member_contract.make(ensemble_size=wrong)


def test_an_ensemble_of_another_size_is_refused(member_contract, ensemble_size):
    with pytest.raises(ValueError, match=f"ensemble_size={ensemble_size}, .*ensemble_size=5"):
        EnsembleModel(member_contract.make(), 5)


def test_the_ensemble_size_goes_by_keyword_and_is_required(member_contract):
    with pytest.raises(TypeError, match="ensemble_size"):
        member_contract.kind(*member_contract.arguments)
