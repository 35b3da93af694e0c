"""Which examples of the global batch a replica takes.

Every replica sees the whole batch on its host and takes its own part, so that what a batch is does
not depend on how many devices share it, and unequal batches need no agreement between processes.
"""

import keras

from be_keras.types import Tensor


def shard_for_replica(
    batch: Tensor, rank: Tensor, replicas: int, unit: int = 1
) -> tuple[Tensor, Tensor]:
    """The shard of a batch that one of several replicas takes: equal sizes, in order.

    A batch that does not divide is filled up by starting again at the first example, as split
    members are (`EnsembleModel`); those copies are marked, to count for nothing.

    Args:
        batch: Structure of tensors `(B, ...)` and Nones, alike in B.
        rank: Which replica, 0 to replicas - 1; int or tensor.
        replicas: How many there are.
        unit: Examples that must not be parted: the size of a shard is a multiple of it.

    Returns:
        The shard, a structure of tensors `(b, ...)`; and which of its examples are no copies, bool
        `(b,)`, or None where it is known that all are.
    """
    import tensorflow as tf

    tensors = [tensor for tensor in keras.tree.flatten(batch) if tensor is not None]
    known = tensors[0].shape[0] is not None
    size = tensors[0].shape[0] if known else tf.shape(tensors[0])[0]
    share = -(-size // (unit * replicas)) * unit
    exact = known and share * replicas == size
    if exact and replicas == 1:
        return batch, None
    places = tf.cast(rank, tf.int32) * share + tf.range(share)
    chosen = places if exact else places % size

    def take(tensor: Tensor) -> Tensor:
        return None if tensor is None else tf.gather(tensor, chosen)

    return keras.tree.map_structure(take, batch), None if exact else places < size


def microbatches(shard: Tensor, count: int) -> Tensor:
    """Cut a shard `(b, ...)`, or a structure of such with Nones, to `(count, b / count, ...)`."""
    import tensorflow as tf

    def cut(tensor: Tensor) -> Tensor:
        if tensor is None:
            return None
        rows = tensor.shape[0]
        rows = -1 if rows is None else rows // count
        # Sizes that are known stay so: convolutions need their channels.
        known, sizes = tensor.shape[1:], tf.unstack(tf.shape(tensor)[1:])
        rest = [size if k is None else k for k, size in zip(known, sizes, strict=True)]
        return tf.reshape(tensor, (count, rows, *rest))

    return keras.tree.map_structure(cut, shard)
