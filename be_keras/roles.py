"""Weight roles: what part a variable plays in an ensemble, told by identity, never by name.

shared: a kernel or embedding that all members use; fast: the r and s of a member; bias; norm:
everything a normalisation layer holds; head: the kernel of the output layer, if it is named.
"""

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


def set_role(variable, role):
    """Mark one Keras variable with one of `ROLES`; raises ValueError for any other role."""
    if role not in ROLES:
        raise ValueError(f"A weight role is one of {ROLES}. Received: {role!r}")
    setattr(variable, _ROLE, role)


def role_of(variable):
    """The role of a variable; an unmarked one counts as shared."""
    return getattr(variable, _ROLE, SHARED)


def assign_roles(model, head=None):
    """Mark every weight below `model` that carries no mark yet.

    Layers of be_keras mark their own; this finds the biases and norms of Keras' layers. Marks
    live in memory: name the head again for a model read from a file.

    Args:
        model: A built Keras layer or model.
        head: The output layer, if its kernel is to count as head; its fast weights and biases
            keep their roles.
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


def _mark(variables, role):
    for variable in variables:
        if not hasattr(variable, _ROLE):
            set_role(variable, role)


def weights_by_role(model, head=None):
    """Every weight of a model under its role: a dict from each of `ROLES` to a list.

    Marks what carries no mark yet; `model` and `head` as in `assign_roles`.
    """
    assign_roles(model, head)
    groups = {role: [] for role in ROLES}
    for variable in model.weights:
        groups[role_of(variable)].append(variable)
    return groups


def freeze(model, *roles):
    """Make the trainable weights of the named roles untrainable (`unfreeze` undoes it).

    Keras reads what is trainable when a model is compiled: compile after freezing.

    Args:
        model: A built Keras layer or model.
        *roles: One or more of `ROLES`.

    Raises:
        ValueError: No role or an unknown one, or a model that has no weights yet.
    """
    for variable in _weights_of(model, roles):
        if variable.trainable:
            variable.trainable = False
            setattr(variable, _FROZEN, True)


def unfreeze(model, *roles):
    """Make the weights that `freeze` froze trainable again; arguments and errors as in `freeze`.

    What a layer holds as untrainable, such as moving statistics, stays so.
    """
    for variable in _weights_of(model, roles):
        if getattr(variable, _FROZEN, False):
            variable.trainable = True
            setattr(variable, _FROZEN, False)


def _weights_of(model, roles):
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"Name one or more of the weight roles {ROLES}. Received: {roles}")
    if not model.weights:
        raise ValueError(f"{model.name!r} has no weights yet. Build it first.")
    groups = weights_by_role(model)
    return [variable for role in dict.fromkeys(roles) for variable in groups[role]]
