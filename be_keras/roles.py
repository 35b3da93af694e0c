"""Weight roles: what part a variable plays in an ensemble, told by identity, never by name.

shared: a kernel or embedding that all members use; fast: the r and s of a member; bias; norm:
everything a normalisation layer holds; head: the kernel of the output layer, if it is named.
"""

import keras

SHARED, FAST, BIAS, NORM, HEAD = "shared", "fast", "bias", "norm", "head"
ROLES = (SHARED, FAST, BIAS, NORM, HEAD)

_NORMS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.SpectralNormalization,
)
_ATTRIBUTE = "_be_keras_role"


def set_role(variable, role):
    """Mark one Keras variable with one of `ROLES`; raises ValueError for any other role."""
    if role not in ROLES:
        raise ValueError(f"A weight role is one of {ROLES}. Received: {role!r}")
    setattr(variable, _ATTRIBUTE, role)


def role_of(variable):
    """The role of a variable; an unmarked one counts as shared."""
    return getattr(variable, _ATTRIBUTE, SHARED)


def assign_roles(model, head=None):
    """Mark every weight below `model` that carries no mark yet.

    Layers of be_keras mark their own; this finds the biases and norms of Keras' layers.

    Args:
        model: A built Keras layer or model.
        head: The output layer, if its kernel is to count as head; its fast weights and biases
            keep their roles.
    """
    for layer in model._flatten_layers():
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            if hasattr(variable, _ATTRIBUTE):
                continue
            if isinstance(layer, _NORMS):
                set_role(variable, NORM)
            elif variable is getattr(layer, "bias", None):
                set_role(variable, BIAS)
            else:
                set_role(variable, SHARED)
    for variable in head.weights if head is not None else ():
        if role_of(variable) == SHARED:
            set_role(variable, HEAD)


def weights_by_role(model, head=None):
    """Every weight of a model under its role: a dict from each of `ROLES` to a list."""
    assign_roles(model, head)
    groups = {role: [] for role in ROLES}
    for variable in model.weights:
        groups[role_of(variable)].append(variable)
    return groups


def freeze(model, *roles):
    """Make the weights of the named roles untrainable (`unfreeze` undoes it).

    Call it before the optimiser is built, that is before the first `fit`.
    """
    _set_trainable(model, roles, False)


def unfreeze(model, *roles):
    """Make the weights of the named roles trainable again."""
    _set_trainable(model, roles, True)


def _set_trainable(model, roles, trainable):
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"Name weight roles out of {ROLES}. Received: {roles}")
    groups = weights_by_role(model)
    for role in roles:
        for variable in groups[role]:
            # What a layer made untrainable for good (moving statistics) has no gradient to take.
            variable.trainable = trainable
