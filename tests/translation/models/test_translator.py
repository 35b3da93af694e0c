"""The Translator: its loss against NumPy, what trains it, files, sizes and precision."""

import os
import signal

import keras
import numpy as np
import pytest

from be_keras.roles import weights_by_role
from translation.config import Config, make_config
from translation.models.transformer import Transformer
from translation.models.translator import build_translator, for_inference

V = 30


def batch(rows, seed=0):
    """Inputs and labels of `rows` sentences of unequal lengths."""
    draw = np.random.default_rng(seed)
    source, target = draw.integers(4, V, (2, rows, 5)).astype("int32")
    for row, length in enumerate(draw.integers(1, 6, rows)):
        source[row, length:] = target[row, 6 - length :] = 0
    target_in = np.concatenate([np.full((rows, 1), 2, "int32"), target[:, :-1]], axis=1)
    return {"source": source, "target_in": target_in}, target


def losses(logits, labels, smoothing):
    """Label-smoothed cross-entropies in double precision: `(..., V)` and `(...)` to `(...)`."""
    logits = logits.astype("float64")
    log_probs = logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))
    truth = (1 - smoothing) * np.eye(V)[labels] + smoothing / V
    return -np.sum(truth * log_probs, axis=-1)


def mean_loss(model, inputs, labels, smoothing, split=False):
    """The loss that the model should have, from its logits, and its number of tokens.

    With `split`, example b counts for member b mod M alone.
    """
    logits = keras.ops.convert_to_numpy(model(inputs, training=False))  # (B, M, T, V)
    rows, members = logits.shape[:2]
    if split:
        logits = logits[np.arange(rows), np.arange(rows) % members][:, None]
    labels = np.repeat(labels[:, None], logits.shape[1], axis=1)
    real = labels != 0
    return np.mean(losses(logits, labels, smoothing)[real]), np.sum(real)


def training_loss(model, inputs, labels):
    """The loss of a training step, as a float, without the update."""
    states = model(inputs, training=True)
    return float(model.compute_loss(y=labels, y_pred=states, training=True))


@pytest.mark.parametrize(("rows", "chunk"), [(6, 0), (5, 2), (1, 2)])
@pytest.mark.parametrize(
    ("ensemble_size", "members"), [(None, "shared"), (3, "shared"), (3, "split")]
)
def test_loss_is_the_mean_over_real_tokens(translator, ensemble_size, members, rows, chunk):
    settings = ("label_smoothing=0.2", f"chunk_examples={chunk}")
    model = translator(ensemble_size, members, *settings)
    inputs, labels = batch(rows)
    expected, _ = mean_loss(model, inputs, labels, 0.2, split=members == "split")
    assert training_loss(model, inputs, labels) == pytest.approx(expected, rel=1e-5)


def test_sum_over_members(translator):
    mean = translator(3)
    summed = type(mean).from_config({**mean.get_config(), "member_loss": "sum"})
    summed.build()
    summed.set_weights(mean.get_weights())
    inputs, labels = batch(4)
    expected = 3 * training_loss(mean, inputs, labels)
    assert training_loss(summed, inputs, labels) == pytest.approx(expected, rel=1e-5)


def test_logged_loss_weighs_batches_by_their_tokens(translator):
    model = translator(3, "split", "label_smoothing=0.2")
    total = count = 0
    for rows, seed in ((6, 0), (2, 1)):
        inputs, labels = batch(rows, seed)
        loss, tokens = mean_loss(model, inputs, labels, 0.2, split=True)
        training_loss(model, inputs, labels)
        total, count = total + loss * tokens, count + tokens
    found = model.compute_metrics(None, None, None)
    assert {name: float(value) for name, value in found.items()} == {
        "loss": pytest.approx(total / count, rel=1e-5)
    }


def test_a_batch_of_padding_costs_nothing(translator):
    inputs, labels = batch(2)
    empty = {name: np.zeros_like(array) for name, array in inputs.items()}
    assert training_loss(translator(2), empty, np.zeros_like(labels)) == 0.0


@pytest.mark.parametrize("members", ["shared", "split"])
def test_evaluate_gives_the_plain_loss_of_all_members(translator, members):
    model = translator(3, members, "label_smoothing=0.2")
    model.compile(run_eagerly=True)
    inputs, labels = batch(4)
    found = model.evaluate(inputs, labels, batch_size=4, verbose=0)
    assert found == pytest.approx(mean_loss(model, inputs, labels, 0.0)[0], rel=1e-5)


def test_a_chunked_step_is_an_unchunked_step(translator):
    weights = [translator(3, "split").get_weights()]
    for chunk in (0, 2):
        model = translator(3, "split", f"chunk_examples={chunk}")
        model.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
        model.train_on_batch(*batch(6))
        weights.append(model.get_weights())
    for whole, chunked in zip(*weights[1:], strict=True):
        np.testing.assert_allclose(chunked, whole, atol=1e-5)
    # All weights learn, but for the biases of keys: attention does not depend on them.
    pairs = zip(*weights[:2], strict=True)
    still = [old.shape for old, new in pairs if np.allclose(old, new, atol=1e-6)]
    assert still == [model.body.encoder[0].attention.key_projection.bias.shape] * 5


def test_fit_learns_one_batch(translator):
    model = translator(3, "shared", "label_smoothing=0")
    model.compile(make_config("tiny", ["learning_rate=0.03", "warmup=1"]).make_optimizer())
    history = model.fit(*batch(4), batch_size=4, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.6 * history[0]


@pytest.mark.parametrize("ensemble_size", [None, 3])
def test_a_file_predicts_the_same(translator, ensemble_size, tmp_path):
    model = translator(ensemble_size, "split", "label_smoothing=0.25", "chunk_examples=7")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    settings = [(m.ensemble_size, m.members, m.label_smoothing) for m in (model, loaded)]
    assert settings[0] == settings[1] and loaded.chunk_examples == 7
    inputs, labels = batch(4)
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=1e-6)
    assert training_loss(loaded, inputs, labels) == pytest.approx(
        training_loss(model, inputs, labels), rel=1e-6
    )


def test_half_precision_trains_and_is_loaded_as_such(translator, tmp_path):
    model = translator(3, "shared", "precision=mixed_bfloat16", "chunk_examples=2")
    inputs, labels = batch(4)
    dtypes = [model(inputs, training=training).dtype for training in (True, False)]
    assert [*map(keras.backend.standardize_dtype, dtypes)] == ["bfloat16", "float32"]
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    assert np.isfinite(model.train_on_batch(inputs, labels))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_for_inference_is_the_same_in_full_precision(translator):
    half = translator(3, "shared", "precision=mixed_bfloat16")
    half.compile(keras.optimizers.SGD(0.1))
    found = for_inference(half)
    assert {layer.compute_dtype for layer in found._flatten_layers()} == {"float32"}
    assert not found.compiled and half.compiled
    inputs, _ = batch(4)
    exact = translator(3)
    np.testing.assert_allclose(found(inputs), exact(inputs), atol=1e-6)
    assert 1e-4 < np.max(np.abs(np.asarray(half(inputs)) - np.asarray(exact(inputs)))) < 0.5


def test_a_single_network_is_made_of_plain_layers(translator):
    model = translator()
    assert model.ensemble_size == 1
    assert weights_by_role(model)["fast"] == []
    below = [layer for layer in model.body._flatten_layers() if hasattr(layer, "ensemble_size")]
    assert below == []
    assert model(batch(2)[0]).shape == (2, 1, 5, V)


def test_four_members_of_base_cost_little():
    counts = []
    with keras.StatelessScope(initialize_variables=False):  # shapes alone, no memory
        for ensemble_size in (None, 4):
            model = build_translator(make_config("base"), 32_000, ensemble_size)
            counts.append(model.count_params())
    assert counts == [60_556_544, 61_626_368]
    assert counts[1] / counts[0] == pytest.approx(1.0177, abs=5e-5)


def test_a_checkpoint_is_hardly_larger_than_its_weights(tmp_path):
    sizes = {"width": 128, "heads": 4, "feedforward": 512}
    for ensemble_size in (None, 4):
        model = build_translator(
            Config(encoder_layers=1, decoder_layers=1, **sizes), 8_000, ensemble_size
        )
        model.save(tmp_path / "model.keras")
        found = os.path.getsize(tmp_path / "model.keras") / (4 * model.count_params())
        assert 1.0 < found < 1.05


def test_an_interrupt_while_a_copy_is_made_waits_until_it_is_whole(translator, monkeypatch):
    model, make, made = translator(2), Transformer.__init__, []
    # What a shell starts in the background ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(self, *args, **settings):
        signal.raise_signal(signal.SIGINT)
        make(self, *args, **settings)
        made.append(self)

    monkeypatch.setattr(Transformer, "__init__", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            for_inference(model)
    finally:
        signal.signal(signal.SIGINT, before)
    assert made and made[0].built
