"""What outputs are: told by their loss, by name or by the last layer; metrics follow it."""

import functools

import keras
import numpy as np
import pytest
from keras import losses

from be_keras import EnsembleModel
from be_keras.convert import to_batch_ensemble
from be_keras.layers import DenseBatchEnsemble
from be_keras.outputs import ends_in_probabilities, kind_of_loss

M = 3
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(40, 5)).astype("float32")
# Every kind of labels: numbers, yes or no of three questions, one of three classes.
LABELS = {
    "size": DRAW.normal(size=(40, 1)).astype("float32"),
    "tags": DRAW.integers(0, 2, size=(40, 3)).astype("float32"),
    "kind": DRAW.integers(0, 3, size=40),
}


def softmax(logits):
    exps = np.exp(logits - logits.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def of_each_head(outputs, activations):
    """The metrics of the mean predictions `(B, C)`, written out."""
    size, tags, kind = (
        activation(np.asarray(output)).mean(1)
        for output, activation in zip(outputs, activations, strict=True)
    )
    return {
        "size_mae": np.mean(np.abs(size - LABELS["size"])),
        "tags_accuracy": np.mean((tags > 0.5) == LABELS["tags"]),
        "kind_accuracy": np.mean(kind.argmax(-1) == LABELS["kind"]),
    }


METRICS = {
    "size": [keras.metrics.MeanAbsoluteError(name="mae")],
    "tags": [keras.metrics.BinaryAccuracy(name="accuracy")],
    "kind": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
}
LOGITS = {
    "size": "mse",
    "tags": losses.BinaryCrossentropy(from_logits=True),
    "kind": losses.SparseCategoricalCrossentropy(from_logits=True),
}
PROBABILITIES = {
    "size": "huber",
    "tags": "binary_crossentropy",
    "kind": losses.SparseCategoricalCrossentropy(),
}


def three_heads(structure, activations=(None, None, None)):
    """Outputs as a list or as a dict whose keys are sorted in another order."""
    inputs, units = keras.Input((5,)), {"size": 1, "tags": 3, "kind": 3}
    outputs = {
        name: DenseBatchEnsemble(
            width, activation, kernel_initializer="normal", ensemble_size=M, name=name
        )(3.0 * inputs)
        for (name, width), activation in zip(units.items(), activations, strict=True)
    }
    outputs = outputs if structure is dict else list(outputs.values())
    return keras.Model(inputs, outputs)


def metrics_of(model, y):
    results = model.compute_metrics(X, y, model(X))
    return {name: float(value) for name, value in results.items() if name != "loss"}


@pytest.mark.parametrize("structure", [dict, list])
@pytest.mark.parametrize("members", ["shared", "split"])
@pytest.mark.parametrize("probable", [False, True])
def test_metrics_of_mixed_heads_are_those_of_the_mean_prediction(structure, members, probable):
    heads = (None, "sigmoid", "softmax") if probable else (None, None, None)
    model = EnsembleModel(three_heads(structure, heads), M, members)
    model.compile("sgd", PROBABILITIES if probable else LOGITS, metrics=METRICS)
    outputs = model(X)
    outputs = [outputs[name] for name in LABELS] if structure is dict else outputs
    same = [np.asarray] * 3
    expected = of_each_head(outputs, same if probable else [np.asarray, sigmoid, softmax])
    assert metrics_of(model, LABELS) == pytest.approx(expected, rel=1e-5)


def test_each_output_may_be_named():
    """A loss of one's own says nothing; of what has no metric nobody asks."""
    kinds = {"size": "values", "tags": "binary_logits"}
    model = EnsembleModel(three_heads(list), M, outputs=kinds)
    own = {name: lambda y_true, y_pred: keras.ops.mean(y_pred, axis=-1) for name in LABELS}
    model.compile("sgd", own, metrics={name: METRICS[name] for name in kinds})
    expected = of_each_head(model(X), [np.asarray, sigmoid, softmax])
    del expected["kind_accuracy"]
    assert metrics_of(model, LABELS) == pytest.approx(expected, rel=1e-5)
    again = EnsembleModel.from_config(model.get_config())
    assert again.outputs_are == kinds


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", "values"),
        ("kl_divergence", "values"),
        (losses.Poisson(), "values"),
        (losses.mean_absolute_error, "values"),
        ("sparse_categorical_crossentropy", "probabilities"),
        (losses.CategoricalFocalCrossentropy(from_logits=True), "logits"),
        (functools.partial(losses.categorical_crossentropy, from_logits=True), "logits"),
        (functools.partial(losses.binary_crossentropy, from_logits=True), "binary_logits"),
        (losses.BinaryFocalCrossentropy(), "binary_probabilities"),
        (["mse", "mae"], "values"),
        (["mse", losses.BinaryCrossentropy()], None),
        (losses.CTC(), None),
        (lambda y_true, y_pred: 0.0, None),
        (None, None),
    ],
)
def test_kinds_of_losses(loss, expected):
    assert kind_of_loss(loss) == expected


def test_where_a_graph_is_seen_to_end():
    inputs = keras.Input((6,))
    probable = keras.layers.Dense(6, "softmax")(inputs)
    nested = keras.Model(inputs, keras.layers.Reshape((2, 3))(probable))
    assert ends_in_probabilities(probable) and ends_in_probabilities(nested(inputs))
    assert ends_in_probabilities(keras.layers.Average()([probable, keras.ops.softmax(inputs)]))
    for other in (inputs, keras.ops.log(probable), keras.layers.Average()([probable, inputs])):
        assert not ends_in_probabilities(other)


@pytest.mark.parametrize(
    ("options", "activation", "loss", "metric", "message"),
    [
        ({}, None, lambda y_true, y_pred: 0.0, "mae", "Nothing says.*'head'.*Write outputs="),
        ({}, "softmax", LOGITS["kind"], "accuracy", "softmax.*from_logits=True.*Write from_logits"),
        ({"outputs": "logits"}, None, "mse", "mae", "'logits'.*takes values.*outputs='values'"),
        ({"outputs": "values"}, None, LOGITS["kind"], "accuracy", "'values'.*takes logits"),
        (
            {},
            None,
            LOGITS["kind"],
            keras.metrics.SparseCategoricalCrossentropy(from_logits=True),
            "metric.*expects logits.*from_logits=False",
        ),
        ({}, None, LOGITS["tags"], keras.metrics.BinaryAccuracy(threshold=0.0), "between 0 and 1"),
    ],
)
def test_what_is_unclear_or_contradicts_itself_is_refused(
    options, activation, loss, metric, message
):
    head = DenseBatchEnsemble(3, activation, ensemble_size=M, name="head")
    model = EnsembleModel(keras.Sequential([keras.Input((5,)), head]), M, **options)
    model.compile("sgd", loss)  # without metrics nobody asks
    with pytest.raises(ValueError, match=message):
        model.compile("sgd", loss, metrics=[metric])


def test_a_softmax_of_ones_own_counts_as_in_the_converted_model():
    net = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "softmax")])
    body = keras.Sequential([keras.Input((5,)), DenseBatchEnsemble(3, "softmax", ensemble_size=M)])
    found = []
    for model in (to_batch_ensemble(net, M), EnsembleModel(body, M)):
        model.set_weights([0.5 + 0.1 * np.indices(w.shape)[-1] for w in model.weights])
        nll = keras.metrics.SparseCategoricalCrossentropy(name="nll")
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=[nll])
        found.append(metrics_of(model, LABELS["kind"])["nll"])
        p = np.asarray(model(X)).mean(1)[np.arange(40), LABELS["kind"]]
        assert found[-1] == pytest.approx(-np.mean(np.log(p)), rel=1e-5)
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_files_of_earlier_versions_load_and_follow_their_loss(tmp_path):
    """They say "logits" of a regression, because nobody asked."""
    body = keras.Sequential([keras.Input((5,)), DenseBatchEnsemble(1, ensemble_size=M)])
    model = EnsembleModel(body, M)
    model.compile("sgd", "mse", metrics=["mae"])
    model.outputs_are = "logits"
    model.save(tmp_path / "old.keras")
    with pytest.warns(UserWarning, match="outputs='logits'.*taken for"):
        loaded = keras.saving.load_model(tmp_path / "old.keras")
    found = loaded.evaluate(X, LABELS["size"], verbose=0, return_dict=True)["mae"]
    expected = np.mean(np.abs(np.asarray(model(X)).mean(1) - LABELS["size"]))
    assert found == pytest.approx(expected, rel=1e-5)
