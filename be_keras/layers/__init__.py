"""Layers with fast weights: they take rows (B * M, ...) and give rows."""

from be_keras.layers.attention import MultiHeadAttentionBatchEnsemble
from be_keras.layers.cached_attention import CachedMultiHeadAttention
from be_keras.layers.dense import DenseBatchEnsemble
from be_keras.layers.einsum_dense import EinsumDenseBatchEnsemble
from be_keras.layers.embedding import EmbeddingBatchEnsemble
from be_keras.layers.normalization import LayerNormalizationBatchEnsemble

__all__ = [
    "CachedMultiHeadAttention",
    "DenseBatchEnsemble",
    "EinsumDenseBatchEnsemble",
    "EmbeddingBatchEnsemble",
    "LayerNormalizationBatchEnsemble",
    "MultiHeadAttentionBatchEnsemble",
]
