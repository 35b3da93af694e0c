"""Layers in which members share what is their own in the translation track."""

import keras
from keras import ops

import be_keras
from be_keras.roles import BIAS, set_role
from translation.models.layer_factory import BatchEnsembleLayerFactory


class VariedLayers(BatchEnsembleLayerFactory):
    """A layer factory of other output sides and biases.

    Args:
        *args, **kwargs: As in `BatchEnsembleLayerFactory`.
        outputs: "members": the output side has a modulation and a bias for each. "shared": it is
            one network's.
        biases: "members", or "shared": the same for all. The bias of the output goes with
            `outputs`.
    """

    def __init__(self, *args, outputs="members", biases="members", **kwargs):
        super().__init__(*args, **kwargs)
        self.outputs, self.biases = outputs, biases

    def dense(self, units, activation=None, name=None):
        return self._constrained(super().dense(units, activation, name))

    def attention(self, heads, key_dim, dropout, name=None):
        return self._constrained(super().attention(heads, key_dim, dropout, name))

    def embedding(self, vocabulary_size, width, name=None):
        if self.outputs == "members":
            return super().embedding(vocabulary_size, width, name)
        return SharedOutputEmbedding(
            vocabulary_size,
            width,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=width**-0.5),
            name=name,
            **self._fast("first"),
        )

    def _constrained(self, layer):
        """The layer, not built, whose members' biases a constraint makes one."""
        if self.biases == "shared":
            layer.bias_constraint = SameForAll()
        return layer


@keras.saving.register_keras_serializable(package="be_translate")
class SameForAll(keras.constraints.Constraint):
    """Keeps a weight `(M, ...)` equal for all members, at the mean of where each would go."""

    def __call__(self, w):
        return ops.broadcast_to(ops.mean(w, axis=0, keepdims=True), w.shape)


@keras.saving.register_keras_serializable(package="be_translate")
class SharedOutputEmbedding(be_keras.EmbeddingBatchEnsemble):
    """`EmbeddingBatchEnsemble` with the output side of one network: no modulation, one bias."""

    def build(self, input_shape=None):
        super().build(input_shape)
        self.bias = self.add_weight(name="bias", shape=(1, self.input_dim), initializer="zeros")
        set_role(self.bias, BIAS)

    def output_side(self, states):
        """As in `EmbeddingBatchEnsemble`; the bias comes as `(M, V)`, M times the same."""
        kernel = ops.transpose(ops.cast(self.embeddings, self.compute_dtype))
        bias = ops.broadcast_to(self.bias, (self.ensemble_size, self.input_dim))
        return ops.cast(states, self.compute_dtype), kernel, bias
