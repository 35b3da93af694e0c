"""The rules for the layers of Keras and for the cached attention of this package."""

from collections.abc import Callable
from typing import Any

import keras

from be_keras import layers as members
from be_keras.convert import containers, folding
from be_keras.convert.rules import add_rule, register_rule
from be_keras.types import Config


def register_known() -> None:
    """Register a rule for every layer of Keras that has one of members."""
    _register_layers()
    _register_attention()
    _register_containers()


def _without(*keys: Any) -> Callable[[Config], Config]:
    """A config without these entries where they are unset; one that is set stays, and fails."""
    return lambda config: {
        key: value for key, value in config.items() if key not in keys or value not in (None, False)
    }


def _attention_config(config: Config) -> Config:
    # Keras fills these in: attention over the one axis between batch and features, and a tuple.
    if tuple(config["attention_axes"] or (1,)) == (1,):
        config["attention_axes"] = None
    if config["output_shape"] is not None and len(config["output_shape"]) == 1:
        config["output_shape"] = config["output_shape"][0]
    return config


def _register_layers() -> None:
    quantised = _without("quantization_config")
    configs = dict.fromkeys(
        ("Dense", "EinsumDense", "Embedding", "Conv1D", "Conv2D", "Conv3D"), quantised
    )
    configs["LayerNormalization"] = _without("rms_scaling")
    for fold, names in (
        (folding.fold_dense, ("Dense",)),
        (folding.fold_einsum_dense, ("EinsumDense",)),
        (folding.fold_embedding, ("Embedding",)),
        (folding.fold_convolution, ("Conv1D", "Conv2D", "Conv3D")),
        (
            folding.fold_transposed_convolution,
            ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
        ),
        (folding.fold_depthwise_convolution, ("DepthwiseConv1D", "DepthwiseConv2D")),
        (folding.fold_separable_convolution, ("SeparableConv1D", "SeparableConv2D")),
        (
            folding.fold_normalization,
            ("BatchNormalization", "GroupNormalization", "LayerNormalization"),
        ),
        (folding.fold_cell, ("SimpleRNNCell", "LSTMCell", "GRUCell")),
    ):
        for name in names:
            plain, member = getattr(keras.layers, name), getattr(members, f"{name}BatchEnsemble")
            register_rule(plain, member, fold=fold, config=configs.get(name, dict))


def _register_attention() -> None:
    attention = members.MultiHeadAttentionBatchEnsemble
    register_rule(members.CachedMultiHeadAttention, attention, fold=folding.fold_attention)
    for name, member, config in (
        # The later rule for a class of members is the one that says what a member becomes.
        ("MultiHeadAttention", attention, _attention_config),
        ("GroupQueryAttention", members.GroupQueryAttentionBatchEnsemble, dict),
    ):
        register_rule(
            getattr(keras.layers, name),
            member,
            fold=folding.fold_attention,
            config=config,
            path=lambda path: path.replace("attention_output/", "output/"),
        )


def _register_containers() -> None:
    for plain in (keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU):
        add_rule(plain, keras.layers.RNN, containers.RECURRENT)
    for kind, rule in (
        (keras.layers.RNN, containers.RECURRENT),
        (keras.layers.StackedRNNCells, containers.STACKED),
        (keras.layers.Bidirectional, containers.BIDIRECTIONAL),
        (keras.layers.TimeDistributed, containers.TIME_DISTRIBUTED),
    ):
        add_rule(kind, kind, rule)
