"""MultiHeadAttentionBatchEnsemble: multi-head attention of M members, with a decoding cache."""

from typing import Any

import keras

from be_keras import initializers
from be_keras.layers.cached_attention import CachedMultiHeadAttention
from be_keras.layers.einsum_dense import EinsumDenseBatchEnsemble
from be_keras.members import check_ensemble_size
from be_keras.types import Config, Initializer, Shape


@keras.saving.register_keras_serializable(package="be_keras")
class MultiHeadAttentionBatchEnsemble(CachedMultiHeadAttention):
    """Multi-head attention of M members: all four projections carry fast weights.

    Takes and gives rows `(B * M, T, D)`; see `CachedMultiHeadAttention` for shapes, the cache
    and the errors, and Wen et al. (ICLR 2020) for the method.

    Args:
        num_heads, key_dim, ...: As in `keras.layers.MultiHeadAttention`, in its order.
        ensemble_size: Number of members M.
        r_initializer, s_initializer: Initialisers of the projections' fast weights.

    Examples:
        >>> attention = be_keras.MultiHeadAttentionBatchEnsemble(2, 4, ensemble_size=2)
        >>> rows = np.ones((6, 5, 8), "float32")
        >>> tuple(attention(rows, rows, use_causal_mask=True).shape)
        (6, 5, 8)
    """

    def __init__(
        self,
        *args: Any,
        ensemble_size: int,
        r_initializer: Initializer = "random_sign",
        s_initializer: Initializer = "random_sign",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.r_initializer = initializers.get(r_initializer)
        self.s_initializer = initializers.get(s_initializer)

    def projection(
        self, equation: str, output_shape: Shape, options: Config, stream: int
    ) -> keras.Layer:
        return EinsumDenseBatchEnsemble(
            equation,
            output_shape,
            ensemble_size=self.ensemble_size,
            r_initializer=initializers.fresh(self.r_initializer, part=stream),
            s_initializer=initializers.fresh(self.s_initializer, part=stream),
            **options,
        )

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "ensemble_size": self.ensemble_size,
            "r_initializer": keras.initializers.serialize(self.r_initializer),
            "s_initializer": keras.initializers.serialize(self.s_initializer),
        }
