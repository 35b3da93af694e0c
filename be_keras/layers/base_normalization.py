"""What the normalisations of members share: a gamma and a beta for each member."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import constraints, ops, regularizers

from be_keras.layers.base import MemberLayer, per_member
from be_keras.members import check_ensemble_size
from be_keras.roles import NORM, set_role
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor

HALF = ("float16", "bfloat16")


class MemberNormalization(MemberLayer):
    """Base of the normalisations whose scale `gamma (M, ...)` and shift `beta (M, ...)` differ.

    Takes rows `(B * M, ...)` and gives rows of the same shape; a child says how rows are
    normalised. Statistics are taken in float32 at least.

    Args:
        epsilon: Added to the variance.
        center, ..., gamma_constraint: As in Keras' normalisations.
        ensemble_size: Number of members M.

    Raises:
        ValueError: `ensemble_size` is no positive integer.
    """

    def __init__(
        self,
        *,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Initializer,
        gamma_initializer: Initializer,
        beta_regularizer: Regularizer,
        gamma_regularizer: Regularizer,
        beta_constraint: Constraint,
        gamma_constraint: Constraint,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.supports_masking = True

    def add_scale_and_shift(self, sizes: Shape) -> None:
        """Make `gamma (M, *sizes)` and `beta (M, *sizes)`, or None for what is not wanted."""
        self.gamma = self._add("gamma", sizes) if self.scale else None
        self.beta = self._add("beta", sizes) if self.center else None

    def _add(self, name: str, sizes: Shape) -> keras.Variable:
        weight = self.add_weight(
            name=name,
            shape=(self.ensemble_size, *sizes),
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
            autocast=False,
        )
        set_role(weight, NORM)
        return weight

    def check_channels(self, input_shape: Shape, axis: int) -> int:
        """Give the size of one axis; raise ValueError if it is unknown or of the batch."""
        rank = len(input_shape)
        channels = input_shape[axis] if -rank <= axis < rank and axis % rank else None
        if channels is None:
            raise ValueError(
                "`axis` must name an axis of known size other than the batch. Received "
                f"axis={axis} for rows of shape {tuple(input_shape)}."
            )
        return channels

    def in_full_precision(self, rows: Tensor) -> Tensor:
        """Checked rows, as float32 where the layer computes in half precision."""
        rows = self.float_rows(rows)
        return ops.cast(rows, "float32") if self.compute_dtype in HALF else rows

    def scale_and_shift(self, rows: Tensor, axes: Sequence[int]) -> Tensor:
        """Multiply rows by gamma and add beta, which vary over `axes`; give the compute dtype."""
        if self.gamma is not None:
            rows = per_member(ops.multiply, rows, self.gamma, self.ensemble_size, axes)
        if self.beta is not None:
            rows = per_member(ops.add, rows, self.beta, self.ensemble_size, axes)
        return ops.cast(rows, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> tuple[Any, ...]:
        return tuple(input_shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": keras.initializers.serialize(self.beta_initializer),
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
            "ensemble_size": self.ensemble_size,
        }
