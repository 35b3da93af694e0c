"""Keras' optimisers, with learning rate and weight decay by weight role.

A multiplier acts on the update, not on the gradient: under Adam a scaled gradient changes
nothing. There is one learning rate, so schedules and callbacks work as ever.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from be_keras.keras_internals import variable_updated
from be_keras.roles import HEAD, ROLES, SHARED, role_of
from be_keras.types import Config, Mixin, Tensor

# The roles that weight decay acts on, as the settings of a track name them.
WEIGHT_DECAY_ROLES = {"kernels": (SHARED, HEAD), "all": ROLES}


class _ByRole(Mixin):
    """Mixin before a Keras optimiser; see `AdamW` for what it adds."""

    def __init__(
        self,
        *args: Any,
        lr_multipliers: Mapping[str, float] | None = None,
        weight_decay_roles: Sequence[str] = WEIGHT_DECAY_ROLES["kernels"],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lr_multipliers = dict(lr_multipliers or {})
        self.weight_decay_roles = tuple(weight_decay_roles)
        self._excluded: tuple[tuple[Any, ...], tuple[str, ...]] = ((), ())
        unknown = (set(self.lr_multipliers) | set(self.weight_decay_roles)) - set(ROLES)
        if unknown:
            raise ValueError(f"Weight roles are {ROLES}. Received: {sorted(unknown)}")
        negative = {role: m for role, m in self.lr_multipliers.items() if m < 0}
        if negative:
            raise ValueError(f"`lr_multipliers` must not be negative. Received: {negative}")

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[keras.Variable] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        self._excluded = (tuple(var_list or ()), tuple(var_names or ()))
        super().exclude_from_weight_decay(var_list, var_names)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        if not self.built:
            chosen, names = self._excluded
            spared = [variable for variable in variables if not self._decays(variable)]
            super().exclude_from_weight_decay([*chosen, *spared], names)
        super().build(variables)

    def _decays(self, variable: keras.Variable) -> bool:
        role = role_of(variable)
        return role in self.weight_decay_roles and self.lr_multipliers.get(role, 1.0) != 0.0

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        multiplier = self.lr_multipliers.get(role_of(variable_updated(self, variable)), 1.0)
        if multiplier != 0.0:
            super().update_step(gradient, variable, learning_rate * multiplier)

    @classmethod
    def from_config(cls, config: Config, custom_objects: Any = None) -> Any:
        former = {"multipliers": "lr_multipliers", "decayed_roles": "weight_decay_roles"}
        config = {former.get(key, key): value for key, value in config.items()}
        return super().from_config(config, custom_objects)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "lr_multipliers": self.lr_multipliers,
            "weight_decay_roles": list(self.weight_decay_roles),
        }


@keras.saving.register_keras_serializable(package="be_keras")
class SGD(_ByRole, keras.optimizers.SGD):
    """`keras.optimizers.SGD` by weight role; see `AdamW` for what it adds, and for errors.

    Examples:
        >>> optimizer = be_keras.optimizers.SGD(1e-3, lr_multipliers={"fast": 0.5})
        >>> optimizer.weight_decay_roles
        ('shared', 'head')
    """


@keras.saving.register_keras_serializable(package="be_keras")
class Adam(_ByRole, keras.optimizers.Adam):
    """`keras.optimizers.Adam` by weight role; see `AdamW` for what it adds, and for errors.

    Examples:
        >>> optimizer = be_keras.optimizers.Adam(1e-3, lr_multipliers={"fast": 0.5})
        >>> optimizer.weight_decay_roles
        ('shared', 'head')
    """


@keras.saving.register_keras_serializable(package="be_keras")
class AdamW(_ByRole, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` by weight role (roles: see `be_keras.roles`).

    Args:
        lr_multipliers: Dict from role to a factor on its updates, 0 or more, default 1; for example
            `{"fast": 0.5}`. A role with 0 stands still and does not decay.
        weight_decay_roles: Roles that weight decay acts on; fast weights, biases and norms are left
            alone by default.
        *args, **kwargs: As in the Keras optimiser.

    Raises:
        ValueError: A role is unknown or a multiplier negative.

    Examples:
        >>> optimizer = be_keras.optimizers.AdamW(1e-3, lr_multipliers={"fast": 0.5})
        >>> optimizer.weight_decay_roles
        ('shared', 'head')
    """


@keras.saving.register_keras_serializable(package="be_keras")
class Lion(_ByRole, keras.optimizers.Lion):
    """`keras.optimizers.Lion` by weight role; see `AdamW` for what it adds, and for errors.

    Examples:
        >>> be_keras.optimizers.Lion(1e-4, lr_multipliers={"fast": 0.5}).lr_multipliers
        {'fast': 0.5}
    """


@keras.saving.register_keras_serializable(package="be_keras")
class Muon(_ByRole, keras.optimizers.Muon):
    """`keras.optimizers.Muon` by weight role; see `AdamW` for what else it adds, and for errors.

    Orthogonalises the updates of kernels alone. Fast weights, biases and norms of members,
    `(M, D)`, are one vector a member and no matrices: they take its steps of Adam.

    Examples:
        >>> be_keras.optimizers.Muon(1e-3).weight_decay_roles
        ('shared', 'head')
    """

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        return role_of(variable) not in (SHARED, HEAD) or super()._should_use_adamw(variable)


def warn_of_muon(optimizer: Any, variables: Sequence[keras.Variable]) -> None:
    """Warn if Keras' own Muon would orthogonalise fast weights, biases or norms of members.

    Args:
        optimizer: Any optimiser of Keras, or None.
        variables: What it trains, with weight roles.

    Examples:
        >>> layer = be_keras.DenseBatchEnsemble(2, ensemble_size=2)
        >>> be_keras.optimizers.warn_of_muon(be_keras.optimizers.Muon(), layer.variables)
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if not isinstance(optimizer, keras.optimizers.Muon) or isinstance(optimizer, Muon):
        return
    taken = [
        variable.path
        for variable in variables
        if role_of(variable) not in (SHARED, HEAD) and not optimizer._should_use_adamw(variable)
    ]
    if taken:
        warnings.warn(
            f"keras.optimizers.Muon takes {len(taken)} weights of members for matrices and "
            f"orthogonalises their updates, such as {taken[0]!r}: members are no rows of a "
            "matrix. Use be_keras.optimizers.Muon, which takes the same arguments.",
            stacklevel=4,
        )
