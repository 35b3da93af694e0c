"""The distributed engine: `fit` and `evaluate` of a model under any `tf.distribute` strategy.

Keras 3.15 loses XLA under MirroredStrategy and fails under MultiWorkerMirroredStrategy. Here Keras
keeps its loop, callbacks and datasets, and is told of no strategy; the functions that it calls for
each batch run `ReplicaStep` on all replicas.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

from be_keras.keras_internals import build_on, forget_strategy, gradients_taken_as_they_are
from be_keras.training.replica_step import ReplicaStep, summed, synchronized
from be_keras.types import Config, Mixin, Tensor


class DistributedTraining(Mixin):
    """Mixin before `keras.Model`: its `fit` and `evaluate` under the strategy it is made in.

    Create and compile the model inside `strategy.scope()`, and call `fit` outside it, with batches
    of the global size. In a process of several workers every worker is given the same batches, in
    the same order, and takes its part. Without a strategy and without micro-batches all is left to
    Keras.

    A model defines `loss_and_count`, `track_loss`, `leave_out` and `examples_together`; see
    `be_keras.EnsembleModel`.

    Args:
        *args: As in `keras.Model`.
        **kwargs: As in `keras.Model`.

    Attributes:
        strategy: The strategy the model was made in, or None.

    Examples:
        >>> body = be_keras.DenseBatchEnsemble(2, ensemble_size=2)
        >>> model = be_keras.EnsembleModel(body, 2)  # which is a DistributedTraining
        >>> model.compile("sgd", "mse", microbatches=1)
        >>> model.microbatches, model.strategy is None
        (1, True)
        >>> train, test = model.make_train_function(), model.make_test_function()
    """

    train_function: Callable[..., Any] | None
    test_function: Callable[..., Any] | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._microbatches = 1
        self.strategy = None
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            if tf.distribute.has_strategy():
                self.strategy = tf.distribute.get_strategy()
            # Keras would split batches by itself, and reduce what multiple workers cannot.
            forget_strategy(self)

    def compile(self, *args: Any, microbatches: int = 1, **kwargs: Any) -> None:
        """As `keras.Model.compile`, and how many micro-batches make a step.

        Args:
            microbatches: Into how many micro-batches each replica cuts its part of a batch, to
                work on one after the other before the one update. On TensorFlow only.
            *args, **kwargs: As in Keras.

        Raises:
            ValueError: `microbatches` is no positive integer or not possible here.
        """
        self.microbatches = microbatches
        super().compile(*args, **kwargs)

    @property
    def microbatches(self) -> int:
        """Micro-batches of a step; may be set after `compile` too, with the errors of that."""
        return self._microbatches

    @microbatches.setter
    def microbatches(self, microbatches: int) -> None:
        if isinstance(microbatches, bool) or not isinstance(microbatches, int) or microbatches < 1:
            raise ValueError(
                f"`microbatches` must be a positive integer. Received: {microbatches!r}"
            )
        if microbatches > 1 and keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"`microbatches` needs TensorFlow. Received: microbatches={microbatches} on "
                f"{keras.backend.backend()}; there, give the optimiser "
                "`gradient_accumulation_steps` and smaller batches."
            )
        self._microbatches = microbatches
        self.train_function = None

    def get_compile_config(self) -> Config | None:
        config = super().get_compile_config()
        return {**config, "microbatches": self.microbatches} if config else config

    def compile_from_config(self, config: Config) -> None:
        # Keras leaves a model whose `compile` is not its own uncompiled.
        config = keras.saving.deserialize_keras_object(config)
        config["microbatches"] = config.pop("accumulate", config.get("microbatches", 1))
        if keras.backend.backend() != "tensorflow":
            config["microbatches"] = 1  # of the machine it was made on
        self.compile(**config)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def make_train_function(self, force: bool = False) -> Callable[..., Any]:
        if self._left_to_keras():
            return super().make_train_function(force)
        if self.train_function is None or force:
            self.train_function = _function(self, training=True)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Callable[..., Any]:
        if self._left_to_keras():
            return super().make_test_function(force)
        if self.test_function is None or force:
            self.test_function = _function(self, training=False)
        return self.test_function

    def _left_to_keras(self) -> bool:
        if self.strategy is None:
            return self.microbatches == 1
        import tensorflow as tf

        if tf.distribute.has_strategy():
            raise ValueError(
                "Call `fit` and `evaluate` outside of `strategy.scope()`: inside, Keras would "
                "share the batches out a second time."
            )
        return False


def true_loss(loss: Tensor) -> Tensor:
    """Undo what Keras' losses do under a strategy: divide by the number of replicas."""
    if keras.backend.backend() != "tensorflow":
        return loss
    import tensorflow as tf

    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return loss * replicas if replicas > 1 else loss


def _function(model: keras.Model, training: bool) -> Callable[..., Any]:
    """What Keras calls with an iterator of batches to take the steps of one execution."""
    import tensorflow as tf

    strategy = model.strategy or tf.distribute.get_strategy()
    step = None

    def one_step(batch: Tensor) -> Tensor:
        with _summed_already(model.optimizer):
            strategy.run(step, args=(batch,))
        return tf.constant(True)

    def one_batch(batch: Tensor) -> dict[str, Tensor]:
        one_step(batch)
        return _results(model, strategy)

    def several(iterator: Any) -> dict[str, Tensor]:
        one_step(iterator.get_next())  # raises OutOfRangeError at the end, which Keras expects

        def another(done: Tensor, _: Any) -> tuple[Tensor, Tensor]:
            batch = iterator.get_next_as_optional()
            more = batch.has_value()
            tf.cond(more, lambda: one_step(batch.get_value()), lambda: tf.constant(False))
            return done + 1, more

        if model.steps_per_execution > 1:
            tf.while_loop(
                lambda done, more: tf.logical_and(done < model.steps_per_execution, more),
                another,
                (tf.constant(1), tf.constant(True)),
                parallel_iterations=1,
            )
        return _results(model, strategy)

    of_batch, of_iterator = one_batch, several
    on_tpu = isinstance(strategy, tf.distribute.TPUStrategy)
    if not model.run_eagerly:
        # A TPU needs every shape known; elsewhere one graph serves batches of several lengths.
        of_batch = tf.function(one_batch, reduce_retracing=not on_tpu, autograph=False)
        of_iterator = tf.function(several, reduce_retracing=True, autograph=False)

    def function(iterator: Any) -> dict[str, Tensor]:
        nonlocal step
        whole = isinstance(iterator, tf.data.Iterator) and not on_tpu and not model.run_eagerly
        if whole:
            step = step or _prepared(model, strategy, iterator.element_spec, training)
            return of_iterator(iterator)
        results = None
        for _, batch in zip(range(model.steps_per_execution), iterator, strict=False):
            batch = keras.tree.map_structure(
                lambda t: None if t is None else tf.convert_to_tensor(t), batch
            )
            step = step or _prepared(model, strategy, batch, training)
            results = of_batch(batch)
        if results is None:
            raise StopIteration
        return results

    return function


def _prepared(model: keras.Model, strategy: Any, example: Tensor, training: bool) -> ReplicaStep:
    """Check the model, create the variables that it lacks, and give its step."""
    with strategy.scope():
        build_on(model, example)
    _check(model, strategy)
    return ReplicaStep(model, training)


def _check(model: keras.Model, strategy: Any) -> None:
    optimizer = model.optimizer
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "The distributed engine adds up gradients of sums, which float16 does not hold. Use "
            '"mixed_bfloat16" in place of "mixed_float16" or of a LossScaleOptimizer.'
        )
    if optimizer.gradient_accumulation_steps:
        raise ValueError(
            "Expected an optimiser without `gradient_accumulation_steps`. Received: "
            f"{optimizer.gradient_accumulation_steps}. Pass `microbatches` to `compile` and "
            "batches of the full size."
        )
    if model.microbatches > 1 and synchronized(model) and strategy.num_replicas_in_sync > 1:
        raise ValueError(
            f"microbatches={model.microbatches} takes moments of micro-batches, and a layer asks "
            "for those of the global batch with `synchronized=True`. Leave one of them out, or "
            "give the layer a `ghost_size`."
        )
    for variable in (*model.variables, *optimizer.variables):
        if model.strategy and not strategy.extended.variable_created_in_scope(variable.value):
            raise ValueError(
                f"Variable {variable.path!r} was created outside the strategy of its model. Make "
                "the body, the model and its optimiser inside `with strategy.scope():`, and "
                "compile there."
            )


def _results(model: keras.Model, strategy: Any) -> dict[str, Tensor]:
    """The values of all metrics over all replicas, after one exchange."""
    import tensorflow as tf

    variables = [v for v in model.metrics_variables if v.aggregation in ("sum", "mean")]

    def totals() -> list[Tensor]:
        context = tf.distribute.get_replica_context()
        sums = summed(context, [tf.identity(v.value) for v in variables])
        share, pairs = context.num_replicas_in_sync, zip(variables, sums, strict=True)
        return [s / share if v.aggregation == "mean" else s for v, s in pairs]

    values = [strategy.experimental_local_results(v)[0] for v in strategy.run(totals)]
    with strategy.scope(), keras.StatelessScope(list(zip(variables, values, strict=True))):
        return model.get_metrics_result()


@contextlib.contextmanager
def _summed_already(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Have an optimiser take the gradients of the global batch on every replica.

    Keras' overwriting of weights by their average cannot run inside a replica: the step does it.
    """
    overwrite = optimizer.ema_overwrite_frequency
    optimizer.ema_overwrite_frequency = None
    try:
        with gradients_taken_as_they_are(optimizer):
            yield
    finally:
        optimizer.ema_overwrite_frequency = overwrite
