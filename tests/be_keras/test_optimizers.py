"""Optimisers by weight role: multipliers act on updates, decay on chosen roles, state is kept."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel, optimizers
from be_keras.layers import DenseBatchEnsemble
from be_keras.roles import role_of

M = 2
X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")
KINDS = {name: getattr(optimizers, name) for name in ("SGD", "Adam", "AdamW", "Lion")}


def fixed_layer():
    """A built layer with the same weights at each call."""
    layer = DenseBatchEnsemble(2, ensemble_size=M)
    layer.build((None, 3))
    draw = np.random.default_rng(2)
    layer.set_weights([draw.normal(size=weight.shape) for weight in layer.weights])
    return layer


def updates(optimizer, gradient=1.0):
    """How far one step under random gradients of that size moves each weight, with its role."""
    layer = fixed_layer()
    before = [np.asarray(weight) for weight in layer.weights]
    draw = np.random.default_rng(3)
    gradients = [gradient * draw.normal(size=old.shape).astype("float32") for old in before]
    optimizer.apply(gradients, layer.trainable_variables)
    return [
        (role_of(weight), np.asarray(weight) - old)
        for weight, old in zip(layer.weights, before, strict=True)
    ]


def fitted(model, steps=1, **options):
    """Train a model on full batches, compiled by XLA; give its weights of before."""
    before = [np.asarray(weight) for weight in model.weights]
    model.fit(X, Y, batch_size=6, epochs=steps, verbose=0, shuffle=False, **options)
    return before


def compiled_model(optimizer):
    """A built model around the fixed layer, compiled by XLA."""
    model = EnsembleModel(fixed_layer(), M)
    model.build((None, 3))
    model.compile(optimizer, "mse", jit_compile=True)
    return model


@pytest.mark.parametrize("kind", [optimizers.SGD, optimizers.Adam])
def test_a_multiplier_scales_the_update(kind):
    plain = updates(kind(0.01))
    scaled = updates(kind(0.01, lr_multipliers={"fast": 2.0, "bias": 0.0}))
    factors = {"shared": 1.0, "fast": 2.0, "bias": 0.0}
    for (role, one), (_, two) in zip(plain, scaled, strict=True):
        assert np.any(one != 0)
        np.testing.assert_allclose(two, factors[role] * one, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_without_options_it_is_the_optimiser_of_keras(name):
    ours = updates(KINDS[name](0.01, weight_decay_roles=("shared", "fast", "bias")))
    theirs = updates(getattr(keras.optimizers, name)(0.01))
    for (_, got), (_, want) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)


def test_fit_under_xla_scales_the_updates():
    steps = []
    for multipliers in ({}, {"fast": 2.0}):
        model = compiled_model(optimizers.Adam(0.01, lr_multipliers=multipliers))
        before = fitted(model)
        steps.append([np.asarray(w) - old for w, old in zip(model.weights, before, strict=True)])
    for weight, one, two in zip(model.weights, *steps, strict=True):
        factor = 2.0 if role_of(weight) == "fast" else 1.0
        np.testing.assert_allclose(two, factor * one, rtol=1e-3, atol=1e-6)


def decayed(**options):
    """Roles whose weights move when there is decay and no gradient."""
    moved = updates(optimizers.SGD(0.1, weight_decay=0.1, **options), gradient=0.0)
    return {role for role, update in moved if np.any(update != 0)}


def test_decay_leaves_fast_weights_and_biases_alone():
    assert decayed() == {"shared"}


def test_decay_acts_on_the_chosen_roles():
    assert decayed(weight_decay_roles=("fast", "bias")) == {"fast", "bias"}


def test_a_multiplier_of_zero_holds_against_decay():
    assert decayed(lr_multipliers={"shared": 0.0}) == set()


def test_decay_takes_its_share():
    before = fixed_layer().kernel
    moved = updates(optimizers.SGD(0.1, weight_decay=0.2), gradient=0.0)
    np.testing.assert_allclose(moved[0][1], -0.1 * 0.2 * np.asarray(before), rtol=1e-4)


def test_variables_excluded_by_the_user_stay_excluded():
    optimizer = optimizers.SGD(0.1, weight_decay=0.1, weight_decay_roles=("shared", "fast", "bias"))
    layer = fixed_layer()
    optimizer.exclude_from_weight_decay(var_list=[layer.kernel], var_names=["bias"])
    before = [np.asarray(variable) for variable in layer.weights]
    optimizer.apply([np.zeros_like(old) for old in before], layer.trainable_variables)
    changed = [v.name for v, old in zip(layer.weights, before, strict=True) if np.any(v != old)]
    assert changed == ["r", "s"]


def test_clipping_by_norm():
    clipped = updates(optimizers.SGD(1.0, clipnorm=1e-3, lr_multipliers={"fast": 2.0}))
    for role, update in clipped:
        bound = 2e-3 if role == "fast" else 1e-3
        np.testing.assert_allclose(np.linalg.norm(update), bound, rtol=1e-4)


def test_learning_rate_callbacks():
    model = compiled_model(optimizers.Adam(0.1, lr_multipliers={"fast": 2.0}))
    callbacks = [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 10),
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e6),
    ]
    fitted(model, 2, callbacks=callbacks)
    np.testing.assert_allclose(float(model.optimizer.learning_rate), 0.1 / 10 / 10 / 2, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_configs_round_trip(name):
    options = {"lr_multipliers": {"fast": 0.5}, "weight_decay_roles": ("head",)}
    optimizer = KINDS[name](0.2, clipnorm=1.0, **options)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is KINDS[name]
    assert again.get_config() == optimizer.get_config()


def test_a_file_of_before_the_renaming_is_read():
    former = {"multipliers": {"fast": 0.5}, "decayed_roles": ["head"], "learning_rate": 0.2}
    optimizer = optimizers.SGD.from_config(former)
    assert optimizer.lr_multipliers == {"fast": 0.5} and optimizer.weight_decay_roles == ("head",)


def test_a_file_keeps_the_state(tmp_path):
    options = {"lr_multipliers": {"fast": 2.0}, "weight_decay": 0.1}
    model = compiled_model(optimizers.Adam(0.01, **options))
    fitted(model, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert int(loaded.optimizer.iterations) == 2
    fitted(model, 2)
    fitted(loaded, 2)
    for got, want in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_a_loaded_model_spares_the_biases_of_plain_layers(tmp_path):
    model = EnsembleModel(keras.Sequential([keras.layers.Dense(2)]), 1)
    model.compile(optimizers.SGD(1e-3, weight_decay=100.0), "mse")
    model.fit(X, Y, batch_size=6, verbose=0)
    model.layers[0].layers[0].bias.assign([100.0, 100.0])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    loaded.fit(X, Y, batch_size=6, verbose=0)
    assert np.all(np.asarray(loaded.layers[0].layers[0].bias) > 99.0)


@pytest.mark.parametrize(
    "options", [{"lr_multipliers": {"slow": 1.0}}, {"weight_decay_roles": ("slow",)}]
)
def test_unknown_roles_are_refused(options):
    with pytest.raises(ValueError, match=r"Weight roles are .*Received: \['slow'\]"):
        optimizers.Adam(**options)


def test_negative_multipliers_are_refused():
    with pytest.raises(ValueError, match="must not be negative.*'fast': -1"):
        optimizers.SGD(lr_multipliers={"fast": -1.0})


def test_muon_takes_no_fast_weight_for_a_matrix():
    """Its update of a matrix is orthogonal; that of (M, D) is Adam's, one sign each at first."""
    for role, update in updates(optimizers.Muon(0.1, adam_lr_ratio=1.0, weight_decay=0.0)):
        if role == "shared":
            singular = np.linalg.svd(update, compute_uv=False)
            assert singular.max() < 1.6 * singular.min()
        else:
            np.testing.assert_allclose(np.abs(update), 0.1, rtol=1e-3)


def test_keras_own_muon_on_members_is_told_of():
    with pytest.warns(
        UserWarning, match="3 weights of members for matrices.*such as '.*r'.*be_keras"
    ):
        compiled_model(keras.optimizers.Muon(0.1))


@pytest.mark.parametrize(
    "optimizer",
    [optimizers.Muon(0.1), keras.optimizers.Muon(0.1, exclude_layers=["r$", "s$", "bias$"])],
)
def test_nothing_is_said_of_a_muon_that_takes_kernels_alone(optimizer, recwarn):
    compiled_model(optimizer)
    assert not [w for w in recwarn if "Muon" in str(w.message)]
