"""Multi-head attention with a decoding cache, for one network and for M members.

Attention mixes time steps of one row and never rows, so only its four projections know of
members: the body is written once and asks a method for each projection.
"""

import keras
from keras import constraints, ops, regularizers

from be_keras.layers.einsum_dense import EinsumDenseBatchEnsemble
from be_keras.members import check_ensemble_size


@keras.saving.register_keras_serializable(package="be_keras")
class CachedMultiHeadAttention(keras.layers.Layer):
    """Multi-head attention (Vaswani et al., 2017) that can decode one step at a time.

    Takes `query (R, T, D)`, `value (R, S, D)` and optionally `key (R, S, D)`, gives
    `(R, T, D)`; R are rows.

    Decoding: `cache (R, 2, S, num_heads, key_dim)` holds keys and values. With
    `cache_update_index` those of the query's steps are written into it from that index on, and
    the query attends to everything up to its own step. Without, keys and values are read from
    the cache, as cross-attention does with what `make_cache(value)` gave once. With a cache the
    result is `(output, cache)`.

    Args:
        num_heads, key_dim, value_dim, dropout, use_bias, output_shape, kernel_initializer,
        bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
        kernel_constraint, bias_constraint, seed: As in `keras.layers.MultiHeadAttention`. A
            cache needs `value_dim` equal to `key_dim`, the default.

    Raises:
        ValueError: An option of Keras' layer that this one does not have, or a cache for keys
            and values of unequal width.
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
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

    def projection(self, equation, output_shape, bias_axes, name):
        """Make one of the four projections; a subclass gives its own kind of layer."""
        return keras.layers.EinsumDense(
            equation, output_shape, **self._projection_options(bias_axes, name)
        )

    def _projection_options(self, bias_axes, name):
        return {
            "bias_axes": bias_axes if self.use_bias else None,
            # A copy each: Keras' initialisers repeat their values at every call.
            "kernel_initializer": self.kernel_initializer.clone(),
            "bias_initializer": self.bias_initializer.clone(),
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
            "dtype": self.dtype_policy,
            "name": name,
        }

    def build(self, query_shape, value_shape, key_shape=None):
        heads, width = self.num_heads, self.output_width or query_shape[-1]
        self.query_projection = self.projection(
            "btd,dnh->btnh", (None, heads, self.key_dim), "nh", "query"
        )
        self.key_projection = self.projection(
            "btd,dnh->btnh", (None, heads, self.key_dim), "nh", "key"
        )
        self.value_projection = self.projection(
            "btd,dnh->btnh", (None, heads, self.value_dim), "nh", "value"
        )
        self.output_projection = self.projection("btnh,nhd->btd", (None, width), "d", "output")
        self.query_projection.build(query_shape)
        self.key_projection.build(key_shape or value_shape)
        self.value_projection.build(value_shape)
        self.output_projection.build((*query_shape[:-1], heads, self.value_dim))

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
        cache=None,
        cache_update_index=None,
    ):
        queries = self.query_projection(query)  # (R, T, N, H)
        if cache is None:
            keys = self.key_projection(value if key is None else key)  # (R, S, N, H)
            values = self.value_projection(value)
        else:
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
            key_mask if key_mask is not None else value_mask,
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

    def make_cache(self, value, key=None):
        """Keys and values of `value (R, S, D)`, stacked as `(R, 2, S, num_heads, key_dim)`."""
        if self.value_dim != self.key_dim:
            raise ValueError(
                "A cache needs keys and values of one width. Received: "
                f"key_dim={self.key_dim}, value_dim={self.value_dim}"
            )
        keys = self.key_projection(value if key is None else key)
        return ops.stack([keys, self.value_projection(value)], axis=1)

    def _attend(self, queries, keys, values, mask, training):
        """Scaled dot products: `(R, T, N, H)` to `(R, T, N, H)` and scores `(R, N, T, S)`."""
        queries = queries * (self.key_dim**-0.5)
        logits = ops.einsum("btnh,bsnh->bnts", queries, ops.cast(keys, queries.dtype))
        if mask is not None:
            floor = -1e9 if self.compute_dtype != "float16" else -3e4
            logits = ops.where(mask, logits, ops.cast(floor, logits.dtype))
        scores = ops.softmax(logits, axis=-1)
        dropped = self.dropout_layer(scores, training=training)
        return ops.einsum("bnts,bsnh->btnh", dropped, ops.cast(values, scores.dtype)), scores

    def compute_mask(self, query, value, query_mask=None, value_mask=None, **kwargs):
        return query_mask

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], self.output_width or query_shape[-1])

    def get_config(self):
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


@keras.saving.register_keras_serializable(package="be_keras")
class MultiHeadAttentionBatchEnsemble(CachedMultiHeadAttention):
    """Multi-head attention of M members: all four projections carry fast weights.

    Takes and gives rows `(B * M, T, D)`; see `CachedMultiHeadAttention` for shapes, the cache
    and the errors, and Wen et al. (ICLR 2020) for the method.

    Args:
        num_heads, key_dim, ...: As in `keras.layers.MultiHeadAttention`, in its order.
        ensemble_size: Number of members M.
        r_initializer, s_initializer: Initialisers of the projections' fast weights.
    """

    def __init__(
        self,
        *args,
        ensemble_size,
        r_initializer="random_sign",
        s_initializer="random_sign",
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.r_initializer = r_initializer
        self.s_initializer = s_initializer

    def projection(self, equation, output_shape, bias_axes, name):
        return EinsumDenseBatchEnsemble(
            equation,
            output_shape,
            ensemble_size=self.ensemble_size,
            r_initializer=self.r_initializer,
            s_initializer=self.s_initializer,
            **self._projection_options(bias_axes, name),
        )

    def get_config(self):
        return {
            **super().get_config(),
            "ensemble_size": self.ensemble_size,
            "r_initializer": keras.saving.serialize_keras_object(self.r_initializer),
            "s_initializer": keras.saving.serialize_keras_object(self.s_initializer),
        }


def combine_masks(queries, keys, attention_mask, key_mask, causal, start):
    """One boolean mask, broadcastable to `(R, N, T, S)`, or None where nothing is hidden.

    Args:
        queries, keys: Numbers of steps T and S.
        attention_mask: `(R, T, S)`, `(T, S)` or `(R, N, T, S)`, True where attention may go.
        key_mask: `(R, S)`, True at real steps.
        causal: Whether query t may only see keys up to `start + t`.
        start: Step of the first query.
    """
    masks = []
    if attention_mask is not None:
        mask = ops.cast(attention_mask, "bool")
        masks.append(ops.expand_dims(mask, -3) if len(mask.shape) == 3 else mask)
    if key_mask is not None:
        masks.append(ops.expand_dims(ops.cast(key_mask, "bool"), (1, 2)))  # (R, 1, 1, S)
    if causal:
        steps = ops.expand_dims(ops.arange(queries) + start, 1)
        masks.append(steps >= ops.expand_dims(ops.arange(keys), 0))  # (T, S)
    combined = None
    for mask in masks:
        combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined
