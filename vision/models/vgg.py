"""VGG: 3x3 convolutions one after the other, and a pool after each stage."""

import keras
from keras import layers

from vision.models.width import widened

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def vgg16(factory, shape, classes, width=1.0, normed=False):
    """VGG-16 (Simonyan & Zisserman, ICLR 2015) with the small classifier used on CIFAR.

    Thirteen convolutions with biases in five stages, then dense layers of 512, 512 and C units,
    as in fast geometric ensembles (Garipov et al., NeurIPS 2018) and SWAG (Maddox et al., NeurIPS
    2019). 15.2 million weights on images of up to 32 x 32 pixels, which five pools make one.

    Args:
        factory: Gives the layers; see `vision.models.layer_factory`.
        shape: `(H, W, channels)` of an image.
        classes: Number of classes C.
        width: Factor on the filters and units, 1/16 or more.
        normed: Whether a batch norm follows each convolution.

    Returns:
        A Keras model from rows `(R, H, W, channels)` to logits `(R, C)`.

    Raises:
        ValueError: a width below 1/16.
    """
    rows = inputs = keras.Input(shape)
    for stage, stage_filters in enumerate(STAGES):
        for place, filters in enumerate(stage_filters):
            convolution = factory.conv(
                widened(filters, width),
                activation=None if normed else "relu",
                first=stage == place == 0,
                name=f"conv_{stage}_{place}",
            )
            rows = convolution(rows)
            if normed:
                rows = layers.ReLU()(factory.norm(name=f"norm_{stage}_{place}")(rows))
        rows = layers.MaxPooling2D(2, padding="same")(rows)
    rows = layers.Flatten()(rows)
    for place in range(2):
        rows = factory.dropout(rows, name=f"dropout_{place}")
        rows = factory.dense(widened(512, width), "relu", name=f"dense_{place}")(rows)
    return keras.Model(inputs, factory.head(classes, name="head")(rows), name="vgg16")
