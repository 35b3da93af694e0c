"""DenseNet: each layer reads the outputs of all before it."""

import keras
from keras import layers

from vision.models.width import widened


def densenet(factory, shape, classes, width=1.0, depth=40):
    """DenseNet for small images, without bottlenecks or compression (Huang et al., CVPR 2017).

    Three blocks of `(depth - 4) / 3` layers; between them a 1x1 convolution keeps the channels and
    a pool halves height and width. Growth 12: DenseNet-40 has 1.06 million weights.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the growth of 12 and on the 16 filters of the stem, 1/16 or more.
        depth: Layers with weights: 7, 10, 13, ...

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: no such depth, or a width below 1/16.
    """
    count, rest = divmod(depth - 4, 3)
    if count < 1 or rest:
        raise ValueError(f"`depth` must be 3 n + 4: 7, 10, 13, ... Received: depth={depth}")
    inputs = keras.Input(shape)
    growth = widened(12, width)
    rows = factory.conv(widened(16, width), use_bias=False, first=True, name="stem")(inputs)
    for stage in range(3):
        if stage:
            rows = _grown(factory, rows, rows.shape[-1], 1, f"transition_{stage}")
            # Padding lets no image grow too small; it does not enter the mean.
            rows = layers.AveragePooling2D(2, padding="same")(rows)
        for place in range(count):
            new = _grown(factory, rows, growth, 3, f"stage_{stage}_layer_{place}")
            rows = layers.Concatenate()([rows, new])
    rows = layers.ReLU()(factory.norm(name="norm")(rows))
    rows = layers.GlobalAveragePooling2D()(rows)
    return keras.Model(inputs, factory.head(classes, name="head")(rows), name=f"densenet{depth}")


def _grown(factory, rows, filters, size, name):
    """Norm, ReLU, convolution and dropout: `(R, H, W, D)` to `(R, H, W, filters)`."""
    rows = layers.ReLU()(factory.norm(name=f"{name}_norm")(rows))
    rows = factory.conv(filters, size, use_bias=False, name=f"{name}_conv")(rows)
    return factory.dropout(rows, name=f"{name}_dropout")
