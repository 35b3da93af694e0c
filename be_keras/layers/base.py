"""What every BatchEnsemble layer shares: M, the fast weights r and s, and their product.

Wen, Tran and Ba (ICLR 2020): member i's weight is W ∘ (r_i s_iᵀ), so that
act(((x ∘ r_i) W) ∘ s_i + b_i) serves all members with one product. A layer of this room takes
rows (B * M, ...) and gives rows.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import constraints, ops, regularizers

from be_keras import initializers
from be_keras.backend import has_accelerator
from be_keras.members import (
    check_ensemble_size,
    check_rows,
    merge_members,
    split_members,
    warn_outside_of_ensembles,
)
from be_keras.roles import BIAS, FAST, NORM, SHARED, role_of, set_role
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor


class MemberLayer(keras.layers.Layer):
    """Base of all layers that know their ensemble size: what they make of rows."""

    _size_in_file: int | None = None

    def check_rows(self, rows: Any) -> None:
        """Raise ValueError if the number of rows is known and no multiple of M."""
        check_rows(rows.shape, self.ensemble_size, f"{type(self).__name__} {self.name!r}")
        warn_outside_of_ensembles(self.ensemble_size)

    def float_rows(self, rows: Any) -> Any:
        """Checked rows to compute with: integers and booleans as floats, as Keras' Dense does.

        Examples:
            >>> layer = be_keras.DenseBatchEnsemble(3, ensemble_size=2)
            >>> rows = layer.float_rows(np.ones((4, 5), "uint8"))
            >>> keras.backend.standardize_dtype(rows.dtype)
            'float32'
        """
        self.check_rows(rows)
        floats = keras.backend.is_float_dtype(keras.backend.standardize_dtype(rows.dtype))
        return rows if floats else ops.cast(rows, self.compute_dtype)

    def add_weight(self, shape: Shape | None = None, *args: Any, **kwargs: Any) -> keras.Variable:
        if shape and 0 in shape:
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expects rows with at least one feature. "
                f"Received rows for which a weight would have the shape {tuple(shape)}."
            )
        return super().add_weight(shape, *args, **kwargs)

    def load_own_variables(self, store: Any) -> None:
        # Kept: Keras visits what failed once more, where the file has nothing, and tells of that.
        if "0" in store:
            self._size_in_file = self._other_size(store)
        if self._size_in_file is not None:
            raise ValueError(
                f"The file was written with ensemble_size={self._size_in_file}, and "
                f"{type(self).__name__} {self.name!r} has ensemble_size={self.ensemble_size}. Load "
                f"it into a model made with ensemble_size={self._size_in_file}; for another number "
                "of members convert one of these: to_batch_ensemble(extract_member(model, 0), "
                f"{self.ensemble_size})."
            )
        super().load_own_variables(store)

    def _other_size(self, store: Any) -> int | None:
        """The ensemble size of weights in a file, if that alone keeps them from fitting."""
        for place, weight in enumerate(self.variables):
            if str(place) in store and role_of(weight) in (FAST, BIAS, NORM):
                size, *others = store[str(place)].shape
                if size != self.ensemble_size and others == list(weight.shape[1:]):
                    return int(size)
        return None


class BatchEnsembleLayer(MemberLayer):
    """Base of the layers with fast weights; see the module's docstring for the formula.

    Keras' quantisation and LoRA change one kernel and know nothing of r and s: they are refused.

    Args:
        ensemble_size: Number of members M.
        r_initializer, s_initializer: Initialisers of the fast weights: "random_sign",
            "normal_around_one" or any Keras initialiser.
        r_regularizer, s_regularizer: Regularisers of the fast weights, or None.
        r_constraint, s_constraint: Constraints of the fast weights, or None.

    Raises:
        ValueError: `ensemble_size` is no positive integer, or `dtype` is a quantised policy.
    """

    def __init__(
        self,
        *,
        ensemble_size: int,
        r_initializer: Initializer = "random_sign",
        s_initializer: Initializer = "random_sign",
        r_regularizer: Regularizer = None,
        s_regularizer: Regularizer = None,
        r_constraint: Constraint = None,
        s_constraint: Constraint = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if self.quantization_mode is not None:
            raise ValueError(
                f"{self._not_supported('quantised policies')} Expected a policy of floats, such "
                f'as "mixed_bfloat16". Received: dtype={self.dtype_policy.name!r}'
            )
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.r_initializer = initializers.get(r_initializer)
        self.s_initializer = initializers.get(s_initializer)
        self.r_regularizer = regularizers.get(r_regularizer)
        self.s_regularizer = regularizers.get(s_regularizer)
        self.r_constraint = constraints.get(r_constraint)
        self.s_constraint = constraints.get(s_constraint)
        self.supports_masking = True

    def add_fast_weights(self, r_shape: Shape, s_shape: Shape) -> None:
        """Make `r (M, *r_shape)` and `s (M, *s_shape)`."""
        self.r = self.add_fast_weight("r", r_shape)
        self.s = self.add_fast_weight("s", s_shape, like="s", stream=1)

    def add_fast_weight(
        self,
        name: str,
        shape: Shape,
        like: str = "r",
        stream: int = 0,
        initializer: Initializer = None,
    ) -> keras.Variable:
        """Make one fast weight `(M, *shape)` with the settings of r or of s.

        `initializer` takes the place of theirs. Fast weights of one layer take different streams,
        so that none repeats another.
        """
        weight = self.add_weight(
            name=name,
            shape=(self.ensemble_size, *shape),
            initializer=initializers.fresh(
                initializer or getattr(self, f"{like}_initializer"), stream
            ),
            regularizer=getattr(self, f"{like}_regularizer"),
            constraint=getattr(self, f"{like}_constraint"),
        )
        set_role(weight, FAST)
        return weight

    def add_shared_weight(
        self,
        name: str,
        shape: Shape,
        initializer: Initializer,
        regularizer: Regularizer = None,
        constraint: Constraint = None,
    ) -> keras.Variable:
        """Make one weight that all members use."""
        weight = self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            regularizer=regularizer,
            constraint=constraint,
        )
        set_role(weight, SHARED)
        return weight

    def add_member_bias(
        self,
        shape: Shape,
        initializer: Initializer,
        regularizer: Regularizer = None,
        constraint: Constraint = None,
    ) -> keras.Variable:
        """Make a bias `(M, *shape)`, one for each member."""
        weight = self.add_weight(
            name="bias",
            shape=(self.ensemble_size, *shape),
            initializer=initializer,
            regularizer=regularizer,
            constraint=constraint,
        )
        set_role(weight, BIAS)
        return weight

    def scale(self, rows: Tensor, weight: Tensor, axes: Sequence[int] = (-1,)) -> Tensor:
        """Multiply rows `(B * M, ...)` by a member weight `(M, *sizes of axes)`."""
        return per_member(ops.multiply, rows, weight, self.ensemble_size, axes)

    def shift(self, rows: Tensor, weight: Tensor, axes: Sequence[int] = (-1,)) -> Tensor:
        """Add a member weight `(M, *sizes of axes)` to rows `(B * M, ...)`."""
        return per_member(ops.add, rows, weight, self.ensemble_size, axes)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        return previous_mask

    def quantize(
        self, mode: str | None = None, type_check: bool = True, config: Any = None
    ) -> None:
        """Refused. Keras' `Model.quantize` warns with the message and quantises the other layers.

        Raises:
            NotImplementedError: Always; it is what Keras expects of a layer that stays as it is.
        """
        raise NotImplementedError(f"{self._not_supported('quantisation')} It stays in floats.")

    def enable_lora(self, *args: Any, **kwargs: Any) -> None:
        """Refused, as every argument of it is.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            f"{self._not_supported('LoRA')} Members are rank-one changes of one kernel already: "
            'be_keras.roles.freeze(model, "shared") trains those alone.'
        )

    def _not_supported(self, what: str) -> Any:
        return f"{type(self).__name__} {self.name!r} does not support {what}."

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "ensemble_size": self.ensemble_size,
            "r_initializer": keras.initializers.serialize(self.r_initializer),
            "s_initializer": keras.initializers.serialize(self.s_initializer),
            "r_regularizer": regularizers.serialize(self.r_regularizer),
            "s_regularizer": regularizers.serialize(self.s_regularizer),
            "r_constraint": constraints.serialize(self.r_constraint),
            "s_constraint": constraints.serialize(self.s_constraint),
        }


def per_member(
    operation: Callable[..., Any],
    rows: Tensor,
    weight: Tensor,
    ensemble_size: int,
    axes: Sequence[int] = (-1,),
) -> Tensor:
    """Apply an elementwise operation between rows and each row's own member weight.

    Args:
        operation: For example `ops.multiply`.
        rows: `(B * M, ...)`, floats: a layer takes them from `float_rows`.
        weight: `(M, *sizes)`, one size for each of `axes`, in their order.
        ensemble_size: Number of members M.
        axes: Axes of `rows` that the weight varies over, increasing, none of them 0.

    Returns:
        Rows `(B * M, ...)`.
    """
    rank = len(rows.shape)
    sizes = dict(zip([axis % rank for axis in axes], weight.shape[1:], strict=True))
    shape = [sizes.get(axis, 1) for axis in range(1, rank)]
    weight = ops.reshape(weight, (ensemble_size, *shape))  # (M, 1 .. size .. 1)
    weight = ops.cast(weight, rows.dtype)
    if ensemble_size == 1:
        return operation(rows, weight)
    members = split_members(rows, ensemble_size)
    return merge_members(operation(members, _spread(weight, ops.shape(members)[0])))


def _spread(weight: Tensor, examples: Tensor) -> Any:
    """Repeat a member weight `(M, ...)` over examples, `(B, M, ...)`, where that pays.

    Left to broadcasting, the weight's gradient is a sum over axes 0 and 2, on which TensorFlow's
    CPU kernel spends three times as long as a product with ones. Rows of two axes sum over axis 0
    alone, which is fast. Accelerators fuse the sum, and a product could round there.
    """
    two_axes = len(weight.shape) == 2
    if two_axes or keras.backend.backend() != "tensorflow" or has_accelerator():
        return weight
    ones = ops.ones((examples, 1), dtype=weight.dtype)
    flat = ops.matmul(ones, ops.reshape(weight, (1, -1)))
    return ops.reshape(flat, (examples, *weight.shape))
