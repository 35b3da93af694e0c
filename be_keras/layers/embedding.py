"""EmbeddingBatchEnsemble: one embedding table for M members, with its tied output side."""

from typing import Any

import keras
from keras import constraints, ops, regularizers

from be_keras import initializers
from be_keras.layers.base import BatchEnsembleLayer
from be_keras.types import Config, Constraint, Initializer, Regularizer, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class EmbeddingBatchEnsemble(BatchEnsembleLayer):
    """Embedding of M members, `E ∘ (r_i s_iᵀ)`, and its tied output side (Wen et al., 2020).

    Forward it takes token rows `(B * M, ...)` and gives `(B * M, ..., output_dim)`; token v of
    member i is `r_i[v] · E[v] ∘ s_i`. With `reverse=True` it takes states
    `(B * M, ..., output_dim)` and gives logits `(B * M, ..., input_dim)` in the compute dtype:
    `(h ∘ q_i) Eᵀ + b_i`. The output side has a modulation `q (M, output_dim)` and a bias
    `b (M, input_dim)` of its own: members that share their last layer unmodulated lose their
    independence.

    Args:
        input_dim: Size of the vocabulary V.
        output_dim: Width D.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: As in
            `keras.layers.Embedding`.
        tied_output: Whether to make the weights of the output side.
        ensemble_size: Number of members M.
        q_initializer: Of `q`; None for that of `r`. All else of `q` is as of `r`.
        **kwargs: Initialisers, regularisers and constraints of r and s (see
            `BatchEnsembleLayer`), `name`, `dtype`, `trainable`.

    Raises:
        ValueError: A size is no positive integer, the rows are no multiple of the ensemble
            size, or `reverse` is asked of a layer without `tied_output`.

    Examples:
        >>> layer = be_keras.EmbeddingBatchEnsemble(10, 4, tied_output=True, ensemble_size=2)
        >>> states = layer(np.array([[1, 2, 3]] * 6))
        >>> tuple(states.shape), tuple(layer(states, reverse=True).shape)
        ((6, 3, 4), (6, 3, 10))
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Initializer = "uniform",
        embeddings_regularizer: Regularizer = None,
        embeddings_constraint: Constraint = None,
        mask_zero: bool = False,
        tied_output: bool = False,
        *,
        ensemble_size: int,
        q_initializer: Initializer = None,
        **kwargs: Any,
    ) -> None:
        # As in Keras' layer: token ids that come as floats must not lose digits.
        super().__init__(ensemble_size=ensemble_size, autocast=False, **kwargs)
        for name, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {size!r}")
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.tied_output = tied_output
        self.q_initializer = (
            self.r_initializer if q_initializer is None else initializers.get(q_initializer)
        )
        self._reversed = False

    def build(self, input_shape: Shape | None = None) -> None:
        self.embeddings = self.add_shared_weight(
            "embeddings",
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            self.embeddings_regularizer,
            self.embeddings_constraint,
        )
        self.add_fast_weights((self.input_dim,), (self.output_dim,))
        self.bias = self.q = None
        if self.tied_output:
            self.q = self.add_fast_weight(
                "q", (self.output_dim,), stream=2, initializer=self.q_initializer
            )
            self.bias = self.add_member_bias((self.input_dim,), "zeros")

    def call(self, inputs: Tensor, reverse: bool = False) -> Tensor:
        self._reversed = reverse
        self.check_rows(inputs)
        if reverse:
            states, kernel, bias = self.output_side(inputs)
            return self.shift(ops.matmul(states, kernel), bias)
        tokens = ops.cast(inputs, "int32")
        rank = len(tokens.shape)
        embedded = ops.take(self.embeddings, tokens, axis=0)
        embedded = ops.cast(embedded, self.compute_dtype)
        member = ops.arange(ops.shape(tokens)[0]) % self.ensemble_size  # (B * M,)
        member = ops.reshape(member, (-1, *[1] * (rank - 1)))
        # Row m of r lies at m * V in the flattened table.
        r = ops.take(ops.reshape(self.r, (-1,)), member * self.input_dim + tokens)
        embedded = embedded * ops.cast(ops.expand_dims(r, -1), self.compute_dtype)
        return self.scale(embedded, self.s)

    def output_side(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the tied output needs, for losses that never hold all logits at once.

        Args:
            states: Rows `(B * M, ..., D)`.

        Returns:
            Modulated states `(B * M, ..., D)`, the kernel `(D, V)`, the bias `(M, V)`.

        Examples:
            >>> layer = be_keras.EmbeddingBatchEnsemble(10, 4, tied_output=True, ensemble_size=2)
            >>> states, kernel, bias = layer.output_side(layer(np.array([[1, 2, 3]] * 6)))
            >>> tuple(kernel.shape), tuple(bias.shape)
            ((4, 10), (2, 10))
        """
        self._check_tied()
        kernel = ops.transpose(ops.cast(self.embeddings, self.compute_dtype))
        return self.scale(ops.cast(states, self.compute_dtype), self.q), kernel, self.bias

    def _check_tied(self) -> None:
        if not self.tied_output:
            raise ValueError(
                f"EmbeddingBatchEnsemble {self.name!r} was asked for its output side and has "
                "none. Make it with tied_output=True."
            )

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor = None) -> Tensor:
        if self._reversed:  # Keras does not say how the layer was called
            return previous_mask
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_spec(self, inputs: Tensor, reverse: bool = False) -> keras.KerasTensor:
        self._reversed = reverse
        self.check_rows(inputs)
        if reverse:
            self._check_tied()
            return keras.KerasTensor((*inputs.shape[:-1], self.input_dim), self.compute_dtype)
        return keras.KerasTensor((*inputs.shape, self.output_dim), self.compute_dtype)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "tied_output": self.tied_output,
            "q_initializer": keras.initializers.serialize(self.q_initializer),
        }
