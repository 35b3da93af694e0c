"""A multilayer perceptron: the smallest network in which members can differ."""

import keras

from vision.models.width import widened


def mlp(factory, shape, classes, width=1.0):
    """Two hidden layers of 256 ReLU units: 270,000 weights on images of 28 x 28.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the hidden units, 1/16 or more.

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: a width below 1/16.
    """
    units = widened(256, width)
    inputs = keras.Input(shape)
    rows = keras.layers.Flatten()(inputs)
    rows = factory.dense(units, "relu", first=True, name="hidden_0")(rows)
    rows = factory.dropout(rows, name="hidden_0_dropout")
    rows = factory.dense(units, "relu", name="hidden_1")(rows)
    rows = factory.dropout(rows, name="hidden_1_dropout")
    return keras.Model(inputs, factory.head(classes, name="head")(rows), name="mlp")
