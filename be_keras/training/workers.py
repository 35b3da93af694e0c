"""Workers: what the processes that train one model together tell each other.

All workers of a strategy call these functions at the same time. With a single one nothing is sent.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from be_keras.training.replica_step import summed
from be_keras.types import Tensor


def is_chief(strategy: Any) -> bool:
    """Whether this process is the one that writes files: the first of several workers, or alone.

    Args:
        strategy: Of `be_keras.training.strategy`; None for one device.

    Examples:
        >>> be_keras.training.is_chief(None)  # one device
        True
    """
    if not has_several_workers(strategy):
        return True
    resolver = strategy.cluster_resolver
    first = "chief" if "chief" in resolver.cluster_spec().as_dict() else "worker"
    return resolver.task_type == first and resolver.task_id == 0


def broadcast_variables(strategy: Any, variables: Sequence[keras.Variable]) -> None:
    """Give Keras variables, on every worker, the values that the chief's have.

    For a chief that read a checkpoint which the other workers cannot see.

    Args:
        strategy: Of `be_keras.training.strategy`; None for one device.
        variables: Keras variables, in the same order everywhere.

    Examples:
        >>> be_keras.training.broadcast_variables(None, [keras.Variable([1.0])])  # nothing to do
    """
    if not has_several_workers(strategy):
        return
    values = _sums(strategy, _of_first, [variable.numpy() for variable in variables])
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def broadcast_from_chief(strategy: Any, numbers: Sequence[int]) -> np.ndarray:
    """Give every worker the numbers that the chief has.

    Args:
        strategy: Of `be_keras.training.strategy`; None for one device.
        numbers: Integers, as many everywhere.

    Returns:
        The chief's, as an array.

    Examples:
        >>> be_keras.training.broadcast_from_chief(None, [3, 4]).tolist()
        [3, 4]
    """
    if not has_several_workers(strategy):
        return np.asarray(numbers)
    return _sums(strategy, _of_first, [np.asarray(numbers)])[0].numpy()


def restore_in_scope(
    strategy: Any, restored: keras.Model | None, make: Callable[[], keras.Model]
) -> keras.Model:
    """The model to train, where it trains: in the state that was restored, if any, on all workers.

    The chief alone knows of a checkpoint, and loads it outside the scope: inside, where workers
    create each variable together, it would leave the others waiting.

    Args:
        strategy: Of `be_keras.training.strategy`; None for one device.
        restored: The compiled model that a checkpoint gave; None for none, and on other workers.
        make: Called without arguments, gives a new compiled model like it.

    Returns:
        A compiled model in the strategy's scope; `restored` itself on one device.

    Examples:
        >>> def make():
        ...     model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        ...     model.compile("sgd", "mse")
        ...     return model
        >>> be_keras.training.restore_in_scope(None, None, make).optimizer.built
        True
    """
    if strategy is None and restored is not None:
        return restored
    with contextlib.nullcontext() if strategy is None else strategy.scope():
        model = make()
        # Left to the first step, TensorFlow would trace that step twice.
        model.optimizer.build(model.trainable_variables)
    if restored is not None:
        for variable, value in zip(_state(model), _state(restored), strict=True):
            variable.assign(value.numpy())
    broadcast_variables(strategy, _state(model))
    return model


def _state(model: keras.Model) -> list[keras.Variable]:
    return [*model.weights, *model.optimizer.variables]


def has_several_workers(strategy: Any) -> bool:
    """Whether a strategy, or None, is of several processes."""
    if strategy is None:
        return False
    import tensorflow as tf

    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return several and bool(strategy.cluster_resolver.cluster_spec().as_dict())


def gathered(strategy: Any, numbers: Sequence[int]) -> np.ndarray:
    """Integers of all replicas, as many of each, as an array `(replicas, n)`."""
    import tensorflow as tf

    def in_its_row(rank: Tensor, replicas: Tensor, value: Tensor) -> Tensor:
        return tf.one_hot(rank, replicas, dtype=value.dtype)[:, None] * value

    return _sums(strategy, in_its_row, [np.asarray(numbers, "int32")])[0].numpy()


def _of_first(rank: Tensor, replicas: Tensor, value: Tensor) -> Tensor:
    """What a replica adds so that the sum is the chief's value."""
    import tensorflow as tf

    return tf.where(tf.equal(rank, 0), value, tf.zeros_like(value))


def _sums(strategy: Any, share: Callable[..., Any], values: Tensor) -> list[Tensor]:
    """Sums over all replicas of what `share(rank, replicas, value)` makes of each value."""
    import tensorflow as tf

    def of_replica(values: Tensor) -> list[Tensor]:
        context = tf.distribute.get_replica_context()
        rank, replicas = context.replica_id_in_sync_group, context.num_replicas_in_sync
        rank = tf.cast(rank, tf.int32)
        return summed(context, [share(rank, replicas, value) for value in values])

    @tf.function(autograph=False)
    def of_all(values: Tensor) -> list[Tensor]:
        results = strategy.run(of_replica, args=(values,))
        return [strategy.experimental_local_results(result)[0] for result in results]

    return of_all([tf.convert_to_tensor(value) for value in values])
