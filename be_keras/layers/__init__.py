"""Layers with fast weights: they take rows (B * M, ...) and give rows."""

from be_keras.layers.attention import MultiHeadAttentionBatchEnsemble
from be_keras.layers.batch_normalization import BatchNormalizationBatchEnsemble
from be_keras.layers.cached_attention import CachedMultiHeadAttention
from be_keras.layers.convolution import (
    Conv1DBatchEnsemble,
    Conv2DBatchEnsemble,
    Conv3DBatchEnsemble,
)
from be_keras.layers.dense import DenseBatchEnsemble
from be_keras.layers.depthwise_convolution import (
    DepthwiseConv1DBatchEnsemble,
    DepthwiseConv2DBatchEnsemble,
)
from be_keras.layers.einsum_dense import EinsumDenseBatchEnsemble
from be_keras.layers.embedding import EmbeddingBatchEnsemble
from be_keras.layers.group_normalization import GroupNormalizationBatchEnsemble
from be_keras.layers.grouped_query_attention import GroupQueryAttentionBatchEnsemble
from be_keras.layers.normalization import LayerNormalizationBatchEnsemble
from be_keras.layers.recurrent import (
    GRUCellBatchEnsemble,
    LSTMCellBatchEnsemble,
    SimpleRNNCellBatchEnsemble,
)
from be_keras.layers.separable_convolution import (
    SeparableConv1DBatchEnsemble,
    SeparableConv2DBatchEnsemble,
)
from be_keras.layers.transposed_convolution import (
    Conv1DTransposeBatchEnsemble,
    Conv2DTransposeBatchEnsemble,
    Conv3DTransposeBatchEnsemble,
)

__all__ = [
    "BatchNormalizationBatchEnsemble",
    "CachedMultiHeadAttention",
    "Conv1DBatchEnsemble",
    "Conv1DTransposeBatchEnsemble",
    "Conv2DBatchEnsemble",
    "Conv2DTransposeBatchEnsemble",
    "Conv3DBatchEnsemble",
    "Conv3DTransposeBatchEnsemble",
    "DenseBatchEnsemble",
    "DepthwiseConv1DBatchEnsemble",
    "DepthwiseConv2DBatchEnsemble",
    "EinsumDenseBatchEnsemble",
    "EmbeddingBatchEnsemble",
    "GRUCellBatchEnsemble",
    "GroupNormalizationBatchEnsemble",
    "GroupQueryAttentionBatchEnsemble",
    "LSTMCellBatchEnsemble",
    "LayerNormalizationBatchEnsemble",
    "MultiHeadAttentionBatchEnsemble",
    "SeparableConv1DBatchEnsemble",
    "SeparableConv2DBatchEnsemble",
    "SimpleRNNCellBatchEnsemble",
]
