"""Weight roles: what part a variable plays in an ensemble, told by identity, never by name.

shared: a kernel or embedding that all members use; fast: the r and s of a member; bias; norm:
everything a normalisation layer holds; head: the kernel of the output layer, if it is named.
"""

from collections.abc import Sequence
from typing import Any

import keras

from be_keras.keras_internals import layers_below

SHARED, FAST, BIAS, NORM, HEAD = "shared", "fast", "bias", "norm", "head"
ROLES = (SHARED, FAST, BIAS, NORM, HEAD)

NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
)
_ROLE = "_be_keras_role"
_FROZEN = "_be_keras_frozen"


def set_role(variable: keras.Variable, role: str) -> None:
    """Mark one Keras variable with one of `ROLES`; raises ValueError for any other role.

    Examples:
        >>> variable = keras.Variable([1.0])
        >>> be_keras.roles.set_role(variable, "fast")
        >>> be_keras.roles.role_of(variable)
        'fast'
    """
    if role not in ROLES:
        raise ValueError(f"A weight role is one of {ROLES}. Received: {role!r}")
    setattr(variable, _ROLE, role)


def role_of(variable: keras.Variable) -> str:
    """The role of a variable; an unmarked one counts as shared.

    Examples:
        >>> be_keras.roles.role_of(keras.Variable([1.0]))
        'shared'
    """
    return getattr(variable, _ROLE, SHARED)


def assign_roles(model: keras.Model, head: keras.Layer | None = None) -> None:
    """Mark every weight below `model` that carries no mark yet.

    Layers of be_keras mark their own; this finds the biases and norms of Keras' layers. Marks
    live in memory: name the head again for a model read from a file.

    Args:
        model: A built Keras layer or model.
        head: The output layer, if its kernel is to count as head; its fast weights and biases
            keep their roles.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> be_keras.roles.assign_roles(model, head=model.layers[0])
        >>> [be_keras.roles.role_of(weight) for weight in model.weights]
        ['head', 'bias']
    """
    for layer in layers_below(model):
        if isinstance(layer, NORMS):
            _mark(layer.weights, NORM)
        bias = getattr(layer, "bias", None)
        if isinstance(bias, keras.Variable):
            _mark([bias], BIAS)
    _mark(model.weights, SHARED)
    for variable in head.weights if head is not None else ():
        if role_of(variable) == SHARED:
            set_role(variable, HEAD)


def _mark(variables: Sequence[keras.Variable], role: str) -> None:
    for variable in variables:
        if not hasattr(variable, _ROLE):
            set_role(variable, role)


def weights_by_role(
    model: keras.Model, head: keras.Layer | None = None
) -> dict[str, list[keras.Variable]]:
    """Every weight of a model under its role: a dict from each of `ROLES` to a list.

    Marks what carries no mark yet; `model` and `head` as in `assign_roles`.

    Examples:
        >>> layer = be_keras.DenseBatchEnsemble(2, ensemble_size=2)
        >>> layer.build((None, 3))
        >>> [weight.name for weight in be_keras.roles.weights_by_role(layer)["fast"]]
        ['r', 's']
    """
    assign_roles(model, head)
    groups: dict[str, list[keras.Variable]] = {role: [] for role in ROLES}
    for variable in model.weights:
        groups[role_of(variable)].append(variable)
    return groups


def freeze(model: keras.Model, *roles: str) -> None:
    """Make the trainable weights of the named roles untrainable (`unfreeze` undoes it).

    Keras reads what is trainable when a model is compiled: compile after freezing.

    Args:
        model: A built Keras layer or model.
        *roles: One or more of `ROLES`.

    Raises:
        ValueError: No role or an unknown one, or a model that has no weights yet.

    Examples:
        >>> layer = be_keras.DenseBatchEnsemble(2, ensemble_size=2)
        >>> layer.build((None, 3))
        >>> be_keras.roles.freeze(layer, "shared", "bias")
        >>> [weight.name for weight in layer.trainable_weights]
        ['r', 's']
    """
    for variable in _weights_of(model, roles):
        if variable.trainable:
            variable.trainable = False
            setattr(variable, _FROZEN, True)


def unfreeze(model: keras.Model, *roles: str) -> None:
    """Make the weights that `freeze` froze trainable again; arguments and errors as in `freeze`.

    What a layer holds as untrainable, such as moving statistics, stays so.

    Examples:
        >>> layer = be_keras.DenseBatchEnsemble(2, ensemble_size=2)
        >>> layer.build((None, 3))
        >>> be_keras.roles.freeze(layer, "shared")
        >>> be_keras.roles.unfreeze(layer, "shared")
        >>> layer.kernel.trainable
        True
    """
    for variable in _weights_of(model, roles):
        if getattr(variable, _FROZEN, False):
            variable.trainable = True
            setattr(variable, _FROZEN, False)


def _weights_of(model: keras.Model, roles: Any) -> list[keras.Variable]:
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"Name one or more of the weight roles {ROLES}. Received: {roles}")
    if not model.weights:
        raise ValueError(f"{model.name!r} has no weights yet. Build it first.")
    groups = weights_by_role(model)
    return [variable for role in dict.fromkeys(roles) for variable in groups[role]]
