"""LayerNormalizationBatchEnsemble: layer normalisation with a scale and shift per member."""

import keras
from keras import constraints, ops, regularizers

from be_keras.layers.base import per_member
from be_keras.members import check_ensemble_size, check_rows
from be_keras.roles import NORM, set_role


@keras.saving.register_keras_serializable(package="be_keras")
class LayerNormalizationBatchEnsemble(keras.layers.Layer):
    """Layer normalisation (Ba et al., 2016) with `gamma (M, ...)` and `beta (M, ...)`.

    Takes rows `(B * M, ...)` and gives rows of the same shape. Mean and variance are taken in
    float32 at least.

    Args:
        axis: Axis or axes to normalise over; -1 by default.
        epsilon: Added to the variance.
        center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
        beta_constraint, gamma_constraint: As in `keras.layers.LayerNormalization`.
        ensemble_size: Number of members M.

    Raises:
        ValueError: A normalised axis is the batch or has no known size, `ensemble_size` is no
            positive integer, or the rows are no multiple of it.
    """

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        *,
        ensemble_size,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = [axis] if isinstance(axis, int) else list(axis)
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

    def build(self, input_shape):
        rank = len(input_shape)
        axes = sorted({axis % rank for axis in self.axis if -rank <= axis < rank})
        sizes = tuple(input_shape[axis] for axis in axes)
        if len(axes) != len(self.axis) or 0 in axes or None in sizes:
            raise ValueError(
                "`axis` must name axes of known size other than the batch, each once. Received "
                f"axis={self.axis} for rows of shape {tuple(input_shape)}."
            )
        self.gamma = self._add("gamma", sizes) if self.scale else None
        self.beta = self._add("beta", sizes) if self.center else None

    def _add(self, name, sizes):
        weight = self.add_weight(
            name=name,
            shape=(self.ensemble_size, *sizes),
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
        )
        set_role(weight, NORM)
        return weight

    def call(self, inputs):
        check_rows(inputs.shape, self.ensemble_size, f"{type(self).__name__} {self.name!r}")
        axes = sorted(axis % len(inputs.shape) for axis in self.axis)
        half = self.compute_dtype in ("float16", "bfloat16")
        outputs = ops.cast(inputs, "float32") if half else inputs
        mean = ops.mean(outputs, axes, keepdims=True)
        centered = outputs - mean
        variance = ops.mean(ops.square(centered), axes, keepdims=True)
        outputs = centered * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            outputs = per_member(ops.multiply, outputs, self.gamma, self.ensemble_size, axes)
        if self.beta is not None:
            outputs = per_member(ops.add, outputs, self.beta, self.ensemble_size, axes)
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
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
