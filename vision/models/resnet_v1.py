"""The original residual networks: norm and ReLU follow each convolution."""

from functools import partial

import keras
from keras import layers

from vision.models.residual import basic, blocks_of, bottleneck, stages
from vision.models.width import widened


def cifar_resnet(factory, shape, classes, width=1.0, depth=20):
    """The ResNet for small images whose shortcuts have no weights (He et al., CVPR 2016).

    Three stages of 16, 32 and 64 filters, `(depth - 2) / 6` blocks each; the second and third
    halve height and width. 0.27 million weights at depth 20, 0.46 at 32 and 1.73 at 110. The
    ResNet-32x4 of BatchEnsemble (Wen et al., ICLR 2020) is depth 32 at width 4.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the filters, 1/16 or more.
        depth: Layers with weights: 8, 14, 20, ...

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: no such depth, or a width below 1/16.
    """
    blocks = blocks_of(depth, layers=2)
    inputs = keras.Input(shape)
    filters = [widened(count, width) for count in (16, 32, 64)]
    rows = _normed_convolution(factory, inputs, filters[0], name="stem", first=True)
    ours = partial(block, shortcut=padded)
    rows = stages(factory, layers.ReLU()(rows), ours, basic, filters, [blocks] * 3)
    rows = layers.GlobalAveragePooling2D()(rows)
    head = factory.head(classes, name="head")
    return keras.Model(inputs, head(rows), name=f"cifar_resnet{depth}")


def imagenet_resnet(factory, shape, classes, width=1.0, blocks=(3, 4, 6, 3)):
    """ResNet of bottlenecks for large images (He et al., CVPR 2016), ResNet-50 by default.

    A 7x7 convolution and a max pool take height and width to a quarter, four stages to 1/32.
    Strides are in the 3x3 convolutions, as in what everyone trains. ResNet-50 has 25.6 million
    weights for 1,000 classes.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the filters, 1/16 or more.
        blocks: Of each of the four stages; ResNet-101 has (3, 4, 23, 3).

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: a width below 1/16, or blocks of other than four stages.
    """
    inputs = keras.Input(shape)
    filters = [widened(count, width) for count in (64, 128, 256, 512)]
    rows = _normed_convolution(factory, inputs, filters[0], 7, 2, name="stem", first=True)
    rows = layers.MaxPooling2D(3, 2, "same")(layers.ReLU()(rows))
    ours = partial(block, shortcut=projected, dropout=False)
    rows = stages(factory, rows, ours, bottleneck, filters, blocks)
    rows = factory.dropout(layers.GlobalAveragePooling2D()(rows), name="dropout")
    head = factory.head(classes, name="head")
    return keras.Model(inputs, head(rows), name=f"resnet{3 * sum(blocks) + 2}")


def block(factory, rows, convolutions, name, shortcut, dropout=True):
    """Convolutions, a norm after each and ReLUs between; a shortcut is added, and a ReLU follows.

    Args:
        factory: Gives the layers.
        rows: `(R, H, W, D)`.
        convolutions: As `vision.models.residual` gives them.
        name: What the names of layers begin with.
        shortcut: `padded` or `projected`.
        dropout: Whether the factory's dropout stands before each convolution but the first.

    Returns:
        Rows `(R, H', W', D')`.
    """
    inner = rows
    for place, convolution in enumerate(convolutions):
        if place:
            inner = layers.ReLU()(inner)
            if dropout:
                inner = factory.dropout(inner, name=f"{name}_dropout_{place}")
        inner = _normed_convolution(factory, inner, *convolution, name=f"{name}_conv_{place}")
    strides = max(each.strides for each in convolutions)
    rows = shortcut(factory, rows, convolutions[-1].filters, strides, name)
    return layers.ReLU()(layers.Add()([rows, inner]))


def padded(factory, rows, filters, strides, name):
    """The shortcut without weights, option A: every strides-th pixel, and channels of zeros.

    Rows `(R, H, W, D)` to `(R, H', W', filters)`; the zeros come after the D channels.
    """
    if strides > 1:
        rows = layers.AveragePooling2D(1, strides, name=f"{name}_subsample")(rows)
    missing = filters - rows.shape[-1]
    if missing:
        # Told that channels come first, the layer takes our channels for the width it pads.
        pad = layers.ZeroPadding2D(
            ((0, 0), (0, missing)), data_format="channels_first", name=f"{name}_pad"
        )
        rows = pad(rows)
    return rows


def projected(factory, rows, filters, strides, name):
    """Option B: a 1x1 convolution and a norm where the shape changes, else the rows themselves."""
    if strides == 1 and rows.shape[-1] == filters:
        return rows
    return _normed_convolution(factory, rows, filters, 1, strides, name=f"{name}_project")


def _normed_convolution(factory, rows, filters, size=3, strides=1, *, name, first=False):
    """A convolution without bias, and its norm."""
    rows = factory.conv(filters, size, strides, use_bias=False, first=first, name=name)(rows)
    return factory.norm(name=f"{name}_norm")(rows)
