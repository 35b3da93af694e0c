"""Weight roles: each weight has one, found by identity; freezing and thawing by role."""

import keras
import numpy as np
import pytest

from be_keras import EnsembleModel, roles
from be_keras.layers import DenseBatchEnsemble, LayerNormalizationBatchEnsemble

M = 2


def mixed_model():
    """Plain and BatchEnsemble layers with names that mislead; the last one is the head."""
    inputs = keras.Input((4,))
    rows = keras.layers.Dense(4, name="fast")(inputs)
    rows = keras.layers.BatchNormalization(name="kernel")(rows)
    rows = DenseBatchEnsemble(4, ensemble_size=M, name="gamma")(rows)
    rows = LayerNormalizationBatchEnsemble(ensemble_size=M)(rows)
    rows = keras.layers.PReLU(name="bias")(rows)
    rows = DenseBatchEnsemble(3, ensemble_size=M, name="head")(rows)
    return keras.Model(inputs, rows)


def test_every_weight_has_exactly_one_role():
    model = mixed_model()
    groups = roles.weights_by_role(model, head=model.get_layer("head"))
    found = [id(weight) for group in groups.values() for weight in group]
    assert sorted(found) == sorted(id(weight) for weight in model.weights)
    dense, norm, ours, member_norm, prelu, head = model.layers[1:]
    expected = {
        "shared": [dense.kernel, ours.kernel, prelu.alpha],
        "fast": [ours.r, ours.s, head.r, head.s],
        "bias": [dense.bias, ours.bias, head.bias],
        "norm": [*norm.weights, *member_norm.weights],
        "head": [head.kernel],
    }
    for role, weights in expected.items():
        assert {id(w) for w in groups[role]} == {id(w) for w in weights}, role


def test_a_head_may_be_named_later_and_stays_one():
    model = mixed_model()
    kernel = model.get_layer("head").kernel
    assert roles.weights_by_role(model)["head"] == []
    roles.assign_roles(model, head=model.get_layer("head"))
    assert roles.weights_by_role(model)["head"] == [kernel]


def test_a_mark_of_the_user_is_kept():
    layer = keras.layers.Dense(2)
    layer.build((None, 2))
    roles.set_role(layer.kernel, "fast")
    assert roles.weights_by_role(layer)["fast"] == [layer.kernel]


def test_an_ensemble_model_marks_its_weights_when_it_is_built():
    model = EnsembleModel(keras.Sequential([keras.layers.Dense(2)]), M)
    model.build((None, 3))
    assert [roles.role_of(weight) for weight in model.weights] == ["shared", "bias"]


def test_freezing_and_thawing():
    model = mixed_model()
    before = {id(weight) for weight in model.trainable_weights}
    roles.freeze(model, "shared", "norm")
    trainable = {roles.role_of(weight) for weight in model.trainable_weights}
    assert trainable == {"fast", "bias"}
    roles.unfreeze(model, "norm")
    assert {roles.role_of(w) for w in model.trainable_weights} == {"fast", "bias", "norm"}
    roles.unfreeze(model, *roles.ROLES)
    # The moving statistics of the batch normalisation are not trainable, frozen or thawed.
    assert {id(weight) for weight in model.trainable_weights} == before


def test_what_the_user_made_untrainable_stays_so():
    model = mixed_model()
    model.layers[1].kernel.trainable = False
    roles.freeze(model, "shared")
    roles.unfreeze(model, "shared")
    assert not model.layers[1].kernel.trainable


def test_frozen_weights_stand_still_in_training():
    model = EnsembleModel(DenseBatchEnsemble(2, ensemble_size=M), M)
    model.build((None, 3))
    roles.freeze(model, "fast")
    model.compile("sgd", "mse")
    before = [np.asarray(weight) for weight in model.weights]
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    moved = {w.name for w, old in zip(model.weights, before, strict=True) if np.any(w != old)}
    assert moved == {"kernel", "bias"}


@pytest.mark.parametrize("wrong", [("slow",), ("fast", "Kernel"), ()])
def test_unknown_roles_are_refused(wrong):
    for change in (roles.freeze, roles.unfreeze):
        with pytest.raises(ValueError, match="weight roles .*'shared', 'fast'"):
            change(mixed_model(), *wrong)
    with pytest.raises(ValueError, match="Received: 'slow'"):
        roles.set_role(keras.Variable(1.0), "slow")


def test_a_model_without_weights_cannot_be_frozen():
    with pytest.raises(ValueError, match="'later' has no weights yet. Build it"):
        roles.freeze(keras.Sequential([keras.layers.Dense(2)], name="later"), "fast")
