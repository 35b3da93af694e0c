"""Residual networks of identity mappings: norm and ReLU come before each convolution."""

from functools import partial

import keras
from keras import layers

from vision.models.residual import basic, blocks_of, bottleneck, stages
from vision.models.width import widened


def resnet(factory, shape, classes, width=1.0, depth=8):
    """ResNet of identity mappings for small images (He et al., ECCV 2016).

    Three stages of 16, 32 and 64 filters, `(depth - 2) / 6` blocks each; the second and third
    halve height and width. 78,000 weights at depth 8 on colour images, 176,000 at depth 14.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the filters, 1/16 or more.
        depth: Layers with weights, projections not counted: 8, 14, 20, ...

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: no such depth, or a width below 1/16.
    """
    blocks = blocks_of(depth, layers=2)
    stem = widened(16, width)
    return _network(factory, shape, classes, stem, width, basic, blocks, f"resnet{depth}")


def wide_resnet(factory, shape, classes, width=1.0, depth=28):
    """Wide ResNet for small images (Zagoruyko & Komodakis, BMVC 2016).

    As `resnet`, but depth counts a projection in each stage, and the stem has 16 filters whatever
    the width. WRN-28-10 is depth 28 at width 10, with 36.5 million weights.

    Args:
        factory, shape, classes: As of `resnet`.
        width: Factor on the filters after the stem, 1/16 or more.
        depth: 10, 16, 22, 28, 34, 40, ...

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: no such depth, or a width below 1/16.
    """
    blocks, rest = divmod(depth - 4, 6)
    if blocks < 1 or rest:
        raise ValueError(f"`depth` must be 6 n + 4: 10, 16, 22, ... Received: depth={depth}")
    return _network(factory, shape, classes, 16, width, basic, blocks, f"wrn{depth}")


def bottleneck_resnet(factory, shape, classes, width=1.0, depth=164):
    """ResNet of identity mappings and bottlenecks for small images (He et al., ECCV 2016).

    Three stages of `(depth - 2) / 9` blocks with 16, 32 and 64 filters inside and four times as
    many outside. ResNet-164 has 1.70 million weights.

    Args:
        factory, shape, classes, width: As of `resnet`.
        depth: Layers with weights, projections not counted: 11, 20, 29, ..., 164, ..., 1001.

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: no such depth, or a width below 1/16.
    """
    blocks = blocks_of(depth, layers=3)
    convolutions = partial(bottleneck, strided=0)
    stem = widened(16, width)
    return _network(factory, shape, classes, stem, width, convolutions, blocks, f"resnet{depth}")


def _network(factory, shape, classes, stem, width, convolutions, blocks, name):
    inputs = keras.Input(shape)
    filters = [widened(count, width) for count in (16, 32, 64)]
    rows = factory.conv(stem, use_bias=False, first=True, name="stem")(inputs)
    rows = stages(factory, rows, block, convolutions, filters, [blocks] * 3)
    rows = layers.ReLU()(factory.norm(name="norm")(rows))
    rows = layers.GlobalAveragePooling2D()(rows)
    return keras.Model(inputs, factory.head(classes, name="head")(rows), name=name)


def block(factory, rows, convolutions, name):
    """Norm, ReLU and convolution in turn, added to the rows: `(R, H, W, D)` to `(R, ..., D')`.

    Where the shape changes, the normed rows take the shortcut through a 1x1 convolution. Dropout
    stands before each convolution but the first.
    """
    last, strides = convolutions[-1].filters, max(each.strides for each in convolutions)
    inner = rows
    for place, convolution in enumerate(convolutions):
        inner = layers.ReLU()(factory.norm(name=f"{name}_norm_{place}")(inner))
        if place:
            inner = factory.dropout(inner, name=f"{name}_dropout_{place}")
        elif strides > 1 or rows.shape[-1] != last:
            project = factory.conv(last, 1, strides, use_bias=False, name=f"{name}_project")
            rows = project(inner)
        inner = factory.conv(*convolution, use_bias=False, name=f"{name}_conv_{place}")(inner)
    return layers.Add()([rows, inner])
