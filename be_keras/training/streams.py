"""NumPy batches of several static shapes as something that `fit` takes, on every backend."""

import keras
import numpy as np


def stream(batches, example, prefetch=2):
    """Hand an iterable of NumPy batches to `fit`.

    Keras reads the shapes of a generator off its first two batches, which fails as soon as a
    third differs; on TensorFlow this declares all axes but the last few free instead.

    Args:
        batches: Iterable of nested structures of arrays, all alike but for their sizes.
        example: One such structure, for dtypes and ranks; it is not consumed.
        prefetch: Batches made ready ahead, on TensorFlow.

    Returns:
        A `tf.data.Dataset` on TensorFlow, the iterable itself elsewhere.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    signature = keras.tree.map_structure(
        lambda array: tf.TensorSpec([None] * np.ndim(array), np.asarray(array).dtype), example
    )
    return tf.data.Dataset.from_generator(lambda: batches, output_signature=signature).prefetch(
        prefetch
    )
