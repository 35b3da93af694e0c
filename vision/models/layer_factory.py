"""Layer factories: the same classifier out of plain layers, or out of BatchEnsemble layers.

A model asks its factory for a convolution, a dense layer, a norm, dropout or the head, and does not
know which method it serves. The choices of the ensemble are what decides how far members differ.
"""

import keras

import be_keras

# Trained for hundreds of steps, not for hundreds of thousands: statistics must move fast.
NORM_OPTIONS = {"momentum": 0.9, "epsilon": 1e-5}


class PlainLayerFactory:
    """Keras' own layers: one network, M = 1. Rows are `(R, ...)`, images channels last.

    Args:
        dropout: Rate of dropout in [0, 1), at the places that a model has for it.
    """

    def __init__(self, dropout=0.0):
        self.dropout_rate = dropout

    def dense(self, units, activation=None, first=False, name=None):
        """A dense layer, rows `(R, D)` to `(R, units)`.

        `first` says that nothing with weights comes before.
        """
        return keras.layers.Dense(units, activation, kernel_initializer="he_normal", name=name)

    def conv(
        self, filters, size=3, strides=1, activation=None, use_bias=True, first=False, name=None
    ):
        """A padded convolution of size x size, rows `(R, H, W, D)` to `(R, H', W', filters)`.

        H' is H divided by the strides, rounded up; W' likewise. `first` says that nothing with
        weights comes before.
        """
        return keras.layers.Conv2D(
            filters,
            size,
            strides,
            "same",
            activation=activation,
            use_bias=use_bias,
            kernel_initializer="he_normal",
            name=name,
        )

    def norm(self, name=None):
        """Batch normalisation over all axes but the last."""
        return keras.layers.BatchNormalization(name=name, **NORM_OPTIONS)

    def dropout(self, rows, name=None):
        """Rows `(R, ...)` after dropout, each with a mask of its own; at rate 0 no layer at all."""
        if not self.dropout_rate:
            return rows
        return keras.layers.Dropout(self.dropout_rate, name=name)(rows)

    def head(self, classes, name=None):
        """The last layer, rows `(R, D)` to logits `(R, classes)`."""
        return keras.layers.Dense(classes, name=name)


class BatchEnsembleLayerFactory(PlainLayerFactory):
    """BatchEnsemble layers for M members; rows are `(B * M, ...)`.

    Args:
        ensemble_size: Number of members M.
        fast_initializer: Keras initialiser, or its name, of r and s.
        where: Layers that draw from it; r and s of the others begin as ones. "all", "first" or
            "last", which is the head.
        norms: "members": statistics, scale and shift for each. "shared": one for all rows.
        dropout: As in `PlainLayerFactory`.
    """

    def __init__(
        self,
        ensemble_size,
        fast_initializer="random_sign",
        where="all",
        norms="members",
        dropout=0.0,
    ):
        super().__init__(dropout)
        self.ensemble_size = ensemble_size
        self.fast_initializer = fast_initializer
        self.where = where
        self.norms = norms

    def dense(self, units, activation=None, first=False, name=None):
        return be_keras.DenseBatchEnsemble(
            units, activation, kernel_initializer="he_normal", name=name, **self._fast(first)
        )

    def conv(
        self, filters, size=3, strides=1, activation=None, use_bias=True, first=False, name=None
    ):
        return be_keras.Conv2DBatchEnsemble(
            filters,
            size,
            strides,
            "same",
            activation=activation,
            use_bias=use_bias,
            kernel_initializer="he_normal",
            name=name,
            **self._fast(first),
        )

    def norm(self, name=None):
        if self.norms == "shared":
            return super().norm(name)
        return be_keras.BatchNormalizationBatchEnsemble(
            ensemble_size=self.ensemble_size, name=name, **NORM_OPTIONS
        )

    def head(self, classes, name=None):
        return be_keras.DenseBatchEnsemble(classes, name=name, **self._fast(last=True))

    def _fast(self, first=False, last=False):
        """The options of r and s in a layer at this place."""
        random = {"all": True, "first": first, "last": last}[self.where]
        initializer = self.fast_initializer if random else "ones"
        return {
            "ensemble_size": self.ensemble_size,
            "r_initializer": initializer,
            "s_initializer": initializer,
        }
