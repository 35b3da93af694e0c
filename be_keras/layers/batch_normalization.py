"""BatchNormalizationBatchEnsemble: batch normalisation with statistics and scale per member."""

import keras
from keras import ops

from be_keras.layers.base import per_member
from be_keras.layers.base_normalization import MemberNormalization
from be_keras.members import split_members
from be_keras.roles import NORM, set_role


@keras.saving.register_keras_serializable(package="be_keras")
class BatchNormalizationBatchEnsemble(MemberNormalization):
    """Batch normalisation (Ioffe & Szegedy, 2015) of M members.

    Takes rows `(B * M, ..., C)` and gives rows of the same shape. Weights: `gamma (M, C)`,
    `beta (M, C)`, and the untrainable `moving_mean` and `moving_variance`, each `(M, C)`, or
    `(1, C)` where statistics are shared. In training rows are normalised with the moments of the
    batch, otherwise, or if the layer is not trainable, with the moving ones. Steps that a mask
    `(B * M, ...)` hides count in no moment. All statistics are taken in float32 at least.

    Args:
        axis: Axis of the channels.
        momentum, ..., gamma_constraint: As in `keras.layers.BatchNormalization`, in its order.
        renorm, renorm_clipping, renorm_momentum: Not supported: leave them out.
        synchronized: On TensorFlow, whether moments are those of all replicas' rows instead of
            each replica's own. On JAX a batch that is cut over devices is one batch, so they
            always are.
        statistics: "members": each member is normalised over its own rows. "shared": over the
            rows of all members.
        ensemble_size: Number of members M.

    Raises:
        ValueError: An option has no such value or is not supported, `axis` is the batch or of
            unknown size, or the rows are no multiple of the ensemble size.
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        *,
        statistics="members",
        ensemble_size,
        **kwargs,
    ):
        super().__init__(
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            ensemble_size=ensemble_size,
            **kwargs,
        )
        if renorm or renorm_clipping is not None:
            raise ValueError(
                f"{type(self).__name__} does not support `renorm`: leave it out. Received: "
                f"renorm={renorm!r}, renorm_clipping={renorm_clipping!r}"
            )
        if statistics not in ("members", "shared"):
            raise ValueError(
                '`statistics` must be "members" or "shared". '
                f"Received: statistics={statistics!r}"
            )
        self.axis = axis
        self.momentum = momentum
        self.moving_mean_initializer = keras.initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = keras.initializers.get(moving_variance_initializer)
        self.synchronized = synchronized
        self.statistics = statistics
        # How many kinds of rows have moments of their own.
        self.pools = self.ensemble_size if statistics == "members" else 1

    def build(self, input_shape):
        channels = self.check_channels(input_shape, self.axis)
        self.add_scale_and_shift((channels,))
        self.moving_mean = self._add_statistic("moving_mean", channels)
        self.moving_variance = self._add_statistic("moving_variance", channels)
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes={self.axis: channels}
        )

    def _add_statistic(self, name, channels):
        weight = self.add_weight(
            name=name,
            shape=(self.pools, channels),
            initializer=getattr(self, f"{name}_initializer"),
            trainable=False,
            autocast=False,
        )
        set_role(weight, NORM)
        return weight

    def call(self, inputs, training=None, mask=None):
        self.check_rows(inputs)
        rows = self.in_full_precision(inputs)
        if training and self.trainable:
            mean, variance = self._moments(rows, mask)
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        else:
            mean = ops.cast(self.moving_mean, rows.dtype)
            variance = ops.cast(self.moving_variance, rows.dtype)
        # gamma (x - mean) / std + beta as one product and one sum over the rows.
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * ops.cast(self.gamma, rows.dtype)
        term = -mean * factor
        if self.beta is not None:
            term = term + ops.cast(self.beta, rows.dtype)
        rows = per_member(ops.multiply, rows, factor, factor.shape[0], (self.axis,))
        rows = per_member(ops.add, rows, term, term.shape[0], (self.axis,))
        return ops.cast(rows, self.compute_dtype)

    def _follow(self, statistic, value):
        statistic.assign(statistic * self.momentum + value * (1.0 - self.momentum))

    def _moments(self, rows, mask):
        """Mean and variance `(pools, C)` of the rows that share them.

        Those of each row first, then what rows make of them: the variance of a whole is the mean
        of its parts' variances and the variance of their means.
        """
        count, means, variances = _row_moments(rows, mask, self.axis % len(rows.shape))
        total = ops.maximum(self._mean_of_rows(count), keras.config.epsilon())

        def pooled(values):
            return self._mean_of_rows(count * values) / total

        mean = pooled(means)
        # Moving the mean changes nothing here to first order.
        still = ops.stop_gradient(mean)
        distances = per_member(ops.subtract, means, still, self.pools)
        return mean, pooled(variances + ops.square(distances))

    def _mean_of_rows(self, values):
        """Mean `(pools, C)` of values `(B * M, C)`."""
        values = split_members(values, self.pools)
        if self.synchronized and keras.backend.backend() == "tensorflow":
            return ops.moments(values, axes=[0], synchronized=True)[0]
        return ops.mean(values, axis=0)

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "moving_mean_initializer": keras.initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": keras.initializers.serialize(
                self.moving_variance_initializer
            ),
            "synchronized": self.synchronized,
            "statistics": self.statistics,
        }


def _row_moments(rows, mask, axis):
    """What counts in each row, `(B * M, 1 or C)`, and its mean and variance `(B * M, C)`."""
    axes = [a for a in range(1, len(rows.shape)) if a != axis]
    if mask is None:
        mean, variance = ops.moments(rows, axes, keepdims=True)
        mean, variance = (ops.reshape(t, (-1, rows.shape[axis])) for t in (mean, variance))
        return ops.ones_like(mean[:, :1]), mean, variance
    if len(mask.shape) != len(rows.shape) - 1:
        raise ValueError(
            "A mask has one axis less than the rows, the last. Received a mask of shape "
            f"{tuple(mask.shape)} for rows of shape {tuple(rows.shape)}."
        )
    seen = ops.expand_dims(ops.cast(mask, "bool"), -1)
    count = ops.sum(ops.cast(seen, rows.dtype), axes, keepdims=True)
    divisor = ops.maximum(count, 1.0)
    mean = ops.sum(ops.where(seen, rows, 0.0), axes, keepdims=True) / divisor
    distances = ops.where(seen, rows - ops.stop_gradient(mean), 0.0)
    variance = ops.sum(ops.square(distances), axes, keepdims=True) / divisor
    return tuple(ops.reshape(t, (-1, t.shape[axis])) for t in (count, mean, variance))
