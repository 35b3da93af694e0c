"""A small convolutional network without normalisation, for laptops."""

import keras


def cnn(family, shape, classes, width=1.0):
    """Three 3x3 convolutions of 16, 32, 64 filters and stride 2, then a dense layer of 64, ReLU.

    90,000 weights on images of 28 x 28.

    Args:
        family: Gives the layers; see `vision.families`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on filters and units, 1/16 or more.

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.
    """
    rows = inputs = keras.Input(shape)
    for stage, filters in enumerate((16, 32, 64)):
        convolution = family.conv(
            round(filters * width),
            strides=2,
            activation="relu",
            first=stage == 0,
            name=f"conv_{stage}",
        )
        rows = convolution(rows)
    rows = keras.layers.Flatten()(rows)
    rows = family.dense(round(64 * width), "relu", name="dense")(rows)
    return keras.Model(inputs, family.head(classes, name="head")(rows), name="cnn")
