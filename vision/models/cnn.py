"""A small convolutional network without normalisation, for laptops."""

import keras

from vision.models.width import widened


def cnn(factory, shape, classes, width=1.0):
    """Three 3x3 convolutions of 16, 32, 64 filters and stride 2, then a dense layer of 64, ReLU.

    90,000 weights on images of 28 x 28.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on filters and units, 1/16 or more.

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: a width below 1/16.
    """
    rows = inputs = keras.Input(shape)
    for stage, filters in enumerate((16, 32, 64)):
        convolution = factory.conv(
            widened(filters, width),
            strides=2,
            activation="relu",
            first=stage == 0,
            name=f"conv_{stage}",
        )
        rows = factory.dropout(convolution(rows), name=f"conv_{stage}_dropout")
    rows = keras.layers.Flatten()(rows)
    rows = factory.dense(widened(64, width), "relu", name="dense")(rows)
    rows = factory.dropout(rows, name="dense_dropout")
    return keras.Model(inputs, factory.head(classes, name="head")(rows), name="cnn")
