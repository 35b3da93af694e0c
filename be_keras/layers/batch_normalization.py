"""BatchNormalizationBatchEnsemble: batch normalisation with statistics and scale per member."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from be_keras.layers.base import per_member
from be_keras.layers.base_normalization import HALF, MemberNormalization
from be_keras.layers.ghost import ghost_moments
from be_keras.members import split_members
from be_keras.roles import NORM, set_role
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor


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
        ghost_size: Examples that are normalised together in training, group by group in their
            order, so that moments are as noisy as those of a batch of that size, however large
            the batch. With split members, rows of each member. The last group may be smaller; on
            TensorFlow groups end where a replica's rows end. None: all examples of a batch.
        ensemble_size: Number of members M.

    Raises:
        ValueError: An option has no such value or is not supported, groups are to be synchronised,
            `axis` is the batch or of unknown size, or the rows are no multiple of the ensemble
            size.

    Examples:
        >>> layer = be_keras.BatchNormalizationBatchEnsemble(ensemble_size=2)
        >>> rows = layer(np.arange(12.0).reshape(6, 2), training=True)
        >>> tuple(rows.shape), tuple(layer.moving_mean.shape)
        ((6, 2), (2, 2))
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        moving_mean_initializer: Initializer = "zeros",
        moving_variance_initializer: Initializer = "ones",
        beta_regularizer: Regularizer = None,
        gamma_regularizer: Regularizer = None,
        beta_constraint: Constraint = None,
        gamma_constraint: Constraint = None,
        renorm: bool = False,
        renorm_clipping: Config | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        *,
        statistics: str = "members",
        ghost_size: int | None = None,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
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
                f'`statistics` must be "members" or "shared". Received: statistics={statistics!r}'
            )
        if ghost_size is not None and (
            isinstance(ghost_size, bool) or not isinstance(ghost_size, int) or ghost_size < 1
        ):
            raise ValueError(
                f"`ghost_size` must be None or a positive integer. Received: {ghost_size!r}"
            )
        if ghost_size and synchronized:
            raise ValueError(
                "`ghost_size` keeps moments to a group of examples, `synchronized` takes those of "
                f"all replicas: choose one. Received: ghost_size={ghost_size}"
            )
        self.axis = axis
        self.ghost_size = ghost_size
        self.momentum = momentum
        self.moving_mean_initializer = keras.initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = keras.initializers.get(moving_variance_initializer)
        self.synchronized = synchronized
        self.statistics = statistics
        # How many kinds of rows have moments of their own.
        self.pools = self.ensemble_size if statistics == "members" else 1

    def build(self, input_shape: Shape) -> None:
        channels = self.check_channels(input_shape, self.axis)
        self.add_scale_and_shift((channels,))
        self.moving_mean = self._add_statistic("moving_mean", channels)
        self.moving_variance = self._add_statistic("moving_variance", channels)
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def _add_statistic(self, name: str, channels: int) -> keras.Variable:
        weight = self.add_weight(
            name=name,
            shape=(self.pools, channels),
            initializer=getattr(self, f"{name}_initializer"),
            dtype="float32" if self.variable_dtype in HALF else None,
            trainable=False,
            autocast=False,
        )
        set_role(weight, NORM)
        return weight

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor = None) -> Tensor:
        rows = self.in_full_precision(inputs)
        learns = training and self.trainable
        if learns:
            mean, variance = self._learn(rows, mask)
        else:
            mean = ops.cast(self.moving_mean, rows.dtype)
            variance = ops.cast(self.moving_variance, rows.dtype)
        # gamma (x - mean) / std + beta as one product and one sum over the rows.
        factor = ops.rsqrt(variance + self.epsilon)
        own = bool(learns) and self.ghost_size is not None  # every row has moments of its own
        if self.gamma is not None:
            factor = self._with_members(ops.multiply, factor, self.gamma, own)
        term = -mean * factor
        if self.beta is not None:
            term = self._with_members(ops.add, term, self.beta, own)
        rows = self._to_rows(ops.multiply, rows, factor, own)
        rows = self._to_rows(ops.add, rows, term, own)
        return ops.cast(rows, self.compute_dtype)

    def _learn(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Moments to normalise with, of pools `(pools, C)` or of rows `(B * M, C)`.

        The moving ones follow.
        """
        moments = _row_moments(rows, mask, self.axis % len(rows.shape))
        if self.ghost_size is None:
            mean, variance = means, variances = self._moments(*moments)
        else:
            size = self.ghost_size * self.ensemble_size // self.pools
            means, variances, mean, variance = ghost_moments(*moments, pools=self.pools, size=size)
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance)
        return means, variances

    def _with_members(
        self, operation: Callable[..., Any], values: Tensor, weight: Tensor, own: bool
    ) -> Tensor:
        """Values of pools `(pools, C)`, or of rows, each with its member's weight `(M, C)`."""
        if own:
            return per_member(operation, values, weight, self.ensemble_size)
        return operation(values, ops.cast(weight, values.dtype))

    def _to_rows(
        self, operation: Callable[..., Any], rows: Tensor, values: Tensor, own: bool
    ) -> Tensor:
        """Rows, each with the values of its member `(M or 1, C)`, or its own `(B * M, C)`."""
        if not own:
            return per_member(operation, rows, values, values.shape[0], (self.axis,))
        shape = [1] * len(rows.shape)
        shape[0], shape[self.axis] = -1, rows.shape[self.axis]
        return operation(rows, ops.reshape(values, shape))

    def _follow(self, statistic: keras.Variable, value: Tensor) -> None:
        statistic.assign(statistic * self.momentum + value * (1.0 - self.momentum))

    def _moments(self, count: Tensor, means: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance `(pools, C)` of the rows that share them.

        Those of each row come in: the variance of a whole is the mean of its parts' variances and
        the variance of their means.
        """
        total = ops.maximum(self._mean_of_rows(count), keras.config.epsilon())

        def pooled(values: Tensor) -> Tensor:
            return self._mean_of_rows(count * values) / total

        mean = pooled(means)
        # Moving the mean changes nothing here to first order.
        still = ops.stop_gradient(mean)
        distances = per_member(ops.subtract, means, still, self.pools)
        return mean, pooled(variances + ops.square(distances))

    def _mean_of_rows(self, values: Tensor) -> Tensor:
        """Mean `(pools, C)` of values `(B * M, C)`."""
        values = split_members(values, self.pools)
        if self.synchronized and keras.backend.backend() == "tensorflow":
            return ops.moments(values, axes=[0], synchronized=True)[0]
        return ops.mean(values, axis=0)

    def get_config(self) -> Config:
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
            "ghost_size": self.ghost_size,
        }


def _row_moments(rows: Tensor, mask: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
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
