"""What one replica does with its part of a batch: loss and gradient as sums, then one update.

The forward and backward pass is a pure function of weights, states and examples, which XLA
compiles under any strategy; what replicas tell each other happens outside it.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import keras

from be_keras.keras_internals import averages_of, layers_below
from be_keras.training.parts import microbatches, shard_for_replica
from be_keras.types import Tensor

# Seeds of replicas lie so far apart: 2^32 over the golden ratio, odd.
SEED_DISTANCE = 0x9E3779B1


class ReplicaStep:
    """A training or test step as `strategy.run` calls it on every replica.

    Loss, label count and gradient are sums. They are added up over micro-batches and replicas, and
    the gradient is divided by the count of the global batch before the optimiser sees it. Random
    states differ between replicas while the step runs and move on alike. Floating-point states that
    a step changes, such as moving statistics, become the mean over replicas. States of metrics
    stay each replica's own and add up when they are read.

    Args:
        model: A built and compiled `DistributedTraining` model.
        training: Whether to train.
    """

    def __init__(self, model: keras.Model, training: bool) -> None:
        import tensorflow as tf

        self.model, self.training = model, training
        self.microbatches = model.microbatches if training else 1
        self.unit = self.microbatches * (model.examples_together if training else 1)
        self.trainable = model.trainable_variables if training else []
        self.overwrite_every = getattr(model.optimizer, "ema_overwrite_frequency", None)
        elsewhere = _ids([*self.trainable, *model.optimizer.variables])
        everything = {id(v): v for v in (*model.variables, *model.metrics_variables)}
        self.states = [v for key, v in everything.items() if key not in elsewhere]
        self.metric_states = _ids(model.metrics_variables)
        self.seeds = _ids(self.states) - _ids(model.weights) - self.metric_states
        # What a pass has a gradient for and what it changes: known when it has been traced.
        self._connected: set[int] = set()
        self._changed: set[int] = set()
        self._pass = self._all_microbatches
        if model.jit_compile and not model.run_eagerly and not synchronized(model):
            self._pass = tf.function(self._pass, jit_compile=True, reduce_retracing=True)

    def __call__(self, batch: Tensor) -> None:
        """Take one step on the global batch, a structure of tensors `(B, ...)`."""
        import tensorflow as tf

        context = tf.distribute.get_replica_context()
        rank = context.replica_id_in_sync_group
        with self._host():  # so that no more than the part goes to the device
            part, real = shard_for_replica(batch, rank, context.num_replicas_in_sync, self.unit)
        values = [tf.convert_to_tensor(v.value) for v in self.trainable]
        before = [tf.convert_to_tensor(v.value) for v in self.states]
        here = [
            state + tf.cast(rank, state.dtype) * SEED_DISTANCE if id(v) in self.seeds else state
            for v, state in zip(self.states, before, strict=True)
        ]
        count, gradients, changed = self._pass(values, here, part, real)
        after = dict(zip(sorted(self._changed), changed, strict=True))
        averaged = [i for i in after if self._is_averaged(self.states[i])]
        # One exchange between the replicas, however much there is to add up.
        count, gradients, sums = summed(context, (count, gradients, [after[i] for i in averaged]))
        replicas = context.num_replicas_in_sync
        after.update((i, s / replicas) for i, s in zip(averaged, sums, strict=True))
        for i, value in after.items():
            # A seed moves on alike everywhere, from where it stood.
            moved = id(self.states[i]) in self.seeds
            self.states[i].assign(before[i] + (value - here[i]) if moved else value)
        if self.training:
            self._update(count, gradients)

    def _host(self) -> Any:
        """Where the global batch lies: not on an accelerator, but a TPU's step runs there whole."""
        import tensorflow as tf

        on_tpu = isinstance(self.model.strategy, tf.distribute.TPUStrategy)
        return contextlib.nullcontext() if on_tpu else tf.device("/device:CPU:0")

    def _all_microbatches(
        self, values: Tensor, states: Tensor, part: Tensor, real: Tensor
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Label count, gradient sums and new states of a part, micro-batch after micro-batch.

        Gives the gradients in `_connected` and the states in `_changed` alone.
        """
        import tensorflow as tf

        if self.microbatches == 1:
            count, gradients, states = self._one_microbatch(values, states, part, real)
        else:
            cut = microbatches((part, real), self.microbatches)

            def add(i: Tensor, count: Tensor, gradients: Tensor, states: Tensor) -> Any:
                more, new, states = self._one_microbatch(values, states, *_at(cut, i))
                new = [a + b for a, b in zip(gradients, new, strict=True)]
                return i + 1, count + more, new, states

            start = (tf.constant(0), tf.constant(0.0), [tf.zeros_like(v) for v in values], states)
            # One after the other: side by side they would need the memory that they are to save.
            _, count, gradients, states = tf.while_loop(
                lambda i, *_: i < self.microbatches, add, start, parallel_iterations=1
            )
        gradients = [gradients[i] for i in sorted(self._connected)]
        return count, gradients, [states[i] for i in sorted(self._changed)]

    def _one_microbatch(
        self, values: Tensor, states: Tensor, part: Tensor, real: Tensor
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """The same of one micro-batch, with every gradient and state."""
        import tensorflow as tf

        model = self.model
        x, y, weights = keras.utils.unpack_x_y_sample_weight(part)
        mapping = zip([*self.trainable, *self.states], [*values, *states], strict=True)
        with keras.StatelessScope(state_mapping=list(mapping), collect_losses=True) as scope:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                y_pred = model(x, training=self.training)
                if real is not None:
                    y, y_pred = model.leave_out(y, y_pred, real)
                loss, count = model.loss_and_count(x, y, y_pred, weights, self.training)
                total = loss * count
            model.track_loss(loss, count)
            model.compute_metrics(x, y, y_pred, weights)
        after = [scope.get_current_value(v) for v in self.states]
        self._changed |= {i for i, old in enumerate(states) if after[i] is not old}
        gradients = tape.gradient(total, values) if self.training else []
        self._connected |= {i for i, gradient in enumerate(gradients) if gradient is not None}
        gradients = [
            tf.zeros_like(v) if gradient is None else tf.convert_to_tensor(gradient)
            for v, gradient in zip(values, gradients, strict=True)
        ]
        return count, gradients, after

    def _is_averaged(self, state: Tensor) -> bool:
        floating = keras.backend.is_float_dtype(state.dtype)
        return floating and id(state) not in self.metric_states and id(state) not in self.seeds

    def _update(self, count: int, sums: Tensor) -> None:
        """Make the gradient of the global mean out of sums over all replicas, and apply it."""
        import tensorflow as tf

        means = [tf.math.divide_no_nan(total, tf.cast(count, total.dtype)) for total in sums]
        found = dict(zip(sorted(self._connected), means, strict=True))
        optimizer = self.model.optimizer
        optimizer.apply([found.get(i) for i in range(len(self.trainable))], self.trainable)
        if self.overwrite_every:
            now = tf.equal(optimizer.iterations.value % self.overwrite_every, 0)
            for variable, average in zip(self.trainable, averages_of(optimizer), strict=True):
                variable.assign(tf.where(now, average.value, variable.value))


def summed(context: Any, tensors: Tensor) -> Tensor:
    """Sums over all replicas of a structure of tensors, in one exchange for each dtype."""
    import tensorflow as tf

    flat = keras.tree.flatten(tensors)
    if context.num_replicas_in_sync > 1:
        for dtype in dict.fromkeys(tensor.dtype for tensor in flat):
            places = [i for i, tensor in enumerate(flat) if tensor.dtype == dtype]
            sums = context.all_reduce(tf.distribute.ReduceOp.SUM, [flat[i] for i in places])
            for i, total in zip(places, sums, strict=True):
                flat[i] = total
    return keras.tree.pack_sequence_as(tensors, flat)


def synchronized(model: keras.Model) -> bool:
    """Whether a layer takes moments over all replicas, which no compiled pass can do."""
    return any(getattr(layer, "synchronized", False) for layer in layers_below(model))


def _at(structure: Tensor, i: Any) -> Tensor:
    return keras.tree.map_structure(lambda t: None if t is None else t[i], structure)


def _ids(variables: Sequence[keras.Variable]) -> set[int]:
    return {id(variable) for variable in variables}
