"""NumPy batches of several static shapes as something that `fit` takes, on every backend."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from be_keras.types import Tensor


def stream(batches: Iterable[Any], example: Tensor, prefetch: int = 2, alike: bool = False) -> Any:
    """Hand an iterable of NumPy batches to `fit`.

    Keras reads the shapes of a generator off its first two batches, which fails as soon as a
    third differs; on TensorFlow this declares all axes free instead.

    Args:
        batches: Iterable of nested structures of arrays, all alike but for their sizes.
        example: One such structure, for dtypes and ranks; it is not consumed.
        prefetch: Batches made ready ahead, on TensorFlow.
        alike: Whether all batches have the shapes of the example, which are then declared, but for
            the first axis: it stays free, as Keras has it.

    Returns:
        A `tf.data.Dataset` on TensorFlow, the iterable itself elsewhere.

    Examples:
        >>> batches = [(np.ones((2, 3)), np.ones(2)), (np.ones((5, 3)), np.ones(5))]
        >>> [len(labels) for _, labels in be_keras.training.stream(batches, batches[0])]
        [2, 5]
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    signature = keras.tree.map_structure(
        lambda array: tf.TensorSpec(
            [None, *np.shape(array)[1:]] if alike else [None] * np.ndim(array),
            np.asarray(array).dtype,
        ),
        example,
    )
    dataset = tf.data.Dataset.from_generator(lambda: batches, output_signature=signature)
    options = tf.data.Options()
    # There is nothing to tune, and the thread that would has ends of `fit` wait for its next turn,
    # up to a minute of idling. Keras' own datasets of generators and of `PyDataset` have it.
    options.autotune.enabled = False
    return dataset.prefetch(prefetch).with_options(options)
