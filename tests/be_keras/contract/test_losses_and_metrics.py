"""What a compiled loss and metric mean, against sums written out in NumPy."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel
from be_keras.backend import trains_faster_with_xla
from be_keras.layers import DenseBatchEnsemble, EmbeddingBatchEnsemble

M, C, T = 3, 4, 3  # as many steps as members, so that wrong broadcasting would go through
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(7, 5)).astype("float32")
Y = DRAW.integers(0, C, size=7)
WEIGHTS = DRAW.uniform(0.1, 2.0, size=7).astype("float32")
TOKENS = np.array([[1, 2, 0], [3, 0, 0], [4, 5, 6], [2, 2, 0], [6, 0, 0], [1, 1, 1], [5, 4, 0]])
REAL = TOKENS != 0
TOKEN_Y = DRAW.integers(0, C, size=(7, T))
TOKEN_WEIGHTS = DRAW.uniform(0.1, 2.0, size=(7, T)).astype("float32")


def cross_entropy(**options):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, **options)


def dense_model(loss=None, metrics=None, weighted_metrics=None, penalty=None, **options):
    body = DenseBatchEnsemble(C, kernel_regularizer=penalty, ensemble_size=M)
    model = EnsembleModel(body, M, **options)
    loss = loss or cross_entropy()
    still = keras.optimizers.SGD(0.0)
    measured = {"metrics": metrics, "weighted_metrics": weighted_metrics}
    model.compile(still, loss, **measured, jit_compile=trains_faster_with_xla())
    return model


def token_model(loss=None, metrics=None, weighted_metrics=None, **options):
    """Logits for each step, with the mask of its tokens."""
    embedding = EmbeddingBatchEnsemble(
        7, 5, embeddings_initializer="normal", mask_zero=True, ensemble_size=M
    )
    body = keras.Sequential([embedding, DenseBatchEnsemble(C, ensemble_size=M)])
    model = EnsembleModel(body, M, **options)
    still = keras.optimizers.SGD(0.0)
    loss = loss or cross_entropy()
    measured = {"metrics": metrics, "weighted_metrics": weighted_metrics}
    model.compile(still, loss, **measured, jit_compile=trains_faster_with_xla())
    return model


def probabilities(logits):
    logits = np.asarray(logits)
    exps = np.exp(logits - logits.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def losses_of(model, x, y):
    """Cross-entropy of every member: `(B, M)` or `(B, M, T)`."""
    p = probabilities(model(x))
    y = np.repeat(np.expand_dims(y, 1), M, axis=1)
    return -np.log(np.take_along_axis(p, y[..., None], axis=-1)[..., 0])


def dealt(values):
    """Of `(B, M, ...)`, the one member that sees each example of a split batch."""
    return values[np.arange(len(values)), np.arange(len(values)) % M]


def compute(model, x, y, weights=None, training=True):
    return float(model.compute_loss(x, y, model(x, training=training), weights, training))


@pytest.mark.parametrize("size", [M, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_member_is_compared_with_every_label(size, weighted):
    model, weights = dense_model(), WEIGHTS[:size] if weighted else None
    factors = WEIGHTS[:size, None] if weighted else 1.0
    expected = np.mean(losses_of(model, X[:size], Y[:size]) * factors)
    np.testing.assert_allclose(compute(model, X[:size], Y[:size], weights), expected, rtol=1e-5)


@pytest.mark.parametrize("size", [M, 7])
def test_targets_with_several_columns(size):
    model = dense_model("mse", outputs="values")
    targets = DRAW.normal(size=(size, C))
    expected = np.mean((np.asarray(model(X[:size])) - targets[:, None]) ** 2)
    np.testing.assert_allclose(compute(model, X[:size], targets), expected, rtol=1e-5)


@pytest.mark.parametrize("size", [M, 7])
@pytest.mark.parametrize("weights", [None, WEIGHTS, TOKEN_WEIGHTS], ids=["none", "(B,)", "(B, T)"])
def test_masked_steps_count_for_nothing(size, weights):
    model, real = token_model(), REAL[:size, None]
    factor = 1.0
    if weights is not None:
        weights = weights[:size]
        factor = weights.reshape(size, 1, -1)
    losses = losses_of(model, TOKENS[:size], TOKEN_Y[:size]) * factor * real
    expected = np.sum(losses) / (M * np.sum(real))
    loss = compute(model, TOKENS[:size], TOKEN_Y[:size], weights)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.parametrize("size", [1, 7])
def test_weights_of_examples_reach_all_their_steps_without_a_mask(size):
    """Rows and steps are as many where there is one example."""
    model = EnsembleModel(DenseBatchEnsemble(C, ensemble_size=M), M)
    model.compile("sgd", cross_entropy())
    x = DRAW.normal(size=(size, T, 5)).astype("float32")
    losses = losses_of(model, x, TOKEN_Y[:size])
    expected = np.mean(losses * WEIGHTS[:size, None, None])
    loss = compute(model, x, TOKEN_Y[:size], WEIGHTS[:size])
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_loss_that_divides_by_the_weights():
    model = token_model(cross_entropy(reduction="mean_with_sample_weight"))
    losses, factor = losses_of(model, TOKENS, TOKEN_Y), (TOKEN_WEIGHTS * REAL)[:, None]
    expected = np.sum(losses * factor) / (M * np.sum(factor))
    loss = compute(model, TOKENS, TOKEN_Y, TOKEN_WEIGHTS)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_class_weights():
    model = dense_model()
    class_weight = {0: 0.5, 1: 2.0, 2: 1.0, 3: 0.0}
    factors = np.array([class_weight[label] for label in Y])
    logs = model.fit(X, Y, class_weight=class_weight, batch_size=7, verbose=0).history
    expected = np.mean(losses_of(model, X, Y) * factors[:, None])
    np.testing.assert_allclose(logs["loss"][0], expected, rtol=1e-5)


@pytest.mark.parametrize(("member_loss", "factor"), [("mean", 1), ("sum", M)])
def test_members_are_averaged_or_summed_and_the_penalty_counts_once(member_loss, factor):
    model = dense_model(penalty=keras.regularizers.L2(0.1), member_loss=member_loss)
    losses = losses_of(model, X, Y)
    penalty = 0.1 * np.sum(np.asarray(model.body.kernel) ** 2)
    expected = factor * np.mean(losses) + penalty
    np.testing.assert_allclose(compute(model, X, Y), expected, rtol=1e-5)
    logs = model.fit(X, Y, batch_size=7, verbose=0).history
    np.testing.assert_allclose(logs["loss"][0], expected, rtol=1e-5)


@pytest.mark.parametrize("size", [1, M, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_split_batch_deals_its_examples_out(size, weighted):
    model, weights = dense_model(members="split"), WEIGHTS[:size] if weighted else None
    losses = losses_of(model, X[:size], Y[:size])
    factors = WEIGHTS[:size] if weighted else np.ones(size)
    expected = np.mean(dealt(losses) * factors)
    np.testing.assert_allclose(compute(model, X[:size], Y[:size], weights), expected, rtol=1e-5)
    everybody = compute(model, X[:size], Y[:size], weights, training=False)
    np.testing.assert_allclose(everybody, np.mean(losses * factors[:, None]), rtol=1e-5)


@pytest.mark.parametrize("weights", [None, WEIGHTS, TOKEN_WEIGHTS], ids=["none", "(B,)", "(B, T)"])
def test_a_split_batch_with_masks(weights):
    model = token_model(members="split")
    losses = dealt(losses_of(model, TOKENS, TOKEN_Y)) * REAL
    factor = 1.0 if weights is None else weights.reshape(7, -1)
    expected = np.sum(losses * factor) / np.sum(REAL)
    np.testing.assert_allclose(compute(model, TOKENS, TOKEN_Y, weights), expected, rtol=1e-5)


def test_the_rows_that_fill_a_split_batch_have_no_gradient(gradients):
    """A batch of 7 trains as the same batch in which they are written out with weight zero."""
    model = dense_model(members="split")
    model.build((None, 5))
    full = (np.concatenate([X, X[:2]]), np.concatenate([Y, Y[:2]]), np.repeat([1.0, 0.0], [7, 2]))

    def loss(x, y, weights):
        value = model.compute_loss(None, y, model(x, training=True), weights, True)
        return keras.ops.reshape(value, (1,))

    _, filled = gradients(lambda: loss(X, Y, None), model.weights)
    _, explicit = gradients(lambda: loss(*full) * 9 / 7, model.weights)
    for got, want in zip(filled, explicit, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)


def test_split_training_through_fit_with_a_last_partial_batch():
    model = dense_model(members="split", metrics=["accuracy"])
    logs = model.fit(X, Y, batch_size=4, shuffle=False, verbose=0).history
    batches = [slice(0, 4), slice(4, 7)]
    losses = [dealt(losses_of(model, X[b], Y[b])) for b in batches]
    hits = [dealt(np.argmax(model(X[b]), -1)) == Y[b] for b in batches]
    np.testing.assert_allclose(logs["loss"][0], np.mean(np.concatenate(losses)), rtol=1e-5)
    np.testing.assert_allclose(logs["accuracy"][0], np.mean(np.concatenate(hits)), rtol=1e-5)


@pytest.mark.parametrize("members", ["shared", "split"])
def test_the_logged_loss_is_the_mean_over_all_tokens_of_the_epoch(members):
    model = token_model(members=members)
    logs = model.fit(TOKENS, TOKEN_Y, batch_size=M, shuffle=False, verbose=0).history
    losses = losses_of(model, TOKENS, TOKEN_Y)
    losses = dealt(losses) if members == "split" else losses.mean(1)  # 7 examples, batches 3 3 1
    expected = np.sum(losses * REAL) / np.sum(REAL)
    np.testing.assert_allclose(logs["loss"][0], expected, rtol=1e-5)


def test_the_logged_loss_follows_the_weights_where_losses_divide_by_them():
    model = token_model(cross_entropy(reduction="mean_with_sample_weight"))
    results = model.evaluate(TOKENS, TOKEN_Y, 3, sample_weight=TOKEN_WEIGHTS, verbose=0)
    factor = TOKEN_WEIGHTS * REAL
    losses = losses_of(model, TOKENS, TOKEN_Y).mean(1)
    np.testing.assert_allclose(results, np.sum(losses * factor) / np.sum(factor), rtol=1e-5)


def test_metrics_see_the_mean_probability():
    metrics = ["accuracy", keras.metrics.SparseCategoricalCrossentropy(name="nll")]
    weighted = [keras.metrics.SparseCategoricalCrossentropy(name="weighted")]
    model = dense_model(metrics=metrics, weighted_metrics=weighted)
    results = model.evaluate(X, Y, 3, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    p = probabilities(model(X)).mean(1)
    nll = -np.log(p[np.arange(7), Y])
    np.testing.assert_allclose(results["accuracy"], np.mean(p.argmax(-1) == Y), rtol=1e-5)
    np.testing.assert_allclose(results["nll"], np.mean(nll), rtol=1e-5)
    expected = np.sum(nll * WEIGHTS) / np.sum(WEIGHTS)
    np.testing.assert_allclose(results["weighted"], expected, rtol=1e-5)


def test_metrics_leave_masked_steps_out():
    weighted = [keras.metrics.SparseCategoricalAccuracy(name="weighted")]
    model = token_model(metrics=["accuracy"], weighted_metrics=weighted)
    results = model.evaluate(TOKENS, TOKEN_Y, 3, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    hits = probabilities(model(TOKENS)).mean(1).argmax(-1) == TOKEN_Y
    np.testing.assert_allclose(results["accuracy"], hits[REAL].mean(), rtol=1e-5)
    factors = WEIGHTS[:, None] * REAL
    expected = np.sum(hits * factors) / np.sum(factors)
    np.testing.assert_allclose(results["weighted"], expected, rtol=1e-5)


def test_several_inputs_and_outputs():
    a, b = keras.Input((5,), name="a"), keras.Input((2,), name="b")
    hidden = keras.layers.Concatenate()([a, b])
    outputs = {
        "kind": DenseBatchEnsemble(C, "softmax", ensemble_size=M)(hidden),
        "size": DenseBatchEnsemble(1, ensemble_size=M)(hidden),
    }
    model = EnsembleModel(keras.Model({"a": a, "b": b}, outputs), M, outputs="values")
    model.compile(
        keras.optimizers.SGD(0.0),
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.5},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
        jit_compile=trains_faster_with_xla(),
    )
    x, y = {"a": X, "b": X[:, :2]}, {"kind": Y, "size": X[:, :1]}
    weights = {"kind": WEIGHTS, "size": np.ones(7)}
    logs = model.fit(x, y, batch_size=7, sample_weight=weights, verbose=0).history
    got = model(x)
    kind, size = np.asarray(got["kind"]), np.asarray(got["size"])[..., 0]
    nll = -np.log(kind[np.arange(7), :, Y])
    first, second = np.mean(nll * WEIGHTS[:, None]), np.mean((size - X[:, :1]) ** 2)
    expected = {
        "loss": first + 0.5 * second,
        "kind_loss": first,
        "size_loss": second,
        "kind_accuracy": np.mean(kind.mean(1).argmax(-1) == Y),
        "size_mae": np.mean(np.abs(size.mean(1) - X[:, 0])),
    }
    assert set(logs) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(logs[name][0], value, rtol=1e-5)


@pytest.mark.parametrize("reduction", ["sum", "none", None])
def test_losses_that_do_not_average_are_refused(reduction):
    model = dense_model(cross_entropy(reduction=reduction))
    with pytest.raises(ValueError, match=f"average over labels.*{reduction}.*member_loss"):
        compute(model, X, Y)


@pytest.mark.parametrize("structure", [dict, list])
def test_an_ignored_class_and_labels_for_one_of_two_outputs(structure):
    inputs, outputs = keras.Input((5,)), {}
    for name, width in (("kind", C), ("size", 1)):
        outputs[name] = DenseBatchEnsemble(width, ensemble_size=M, name=name)(inputs)
    outputs = outputs if structure is dict else list(outputs.values())
    model = EnsembleModel(keras.Model(inputs, outputs), M)
    losses = [cross_entropy(ignore_class=1), None]
    model.compile(keras.optimizers.SGD(0.0), {"kind": losses[0]} if structure is dict else losses)
    y = np.array([0, 1, 2, 3, 1, 2, 0])
    labels = {"kind": y} if structure is dict else [y, None]
    got = model(X)
    p = probabilities(got["kind"] if structure is dict else got[0])
    each = -np.log(p[np.arange(7), :, y])[y != 1]  # (labels, M)
    for found in (
        model.fit(X, labels, batch_size=3, shuffle=False, verbose=0).history["loss"][0],
        compute(model, X, labels),
    ):
        np.testing.assert_allclose(found, np.mean(each), rtol=1e-5)
