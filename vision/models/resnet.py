"""A small pre-activation ResNet with batch normalisation."""

import keras
from keras import layers


def resnet(family, shape, classes, width=1.0, depth=8):
    """ResNet of identity mappings for small images (He et al., ECCV 2016).

    Three stages of 16, 32 and 64 filters, `(depth - 2) / 6` blocks each; the second and third
    halve height and width. 78,000 weights at depth 8 on colour images, 176,000 at depth 14.

    Args:
        family: Gives the layers; see `vision.families`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the filters, 1/16 or more.
        depth: Layers with weights, projections not counted: 8, 14, 20, ...

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: no such depth.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(f"`depth` must be 6 n + 2: 8, 14, 20, ... Received: depth={depth}")
    inputs = keras.Input(shape)
    rows = family.conv(round(16 * width), use_bias=False, first=True, name="stem")(inputs)
    for stage, filters in enumerate((16, 32, 64)):
        for place in range((depth - 2) // 6):
            strides = 2 if stage and not place else 1
            name = f"stage_{stage}_block_{place}"
            rows = block(family, rows, round(filters * width), strides, name)
    rows = layers.ReLU()(family.norm(name="norm")(rows))
    rows = layers.GlobalAveragePooling2D()(rows)
    return keras.Model(inputs, family.head(classes, name="head")(rows), name=f"resnet{depth}")


def block(family, rows, filters, strides, name):
    """Twice norm, ReLU, 3x3 convolution, added to the rows: `(R, H, W, D)` to `(R, .., filters)`.

    Where the shape changes, the normed rows take the shortcut through a 1x1 convolution.
    """
    normed = layers.ReLU()(family.norm(name=f"{name}_norm_0")(rows))
    if strides > 1 or rows.shape[-1] != filters:
        project = family.conv(filters, 1, strides, use_bias=False, name=f"{name}_project")
        rows = project(normed)
    inner = family.conv(filters, 3, strides, use_bias=False, name=f"{name}_conv_0")(normed)
    inner = layers.ReLU()(family.norm(name=f"{name}_norm_1")(inner))
    inner = family.conv(filters, 3, use_bias=False, name=f"{name}_conv_1")(inner)
    return layers.Add()([rows, inner])
