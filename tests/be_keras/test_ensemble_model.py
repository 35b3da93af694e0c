"""EnsembleModel: shapes, bodies of every kind, options, errors; contract/ tests `fit`."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel, TileMembers, UntileMembers
from be_keras.layers import DenseBatchEnsemble, EinsumDenseBatchEnsemble

M = 3
X = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")


def dense(units=2, **options):
    return DenseBatchEnsemble(units, ensemble_size=M, **options)


@keras.saving.register_keras_serializable(package="test_ensemble_model")
class Body(keras.Model):
    """A body that is built by being called."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = dense(4, activation="relu")
        self.last = dense(2)

    def call(self, inputs, training=None):
        return self.last(self.first(inputs))


def functional():
    inputs = keras.Input((5,))
    return keras.Model(inputs, dense()(dense(4)(inputs)))


BODIES = {
    "functional": functional,
    "sequential": lambda: keras.Sequential([keras.Input((5,)), dense(4), dense()]),
    "sequential without input": lambda: keras.Sequential([dense(4), dense()]),
    "subclass": Body,
    "layer": dense,
    "layer without training": lambda: EinsumDenseBatchEnsemble("bd,de->be", 2, ensemble_size=M),
}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_bodies_of_every_kind(kind, tmp_path, recwarn):
    model = EnsembleModel(BODIES[kind](), M)
    expected = np.asarray(model(X))
    assert expected.shape == (4, M, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(X), expected, rtol=1e-6)
    assert [str(w.message) for w in recwarn if w.category is UserWarning] == []


def test_a_member_sees_rows_of_its_own():
    """Output (b, m) is that of the body's row b * M + m."""
    body = functional()
    rows = np.asarray(body(np.repeat(X, M, axis=0)))
    np.testing.assert_allclose(EnsembleModel(body, M)(X), rows.reshape(4, M, 2), rtol=1e-6)


def test_structures_of_inputs_and_outputs():
    a, b = keras.Input((5,), name="a"), keras.Input((2,), name="b")
    hidden = dense(4)(keras.layers.Concatenate()([a, b]))
    body = keras.Model({"a": a, "b": b}, {"one": dense(1)(hidden), "two": dense(2)(hidden)})
    outputs = EnsembleModel(body, M)({"a": X, "b": X[:, :2]})
    assert {name: tuple(t.shape) for name, t in outputs.items()} == {
        "one": (4, M, 1),
        "two": (4, M, 2),
    }


def test_one_member_is_a_network():
    body = keras.Sequential([keras.layers.Dense(2)])
    outputs = EnsembleModel(body, 1)(X)
    np.testing.assert_allclose(outputs[:, 0], body(X), rtol=1e-6)


def test_a_model_inside_a_functional_model():
    inputs = keras.Input((5,))
    outputs = keras.layers.GlobalAveragePooling1D()(EnsembleModel(functional(), M)(inputs))
    assert keras.Model(inputs, outputs)(X).shape == (4, 2)


def test_predict_and_evaluate_shapes():
    model = EnsembleModel(functional(), M, members="split")
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(True), metrics=["accuracy"])
    assert model.predict(X, batch_size=3, verbose=0).shape == (4, M, 2)
    results = model.evaluate(X, np.array([0, 1, 1, 0]), batch_size=3, verbose=0, return_dict=True)
    assert sorted(results) == ["accuracy", "loss"]
    assert model.metrics_names[0] == "loss"


@pytest.mark.parametrize("examples", [0, 1, M, 7])
def test_any_number_of_examples(examples):
    model = EnsembleModel(functional(), M, members="split")
    data = np.ones((examples, 5), "float32")
    assert model(data).shape == (examples, M, 2)
    assert model(data, training=True).shape == (examples, 1, 2)


def test_the_mean_prediction_of_each_kind_of_output():
    outputs = np.random.default_rng(1).normal(size=(4, M, 2)).astype("float32")
    exps = np.exp(outputs)
    softmax = np.mean(exps / exps.sum(-1, keepdims=True), axis=1)
    sigmoid = np.mean(1 / (1 + np.exp(-outputs[..., :1])), axis=1)
    logits = EnsembleModel(dense(), M, outputs="logits")
    np.testing.assert_allclose(logits.mean_prediction(outputs), softmax, rtol=1e-5)
    np.testing.assert_allclose(logits.mean_prediction(outputs[..., :1]), sigmoid, rtol=1e-5)
    both = 1 / (1 + np.exp(-outputs))
    binary = EnsembleModel(dense(), M, outputs="binary_logits")
    np.testing.assert_allclose(binary.mean_prediction(outputs), both.mean(1), rtol=1e-5)
    for kind in ("probabilities", "binary_probabilities", "values"):
        mean = EnsembleModel(dense(), M, outputs=kind).mean_prediction(outputs)
        np.testing.assert_allclose(mean, outputs.mean(1), rtol=1e-5, atol=1e-6)


def test_the_mean_of_half_precision_is_taken_in_single_precision():
    model = EnsembleModel(dense(dtype="mixed_bfloat16"), M, outputs="values")
    mean = model.mean_prediction(model(X))
    assert keras.backend.standardize_dtype(mean.dtype) == "float32"


def test_configs_round_trip():
    model = EnsembleModel(functional(), M, "split", "values", "sum", name="ours")
    again = EnsembleModel.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert (again.members, again.outputs_are, again.member_loss) == ("split", "values", "sum")


@pytest.mark.parametrize(
    ("option", "value"), [("members", "tiled"), ("outputs", "classes"), ("member_loss", "max")]
)
def test_unknown_options_are_refused(option, value):
    with pytest.raises(ValueError, match=f"`{option}` must be one of .*{option}='{value}'"):
        EnsembleModel(dense(), M, **{option: value})


def test_a_layer_of_another_size_is_named():
    inputs = keras.Input((5,))
    body = keras.Model(inputs, DenseBatchEnsemble(2, ensemble_size=4, name="odd")(dense()(inputs)))
    with pytest.raises(ValueError, match="'odd' .*ensemble_size=4, .* ensemble_size=3. Give every"):
        EnsembleModel(body, M)


def test_a_layer_of_another_size_made_late_is_named():
    class Late(keras.Model):
        def build(self, input_shape):
            self.inner = DenseBatchEnsemble(2, ensemble_size=4, name="odd")
            self.inner.build(input_shape)

        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises(ValueError, match="'odd' .*ensemble_size=4"):
        EnsembleModel(Late(), M).build((None, 5))


@pytest.mark.parametrize("layer", [TileMembers, UntileMembers])
def test_a_body_that_tiles_is_refused(layer):
    body = keras.Sequential([layer(M, name="again")])
    with pytest.raises(ValueError, match="'again' .* tiles its inputs and untiles its outputs"):
        EnsembleModel(body, M)


def test_an_ensemble_model_is_no_body():
    with pytest.raises(ValueError, match="tiled twice"):
        EnsembleModel(EnsembleModel(dense(), M), M)


def test_a_body_on_an_ensemble_of_another_size_fails_in_words():
    """A body from outside, whose layers carry no size of their own, gives rows that do not fit."""
    body = keras.Sequential([keras.layers.Lambda(lambda rows: rows[:-1])])
    with pytest.raises(ValueError, match="UntileMembers 'untile' expects rows .* 11 rows"):
        EnsembleModel(body, M)(X)


def tiling_body(skip=False):
    """Runs a plain layer on examples, and members from there."""
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(4, name="before")(inputs)
    rows = dense()(TileMembers(M)(hidden))
    return keras.Model(inputs, [rows, hidden] if skip else rows)


def test_a_body_may_tile_by_itself(tmp_path):
    body = tiling_body()
    model = EnsembleModel(body, M, tiles="body")
    rows = np.repeat(np.asarray(body.get_layer("before")(X)), M, axis=0)
    expected = np.asarray(body.layers[-1](rows)).reshape(4, M, 2)
    np.testing.assert_allclose(model(X), expected, rtol=1e-6, atol=1e-6)
    model.compile("sgd", "mse", jit_compile=False)
    assert np.isfinite(model.train_on_batch(X, np.zeros((4, 2))))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.tiles == "body"
    np.testing.assert_allclose(again(X), model(X), rtol=1e-6, atol=1e-6)


def test_a_body_that_tiles_by_itself_is_checked():
    with pytest.raises(ValueError, match='tiles="inputs" or members="shared"'):
        EnsembleModel(tiling_body(), M, tiles="body", members="split")
    for body in (functional(), tiling_body(skip=True), dense()):
        with pytest.raises(ValueError, match=r"TileMembers\(3\) on every path"):
            EnsembleModel(body, M, tiles="body")
    with pytest.raises(ValueError, match='tiled twice.*tiles="body"'):
        EnsembleModel(tiling_body(), M)
    with pytest.raises(ValueError, match="tiles='late'"):
        EnsembleModel(functional(), M, tiles="late")
