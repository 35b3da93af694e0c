"""Built classifiers: one form of logits for a network and an ensemble, and they learn."""

import keras
import numpy as np
import pytest

from be_keras.layers.base import BatchEnsembleLayer
from be_keras.roles import FAST, weights_by_role
from vision.settings import make_settings
from vision.training.build import build_classifier, make_optimizer

SHAPE = (8, 8, 1)


def build(**changes):
    """A classifier of 3 classes at a quarter of the width."""
    return build_classifier(make_settings(width=0.25, **changes), SHAPE, 3)


@pytest.mark.parametrize("model", ["mlp", "cnn", "resnet"])
@pytest.mark.parametrize("size", [None, 1, 4])
def test_logits_of_a_network_and_an_ensemble_have_one_form(model, size):
    classifier = build(model=model, ensemble_size=size)
    outputs = classifier.predict(np.zeros((2, *SHAPE), "float32"), verbose=0)
    assert outputs.shape == (2, size or 1, 3)


def test_a_single_network_has_no_fast_weights():
    for size in (None, 1):
        classifier = build(model="resnet", ensemble_size=size)
        fast = weights_by_role(classifier)[FAST]
        layers = classifier._flatten_layers()
        of_members = [layer for layer in layers if isinstance(layer, BatchEnsembleLayer)]
        assert (len(fast) == len(of_members) == 0) is (size is None)


def test_choices_reach_the_layers():
    classifier = build(
        ensemble_size=2, fast_initializer="sign:1", members="split", member_loss="sum"
    )
    assert (classifier.members, classifier.member_loss) == ("split", "sum")
    hidden = classifier.body.get_layer("hidden_1")
    assert hidden.r_initializer.probability == 1.0
    first = build(ensemble_size=2, fast_where="first").body
    assert (np.asarray(first.get_layer("hidden_0").r) != 1).any()
    assert (np.asarray(first.get_layer("hidden_1").r) == 1).all()


@pytest.mark.parametrize("size", [None, 2])
def test_dropout_reaches_the_layers(size):
    assert build(ensemble_size=size, dropout=0.25).body.get_layer("hidden_1_dropout").rate == 0.25
    kinds = [type(layer) for layer in build(ensemble_size=size).body.layers]
    assert keras.layers.Dropout not in kinds


@pytest.mark.parametrize("norms", ["members", "shared"])
def test_norms_of_members_have_their_own_scale(norms):
    body = build(model="resnet", ensemble_size=2, norms=norms).body
    assert body.get_layer("norm").gamma.shape == ((2, 16) if norms == "members" else (16,))


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("mlp", {}),
        ("mlp", {"members": "split"}),
        ("cnn", {"optimizer": "adamw"}),
    ],
)
def test_classifiers_learn(model, options):
    keras.utils.set_random_seed(0)
    settings = make_settings(model=model, width=0.25, ensemble_size=2, steps=24, **options)
    classifier = build_classifier(settings, SHAPE, 3)
    classifier.compile(
        make_optimizer(settings),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        # On TensorFlow XLA would take longer to compile this than it takes to train.
        jit_compile=keras.backend.backend() == "jax",
    )
    draw = np.random.default_rng(0)
    labels = np.arange(48) % 3
    data = draw.normal(0, 0.3, (48, *SHAPE)).astype("float32")
    data[np.arange(48), :, 2 * labels] += 1.0  # a bright column tells the class
    history = classifier.fit(data, labels, batch_size=16, epochs=8, verbose=0).history
    assert history["accuracy"][-1] > 0.8


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("mlp", {}),
        ("cnn", {"fast_where": "last"}),
        ("resnet", {"fast_where": "first"}),
        ("resnet", {"norms": "shared"}),
        ("resnet20", {"dropout": 0.5}),
    ],
)
def test_files_give_classifiers_back(model, options, tmp_path):
    classifier = build(model=model, ensemble_size=2, **options)
    draw = np.random.default_rng(0)
    for weight in classifier.weights:  # biases and statistics are nothing to tell apart at first
        weight.assign(np.abs(draw.normal(0.5, 0.2, weight.shape)))
    classifier.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    data = draw.normal(size=(3, *SHAPE)).astype("float32")
    np.testing.assert_allclose(again(data), classifier(data), rtol=1e-5)
