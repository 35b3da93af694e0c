"""CachedMultiHeadAttention: multi-head attention with a decoding cache, of one network.

Attention mixes time steps of one row and never rows, so only its four projections would know of
members: the body is written once and asks a method for each projection.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import constraints, ops, regularizers

from be_keras import initializers
from be_keras.layers.attention_mask import combine_masks
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class CachedMultiHeadAttention(keras.layers.Layer):
    """Multi-head attention (Vaswani et al., 2017) that can decode one step at a time.

    Takes `query (R, T, D)`, `value (R, S, D)` and optionally `key (R, S, D)`, gives
    `(R, T, D)`; R are rows.

    Decoding: `cache (R, 2, S, num_heads, key_dim)` holds keys and values. With
    `cache_update_index` those of the query's steps are written into it from that index on, and
    the query attends to everything up to its own step. Without, keys and values are read from
    the cache, as cross-attention does with what `make_cache(value)` gave once. With a cache the
    result is `(output, cache)`, and the masks of `value` and `key`, which say nothing of the
    cache's steps, are not read: hide those with `attention_mask`.

    Args:
        num_heads, key_dim, ...: As in `keras.layers.MultiHeadAttention`, in its order. A cache
            needs `value_dim` equal to `key_dim`, the default.

    Raises:
        ValueError: An option of Keras' layer that this one does not have, or a cache for keys
            and values of unequal width.

    Examples:
        >>> attention = be_keras.CachedMultiHeadAttention(num_heads=2, key_dim=4)
        >>> x, memory = np.ones((3, 5, 8), "float32"), np.ones((3, 7, 8), "float32")
        >>> tuple(attention(x, memory).shape)
        (3, 5, 8)
        >>> cache = attention.make_cache(memory)  # once for all steps of decoding
        >>> output, cache = attention(x[:, :1], memory, cache=cache)
        >>> tuple(output.shape), tuple(cache.shape)
        ((3, 1, 8), (3, 2, 7, 2, 4))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | None = None,
        attention_axes: Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        activity_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        for name, value in (
            ("attention_axes", attention_axes),
            ("sliding_window", sliding_window),
            ("flash_attention", flash_attention),
            ("use_gate", use_gate),
        ):
            if value not in (None, False):
                raise ValueError(
                    f"{type(self).__name__} does not support `{name}`: leave it out. "
                    f"Received: {name}={value!r}"
                )
        if output_shape is not None and not isinstance(output_shape, int):
            raise ValueError(
                f"`output_shape` must be an integer or None. Received: {output_shape!r}"
            )
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim or key_dim
        self.dropout = dropout
        self.use_bias = use_bias
        self.output_width = output_shape
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.seed = seed
        self.supports_masking = True
        self.dropout_layer = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def projection(
        self, equation: str, output_shape: Shape, options: Config, stream: int
    ) -> keras.Layer:
        """Make one of the four projections; a subclass gives its own kind of layer.

        Args:
            equation, output_shape: As in `keras.layers.EinsumDense`.
            options: Dict of the further arguments of that layer.
            stream: Int, other for each projection: see `be_keras.initializers.fresh`.

        Examples:
            >>> attention = be_keras.CachedMultiHeadAttention(num_heads=2, key_dim=4)
            >>> attention.projection("btd,dnh->btnh", (None, 2, 4), {"name": "query"}, 0).name
            'query'
        """
        layer = keras.layers.EinsumDense(equation, output_shape, **options)
        layer.supports_masking = True
        return layer

    def _projection(
        self, equation: str, output_shape: Shape, bias_axes: str | None, name: str, stream: int
    ) -> keras.Layer:
        options = {
            "bias_axes": bias_axes if self.use_bias else None,
            # Keras' initialisers repeat their values at every call: a stream for each projection.
            "kernel_initializer": initializers.fresh(self.kernel_initializer, stream),
            "bias_initializer": initializers.fresh(self.bias_initializer, stream),
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
            "dtype": self.dtype_policy,
            "name": name,
        }
        return self.projection(equation, output_shape, options, stream)

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        heads, width = self.num_heads, self.output_width or query_shape[-1]
        self.query_projection = self._projection(
            "btd,dnh->btnh", (None, heads, self.key_dim), "nh", "query", 0
        )
        self.key_projection = self._projection(
            "btd,dnh->btnh", (None, heads, self.key_dim), "nh", "key", 1
        )
        self.value_projection = self._projection(
            "btd,dnh->btnh", (None, heads, self.value_dim), "nh", "value", 2
        )
        self.output_projection = self._projection("btnh,nhd->btd", (None, width), "d", "output", 3)
        self.query_projection.build(query_shape)
        self.key_projection.build(key_shape or value_shape)
        self.value_projection.build(value_shape)
        self.output_projection.build((*query_shape[:-1], heads, self.value_dim))

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor = None,
        query_mask: Tensor = None,
        value_mask: Tensor = None,
        key_mask: Tensor = None,
        attention_mask: Tensor = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: Tensor = None,
        cache_update_index: Tensor = None,
    ) -> Tensor:
        queries = self.query_projection(query)  # (R, T, N, H)
        if cache is None:
            keys = self.key_projection(value if key is None else key)  # (R, S, N, H)
            values = self.value_projection(value)
        else:
            key_mask = value_mask = None
            if cache_update_index is not None:
                new = self.make_cache(value, key)
                cache = ops.slice_update(
                    cache, (0, 0, cache_update_index, 0, 0), ops.cast(new, cache.dtype)
                )
            keys, values = cache[:, 0], cache[:, 1]
        mask = combine_masks(
            ops.shape(queries)[1],
            ops.shape(keys)[1],
            attention_mask,
            (value_mask, key_mask),
            causal=use_causal_mask or cache_update_index is not None,
            start=0 if cache_update_index is None else cache_update_index,
        )
        mixed, scores = self._attend(queries, keys, values, mask, training)
        outputs = [self.output_projection(mixed)]
        if return_attention_scores:
            outputs.append(scores)
        if cache is not None:
            outputs.append(cache)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def make_cache(self, value: Tensor, key: Tensor = None) -> Tensor:
        """Keys and values of `value (R, S, D)`, stacked as `(R, 2, S, num_heads, key_dim)`."""
        if self.value_dim != self.key_dim:
            raise ValueError(
                "A cache needs keys and values of one width. Received: "
                f"key_dim={self.key_dim}, value_dim={self.value_dim}"
            )
        keys = self.key_projection(value if key is None else key)
        return ops.stack([keys, self.value_projection(value)], axis=1)

    def _attend(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor, training: bool | None
    ) -> tuple[Tensor, Tensor]:
        """Scaled dot products: `(R, T, N, H)` to `(R, T, N, H)` and scores `(R, N, T, S)`."""
        queries = queries * (self.key_dim**-0.5)
        logits = ops.einsum("btnh,bsnh->bnts", queries, ops.cast(keys, queries.dtype))
        if mask is not None:
            floor = -1e9 if self.compute_dtype != "float16" else -3e4
            logits = ops.where(mask, logits, ops.cast(floor, logits.dtype))
        scores = ops.softmax(logits, axis=-1)
        dropped = self.dropout_layer(scores, training=training)
        return ops.einsum("bnts,bsnh->btnh", dropped, ops.cast(values, scores.dtype)), scores

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> Tensor:
        return previous_mask  # of the query

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> tuple[Any, ...]:
        return (*query_shape[:-1], self.output_width or query_shape[-1])

    def compute_output_spec(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor = None,
        query_mask: Tensor = None,
        value_mask: Tensor = None,
        key_mask: Tensor = None,
        attention_mask: Tensor = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: Tensor = None,
        cache_update_index: Tensor = None,
    ) -> Any:
        shape = self.compute_output_shape(query.shape, value.shape)
        outputs = [keras.KerasTensor(shape, self.compute_dtype)]
        if return_attention_scores:
            keys = value.shape[1] if cache is None else cache.shape[2]
            shape = (query.shape[0], self.num_heads, query.shape[1], keys)
            outputs.append(keras.KerasTensor(shape, self.compute_dtype))
        if cache is not None:
            outputs.append(keras.KerasTensor(cache.shape, cache.dtype))
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "output_shape": self.output_width,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "seed": self.seed,
        }
