"""Trains a small model on one topology of devices and writes what came out: a process of its own.

    python distributed_cases.py OUT TOPOLOGY XLA CASE

OUT is an .npz file with an array for each name. TOPOLOGY is one device ("one"), two virtual
devices ("two"), these in place of a TPU's cores ("tpu"), or one of two processes
("0=host:port,host:port"). XLA is "xla" or "graph".
"""

import os
import sys
from pathlib import Path

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
os.environ.pop("TF_CONFIG", None)

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402

import be_keras  # noqa: E402
from be_keras.training import broadcast_variables, reseed, strategy, stream  # noqa: E402
from be_tracks.devices import check_same_settings  # noqa: E402
from be_tracks.errors import UserError  # noqa: E402

M, V, T, D = 2, 11, 6, 4


class Losses(keras.callbacks.Callback):
    """The loss and accuracy of every step alone, where Keras logs the mean so far."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append([float(logs[name]) for name in sorted(logs)])
        self.model.reset_metrics()


class Cases:
    """The cases, each a method that gives a dict of arrays.

    Args:
        strategy: What they train under.
        xla: Whether XLA compiles the step.
        out: What the names of files that they write begin with.
    """

    def __init__(self, strategy, xla, out):
        self.strategy, self.xla, self.out = strategy, xla, out

    def train(self, make, batches, **compiled):
        """Compile and fit what `make` gives; gives the model, and all that can be compared."""
        keras.utils.set_random_seed(1)
        with self.strategy.scope():
            model = make()
            optimizer = compiled.pop("optimizer", lambda: keras.optimizers.SGD(0.5))
            model.compile(optimizer(), jit_compile=self.xla, **compiled)
        losses = Losses()
        options = {"callbacks": [losses], "shuffle": False, "verbose": 0}
        if len({batch[0].shape for batch in batches}) > 1:
            data = stream(iter(batches), batches[0])
            model.fit(data, steps_per_epoch=len(batches), **options)
        else:
            arrays = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
            model.fit(
                *arrays[:2],
                batch_size=len(batches[0][0]),
                sample_weight=(arrays[2] if arrays[2:] else None),
                **options,
            )
        return model, {"losses": np.array(losses.logs), **weights_of(model)}

    def tokens(self, steps=50, batch=8, members="shared", **compiled):
        """A model of tokens whose losses are masked; unequal counts in the halves of a batch."""
        reduction = compiled.pop("reduction", "sum_over_batch_size")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
        model, found = self.train(
            lambda: token_model(members),
            token_batches(steps, batch, weights=compiled.pop("weights", False)),
            loss=loss,
            metrics=["accuracy"],
            **compiled,
        )
        return model, found

    def sgd(self):
        """Fifty steps of all members on all examples, clipped; evaluation of an odd number."""
        clipped = keras.optimizers.SGD
        model, found = self.tokens(optimizer=lambda: clipped(0.5, global_clipnorm=0.5))
        ((x, y),) = token_batches(1, 7)
        found["evaluated"] = np.array(model.evaluate(x, y, batch_size=4, verbose=0))
        return {**found, "predicted": model.predict(x, verbose=0)}

    def split(self):
        """Fifty steps of split members, with sample weights that the loss divides by."""
        reduction = "mean_with_sample_weight"
        return self.tokens(members="split", reduction=reduction, weights=True)[1]

    def odd(self):
        """Batches that two replicas do not divide, down to a single example."""
        one = self.tokens(4, batch=7)[1]
        two = self.tokens(4, batch=9, members="split")[1]
        three = self.tokens(3, batch=1)[1]
        return {f"{n}{k}": v for n, d in enumerate((one, two, three)) for k, v in d.items()}

    def ignored(self):
        """A class that the loss ignores is most of one replica's labels."""
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1)
        batches = [(x, np.where(np.arange(8)[:, None] < 5, 1, y)) for x, y in token_batches(4, 8)]
        return self.train(lambda: token_model("shared"), batches, loss=loss)[1]

    def microbatches(self):
        """Micro-batches of two examples, on one replica or two."""
        count = 4 // self.strategy.num_replicas_in_sync
        return self.tokens(6, microbatches=count, optimizer=lambda: keras.optimizers.Adam(0.01))[1]

    def full(self):
        """The same without micro-batches."""
        return self.tokens(6, optimizer=lambda: keras.optimizers.Adam(0.01))[1]

    def several(self):
        """Several steps an execution; seven steps, so that the last one is short of data."""
        model, found = self.tokens(7, steps_per_execution=3)
        return {**found, "iterations": model.optimizer.iterations.numpy()}

    def average(self):
        """The exponential moving average, written over the weights as it goes and at the end."""
        settings = {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3}

        def optimizer():
            return be_keras.optimizers.AdamW(0.05, weight_decay=0.1, **settings)

        return self.tokens(5, optimizer=optimizer)[1]

    def adam(self):
        """Attention, by Adam, on batches of two lengths that come in turn."""
        return self.attention("float32")[1]

    def bfloat16(self):
        """The same in half precision, with micro-batches."""
        model, found = self.attention("mixed_bfloat16", 20, microbatches=2)
        dtypes = {v.dtype for v in (*model.trainable_variables, *model.optimizer.variables[2:])}
        return {**found, "dtypes": np.array(sorted(dtypes))}

    def attention(self, dtype, steps=50, **compiled):
        batches = [
            (x[: 8 - 4 * (i % 2), : 3 + 3 * (i % 2)], y[: 8 - 4 * (i % 2), : 3 + 3 * (i % 2)])
            for i, (x, y) in enumerate(token_batches(steps, 8))
        ]
        return self.train(
            lambda: attention_model(dtype),
            batches,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            optimizer=lambda: be_keras.optimizers.Adam(1e-2, lr_multipliers={"fast": 0.5}),
            **compiled,
        )

    def synchronized(self):
        """Moments over the global batch."""
        return self.normalized(synchronized=True)

    def ghosts(self):
        """Moments over groups of two examples, wherever these are."""
        return self.normalized(ghost_size=2)

    def own(self):
        """Moments over each replica's examples, moving ones averaged; one step from zero."""
        return self.normalized(steps=1)

    def normalized(self, steps=10, **options):
        def make():
            inputs = keras.Input((D,))
            norm = be_keras.BatchNormalizationBatchEnsemble(
                momentum=0.5, ensemble_size=M, **options
            )
            rows = be_keras.DenseBatchEnsemble(1, ensemble_size=M)(norm(inputs))
            return be_keras.EnsembleModel(keras.Model(inputs, rows), M, outputs="values")

        draw = np.random.default_rng(0)
        batches = [
            (draw.normal(size=(8, D)).astype("float32"), draw.normal(size=(8, 1)).astype("float32"))
            for _ in range(steps)
        ]
        model, found = self.train(
            make, batches, loss="mse", optimizer=lambda: keras.optimizers.SGD(0.1)
        )
        copies = [self.strategy.experimental_local_results(v.value) for v in model.weights]
        apart = [np.abs(a.numpy() - b.numpy()).max() for a, *others in copies for b in others]
        moving = {v.name: v.numpy() for v in model.non_trainable_variables if "moving" in v.name}
        return {**found, **moving, "x": batches[-1][0], "apart": np.max(apart, initial=0.0)}

    def dropout(self):
        """Each example adds its mask to the gradient of w; weights after 2 + 2 steps, reseeded."""

        class Masked(keras.layers.Layer):
            def build(self, shape):
                self.w = self.add_weight(shape=(256,), initializer="zeros")

            def call(self, rows):
                return ops.sum(rows * self.w, axis=-1, keepdims=True)

        def make():
            inputs = keras.Input((256,))
            rows = Masked()(keras.layers.Dropout(0.5, seed=7)(inputs))
            return be_keras.EnsembleModel(keras.Model(inputs, rows), 1, outputs="values")

        def mean(y, y_pred):
            return ops.mean(y_pred, axis=-1)

        batches = [(np.ones((2, 256), "float32"), np.zeros((2, 1), "float32"))] * 2
        model, found = self.train(
            make, batches, loss=mean, optimizer=lambda: keras.optimizers.SGD(1.0)
        )
        steps = [found["weight0"].copy()]
        for _ in range(2):
            model.set_weights([np.zeros(256)])
            reseed(model, 3, 5)
            model.fit(*batches[0], batch_size=2, epochs=1, verbose=0)
            steps.append(model.get_weights()[0])
        (state,) = (v for v in model.variables if "seed_generator_state" in v.path)
        copies = [v.numpy() for v in self.strategy.experimental_local_results(state.value)]
        return {"steps": np.array(steps), "seeds": np.array(copies)}

    def penalty(self):
        """A regulariser counts once, however many replicas; the loss is the sum over members."""

        def make():
            inputs = keras.Input((D,))
            layer = be_keras.DenseBatchEnsemble(3, kernel_regularizer="l2", ensemble_size=M)
            body = keras.Model(inputs, layer(inputs))
            return be_keras.EnsembleModel(body, M, outputs="values", member_loss="sum")

        x = np.random.default_rng(0).normal(size=(8, D)).astype("float32")
        batches = [(x, x[:, :3])] * 5
        return self.train(make, batches, loss="mse", optimizer=lambda: keras.optimizers.SGD(0.1))[1]

    def callbacks(self):
        """ModelCheckpoint, EarlyStopping, TensorBoard, validation; what was saved goes on."""
        path, board = f"{self.out}.keras", f"{self.out}.board"
        ((x, y),) = token_batches(1, 12)
        with self.strategy.scope():
            model = token_model("shared")
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile(keras.optimizers.SGD(0.0), loss, metrics=["accuracy"], microbatches=2)
        callbacks = [
            keras.callbacks.ModelCheckpoint(path, monitor="val_loss"),
            keras.callbacks.EarlyStopping("val_loss", patience=1),
            keras.callbacks.TensorBoard(board, histogram_freq=1),
        ]
        options = {"validation_data": (x, y), "epochs": 5, "verbose": 0}
        history = model.fit(x, y, batch_size=4, callbacks=callbacks, **options).history
        with self.strategy.scope():
            again = keras.models.load_model(path)
        found = again.evaluate(x, y, batch_size=4, verbose=0)
        again.fit(x, y, batch_size=4, verbose=0)
        return {
            "epochs": np.array(len(history["loss"])),
            "losses": np.array([history["loss"], board_losses(f"{board}/train")]),
            "validated": np.array([history["val_loss"][-1], history["val_accuracy"][-1]]),
            "evaluated": np.array(found),
            "microbatches": np.array(again.microbatches),
        }

    def chief(self):
        """Weights that the second worker does not have."""
        with self.strategy.scope():
            variable = keras.Variable(np.zeros(3, "float32"))
            count = keras.Variable(0, dtype="int64", trainable=False)
        if self.strategy.cluster_resolver is None or not self.strategy.cluster_resolver.task_id:
            variable.assign([1.0, 2.0, 3.0])
            count.assign(7)
        broadcast_variables(self.strategy, [variable, count])
        return {"variable": variable.numpy(), "count": count.numpy()}

    def agreed(self):
        """What workers hear that were started alike, and otherwise."""
        rank = self.strategy.cluster_resolver.task_id
        same = {"config": {"width": 8, "seed": 1}, "data": {"sha256": "ab"}}
        other = {"config": {"width": 8, "seed": 10**rank}, "data": {"sha256": "ab" * (rank + 1)}}
        heard = []
        for settings in (same, other, same):
            try:
                check_same_settings(self.strategy, settings)
                heard.append("")
            except UserError as error:
                heard.append(str(error))
        return {"heard": np.array(heard)}


def board_losses(folder):
    """The loss of each epoch as TensorBoard shows it."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(folder, size_guidance={"tensors": 0})
    events.Reload()
    return [float(tf.make_ndarray(e.tensor_proto)) for e in events.Tensors("epoch_loss")]


def embedding_of_both_sides(**options):
    """An embedding of inputs and outputs.

    One of inputs alone has a gradient in slices, of which Keras' Adam adds up the squares, on one
    device: there only the gradient of the whole can be compared.
    """
    return be_keras.EmbeddingBatchEnsemble(V, 8, mask_zero=True, tied_output=True, **options)


def token_model(members):
    """Embedding, a hidden layer and logits, of M members."""
    tokens = keras.Input((T,), dtype="int32")
    embedding = embedding_of_both_sides(ensemble_size=M)
    rows = be_keras.DenseBatchEnsemble(8, "tanh", ensemble_size=M)(embedding(tokens))
    body = keras.Model(tokens, embedding(rows, reverse=True))
    return be_keras.EnsembleModel(body, M, members=members)


def token_batches(steps, batch, weights=False):
    """Batches of tokens, padded with 0; the first half of each has longer sentences."""
    draw = np.random.default_rng(steps * 100 + batch)
    batches = []
    for _ in range(steps):
        x = draw.integers(1, V, (batch, T)).astype("int32")
        lengths = draw.integers(1, 3, batch) + np.where(np.arange(batch) < batch / 2, 4, 0)
        x[np.arange(T) >= lengths[:, None]] = 0
        y = np.roll(x, 1, axis=1)
        sample = draw.uniform(0.5, 2.0, batch).astype("float32")
        batches.append((x, y, sample) if weights else (x, y))
    return batches


def attention_model(dtype):
    """One pre-norm block of causal self-attention over tokens, of M split members."""
    options = {"ensemble_size": M, "dtype": dtype}
    tokens = keras.Input((None,), dtype="int32")
    embedding = embedding_of_both_sides(**options)
    rows = embedding(tokens)
    normed = be_keras.LayerNormalizationBatchEnsemble(**options)(rows)
    attention = be_keras.MultiHeadAttentionBatchEnsemble(2, 4, **options)
    rows = rows + attention(normed, normed, use_causal_mask=True)
    body = keras.Model(tokens, embedding(rows, reverse=True))
    return be_keras.EnsembleModel(body, M, members="split")


def weights_of(model):
    """The weights of a model by place."""
    return {f"weight{i}": weight for i, weight in enumerate(model.get_weights())}


def tpu_of_cpus():
    """What `strategy("tpu")` gives where two virtual devices stand for the cores of a TPU."""
    called = []

    class Cores(tf.distribute.MirroredStrategy):
        def __init__(self, resolver):
            super().__init__(["CPU:0", "CPU:1"])
            called.append(("strategy", resolver))

    tf.distribute.cluster_resolver.TPUClusterResolver = lambda tpu: f"resolver of {tpu}"
    tf.config.experimental_connect_to_cluster = lambda r: called.append(("connect", r))
    tf.tpu.experimental.initialize_tpu_system = lambda r: called.append(("initialize", r))
    tf.distribute.TPUStrategy = Cores
    chosen = strategy("tpu", tpu="pod")
    assert called == [(do, "resolver of pod") for do in ("connect", "initialize", "strategy")]
    return chosen


def main(out, topology, xla, case):
    """Run the case of this name; write the file, and beside it what XLA compiled."""
    dump = Path(f"{out}.programs")
    # XLA reads this when TensorFlow first runs something.
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_dump_to={dump}"
    if topology in ("two", "tpu"):
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
    if topology == "one":
        chosen = strategy("one")
    elif topology == "two":
        chosen = strategy("mirrored")
    elif topology == "tpu":
        chosen = tpu_of_cpus()
    else:
        index, workers = topology.split("=")
        chosen = strategy("multi-worker", workers=workers, worker_index=int(index))
    assert chosen.num_replicas_in_sync == (1 if topology == "one" else 2)
    keras.utils.set_random_seed(1)
    found = getattr(Cases(chosen, xla == "xla", out), case)()
    programs = {path.name.split(".")[0] for path in dump.glob("*all_microbatches*")}
    np.savez(out, programs=len(programs), **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
