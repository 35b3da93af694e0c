"""GroupQueryAttentionBatchEnsemble: attention of M members whose heads share keys and values."""

import keras
from keras import ops

from be_keras.layers.attention import MultiHeadAttentionBatchEnsemble


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
    """

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        *args,
        ensemble_size,
        **kwargs,
    ):
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

    def projection(self, equation, output_shape, options, stream):
        if options["name"] in ("key", "value"):
            output_shape = (None, self.num_key_value_heads, self.key_dim)
        return super().projection(equation, output_shape, options, stream)

    def _attend(self, queries, keys, values, mask, training):
        repeats = self.num_heads // self.num_key_value_heads
        keys, values = (ops.repeat(each, repeats, axis=2) for each in (keys, values))
        return super()._attend(queries, keys, values, mask, training)

    def get_config(self):
        config = super().get_config()
        for name in ("num_heads", "key_dim", "value_dim", "output_shape"):
            del config[name]
        return {
            **config,
            "head_dim": self.key_dim,
            "num_query_heads": self.num_heads,
            "num_key_value_heads": self.num_key_value_heads,
        }
