"""GroupQueryAttentionBatchEnsemble: attention of M members whose heads share keys and values."""

from typing import Any

import keras
from keras import ops

from be_keras.layers.attention import MultiHeadAttentionBatchEnsemble
from be_keras.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class GroupQueryAttentionBatchEnsemble(MultiHeadAttentionBatchEnsemble):
    """Grouped-query attention (Ainslie et al., 2023) of M members (Wen et al., ICLR 2020).

    Query head n attends to the keys and values of head `n // (num_query_heads //
    num_key_value_heads)`. Takes and gives rows `(B * M, T, D)`; arguments of the call, masks,
    cache and errors as in `CachedMultiHeadAttention`, but for the cache's shape,
    `(B * M, 2, S, num_key_value_heads, head_dim)`.

    Args:
        head_dim, num_query_heads, num_key_value_heads, ...: As in
            `keras.layers.GroupQueryAttention`, in its order.
        ensemble_size: Number of members M.
        **kwargs: `r_initializer` and `s_initializer` of the projections, `name`, `dtype`,
            `trainable`.

    Raises:
        ValueError: The key and value heads do not divide the query heads, or an option of
            Keras' layer that this one does not have: `sliding_window`, `flash_attention`,
            `use_gate`.

    Examples:
        >>> attention = be_keras.GroupQueryAttentionBatchEnsemble(4, 4, 2, ensemble_size=2)
        >>> rows = np.ones((6, 5, 8), "float32")
        >>> tuple(attention(rows, rows).shape)
        (6, 5, 8)
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        *args: Any,
        ensemble_size: int,
        **kwargs: Any,
    ) -> None:
        if num_key_value_heads < 1 or num_query_heads % num_key_value_heads:
            raise ValueError(
                "`num_query_heads` must be a multiple of `num_key_value_heads`. Received: "
                f"num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}"
            )
        super().__init__(
            num_query_heads,
            head_dim,
            None,  # value_dim
            dropout,
            use_bias,
            None,  # output_shape
            None,  # attention_axes
            sliding_window,
            flash_attention,
            *args,  # from kernel_initializer on both have one order
            ensemble_size=ensemble_size,
            **kwargs,
        )
        self.num_key_value_heads = num_key_value_heads

    def projection(
        self, equation: str, output_shape: Shape, options: Config, stream: int
    ) -> keras.Layer:
        if options["name"] in ("key", "value"):
            output_shape = (None, self.num_key_value_heads, self.key_dim)
        return super().projection(equation, output_shape, options, stream)

    def _attend(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, training: bool | None
    ) -> tuple[Tensor, Tensor]:
        repeats = self.num_heads // self.num_key_value_heads
        keys, values = (ops.repeat(each, repeats, axis=2) for each in (keys, values))
        return super()._attend(queries, keys, values, mask, training)

    def get_config(self) -> Config:
        config = super().get_config()
        for name in ("num_heads", "key_dim", "value_dim", "output_shape"):
            del config[name]
        return {
            **config,
            "head_dim": self.key_dim,
            "num_query_heads": self.num_heads,
            "num_key_value_heads": self.num_key_value_heads,
        }
