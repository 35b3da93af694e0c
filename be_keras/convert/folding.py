"""Folding: the weights of one member as one ordinary layer holds them, W ∘ (r_i s_iᵀ).

Every function takes a built layer of members and the member's index, and gives a dict from the
weight's path below the ordinary layer to a float64 array.
"""

import keras
import numpy as np
from keras import ops

from be_keras.types import Tensor


def fold_dense(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for `keras.layers.Dense`."""
    return {"kernel": _fold(layer, member, "ab,a,b->ab"), **_bias(layer, member)}


def fold_einsum_dense(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for `keras.layers.EinsumDense`."""
    kernel, r, s = layer.kernel_axes, "".join(layer.r_axes), "".join(layer.s_axes)
    return {"kernel": _fold(layer, member, f"{kernel},{r},{s}->{kernel}"), **_bias(layer, member)}


def fold_convolution(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for Keras' convolutions: filter f of a group sees that group's channels alone."""
    kernel, r, s = _array(layer.kernel), _array(layer.r)[member], _array(layer.s)[member]
    r = np.repeat(r.reshape(layer.groups, -1), layer.filters // layer.groups, axis=0)
    return {
        "kernel": np.einsum("...cf,fc,f->...cf", kernel, r, s),
        **_bias(layer, member),
    }


def fold_transposed_convolution(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for Keras' transposed convolutions."""
    return {"kernel": _fold(layer, member, "...fc,c,f->...fc"), **_bias(layer, member)}


def fold_depthwise_convolution(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for Keras' depthwise convolutions."""
    kernel, r = _array(layer.kernel), _array(layer.r)[member]
    s = _array(layer.s)[member].reshape(kernel.shape[-2:])
    return {"kernel": np.einsum("...cd,c,cd->...cd", kernel, r, s), **_bias(layer, member)}


def fold_separable_convolution(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for Keras' separable convolutions; q stands between the two kernels."""
    r, q, s = (_array(weight)[member] for weight in (layer.r, layer.q, layer.s))
    return {
        "depthwise_kernel": np.einsum("...cd,c->...cd", _array(layer.depthwise_kernel), r),
        "pointwise_kernel": np.einsum("...cf,c,f->...cf", _array(layer.pointwise_kernel), q, s),
        **_bias(layer, member),
    }


def fold_embedding(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for `keras.layers.Embedding`; the output side is another layer's."""
    r, s = _array(layer.r)[member], _array(layer.s)[member]
    return {"embeddings": np.einsum("vd,v,d->vd", _array(layer.embeddings), r, s)}


def fold_output_side(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for a `keras.layers.Dense` that stands for the tied output of an embedding."""
    kernel = np.einsum("vd,d->dv", _array(layer.embeddings), _array(layer.q)[member])
    return {"kernel": kernel, **_bias(layer, member)}


def fold_attention(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for `keras.layers.MultiHeadAttention`."""
    projections = {
        "query": layer.query_projection,
        "key": layer.key_projection,
        "value": layer.value_projection,
        "attention_output": layer.output_projection,
    }
    return {
        f"{name}/{path}": array
        for name, projection in projections.items()
        for path, array in fold_einsum_dense(projection, member).items()
    }


def fold_cell(cell: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for Keras' recurrent cells."""
    weights = (cell.recurrent_kernel, cell.recurrent_r, cell.recurrent_s)
    kernel, r, s = (_array(weight) for weight in weights)
    return {
        **fold_dense(cell, member),
        "recurrent_kernel": np.einsum("ab,a,b->ab", kernel, r[member], s[member]),
    }


def fold_normalization(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    """Weights for Keras' normalisations; statistics may be shared by all members."""
    return {weight.name: _array(weight)[member % weight.shape[0]] for weight in layer.weights}


def _fold(layer: keras.Layer, member: int, equation: str) -> np.ndarray:
    r, s = _array(layer.r)[member], _array(layer.s)[member]
    return np.einsum(equation, _array(layer.kernel), r, s)


def _bias(layer: keras.Layer, member: int) -> dict[str, np.ndarray]:
    return {} if layer.bias is None else {"bias": _array(layer.bias)[member]}


def _array(weight: Tensor) -> np.ndarray:
    return ops.convert_to_numpy(weight).astype("float64")
