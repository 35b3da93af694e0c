"""EnsembleModel: puts the member axis around a body, and says what `compile` and `fit` mean.

Takes examples (B, ...), gives (B, M, ..., C). A Keras loss is applied to every member, a Keras
metric to the mean prediction; labels and weights are expanded explicitly, never by broadcasting.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from be_keras import bodies
from be_keras.keras_internals import compiled_metrics
from be_keras.loss_inputs import (
    check_examples,
    check_reductions,
    for_each_output,
    labels_averaged,
    mask_of,
    members_of,
    not_ignored,
    output_rows,
    repeat_labels,
    rows_as_outputs,
    weights_of_each,
    with_mask,
    without_examples,
)
from be_keras.members import (
    TileMembers,
    UntileMembers,
    check_ensemble_size,
    fill_rows,
    split_members,
)
from be_keras.optimizers import warn_of_muon
from be_keras.outputs import KINDS, check_kind, check_metrics, mean_of_members
from be_keras.roles import assign_roles
from be_keras.training.distributed import DistributedTraining, true_loss
from be_keras.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="be_keras")
class EnsembleModel(DistributedTraining, keras.Model):
    """M members around a body that works on rows.

    The body takes rows `(B * M, ...)` and gives rows; this model takes examples `(B, ...)` and
    gives `(B, M, ..., C)`. Inputs and outputs may be nested structures.

    Compiled with Keras losses and metrics: a loss compares every member with the labels; a
    metric compares the labels with the mean over members, or, while `fit` trains split members,
    with the one member that saw the example. Masks act as in any Keras model. The logged "loss"
    is the mean over all labels of an epoch, however unequal its batches. Made under a
    `tf.distribute` strategy, or compiled with `microbatches`, it trains as
    `be_keras.training.DistributedTraining` says, and the loss of a step is the mean over all labels
    of the global batch.

    Args:
        body: Keras layer or model from rows to rows, built of BatchEnsemble layers.
        ensemble_size: Number of members M.
        members: "shared": every member sees every example. "split": in training a batch of B
            examples is B rows, so that each example is seen by one member and a step costs what
            it costs one network (the sub-batches of Wen et al., 2020), and called with
            `training=True` the model gives `(B, 1, ..., C)`. Evaluation and
            prediction always show every example to every member.
        outputs: What the body gives, with classes on the last axis, which says what the mean
            over members that metrics see is: "logits" (of their softmax, or sigmoid where there
            is one class), "binary_logits" (of the sigmoid of each), "probabilities",
            "binary_probabilities" or "values" (the plain mean). "auto" follows the compiled loss
            of each output, or a softmax or sigmoid that the body is seen to end in. One for all
            outputs, a list, or a dict by name.
        member_loss: "mean" or "sum" over members of a loss that averages over labels.
        tiles: Where examples become rows. "inputs": in front of the body. "body": the body takes
            examples and holds a `TileMembers` on each path from an input, so that what comes
            before it runs once for all members (`be_keras.convert` makes such bodies).
        **kwargs: As in `keras.Model`, such as `name`.

    Raises:
        ValueError: An option is unknown; a layer of the body has another ensemble size or tiles
            the rows again; a path of a body that tiles by itself tiles not, or members are
            split around it; a loss is compiled with `reduction="sum"`; metrics are compiled, and
            what an output is remains unclear or contradicts its loss.

    Examples:
        >>> body = be_keras.DenseBatchEnsemble(2, ensemble_size=4)
        >>> model = be_keras.EnsembleModel(body, ensemble_size=4)
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> model.compile("sgd", loss, metrics=["accuracy"])
        >>> x, y = np.ones((8, 3), "float32"), np.zeros(8, "int32")
        >>> outputs = model(x)
        >>> tuple(outputs.shape), tuple(model.mean_prediction(outputs).shape)
        ((8, 4, 2), (8, 2))
        >>> sorted(model.compute_metrics(x, y, outputs))
        ['accuracy', 'loss']
        >>> loss, labels = model.loss_and_count(x, y, outputs)
        >>> model.track_loss(loss, labels)
        >>> float(labels), bool(loss == model.compute_loss(x, y, outputs))
        (32.0, True)
        >>> y, masked = model.leave_out(y, outputs, real=np.arange(8) < 6)
        >>> float(model.loss_and_count(x, y, masked)[1]), model.examples_together
        (24.0, 1)
    """

    def __init__(
        self,
        body: keras.Layer,
        ensemble_size: int,
        members: str = "shared",
        outputs: Any = "auto",
        member_loss: str = "mean",
        tiles: str = "inputs",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check_option("members", members, ("shared", "split"))
        for kind in keras.tree.flatten(outputs):
            check_kind(kind, ("auto", *KINDS))
        _check_option("member_loss", member_loss, ("mean", "sum"))
        _check_option("tiles", tiles, ("inputs", "body"))
        if tiles == "body" and members == "split":
            raise ValueError(
                'members="split" trains on a batch that is the rows already, and a body that '
                'tiles by itself would tile it. Expected tiles="inputs" or members="shared".'
            )
        self.body = body
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.members = members
        self.outputs_are = outputs
        self.member_loss = member_loss
        self.tiles = tiles
        self.tile = TileMembers(ensemble_size, name="tile")
        if tiles == "body":
            self.tile = keras.layers.Identity(name="tile", autocast=False)
        self.untile = UntileMembers(ensemble_size, name="untile")
        self._weighted_loss = keras.metrics.Mean(name="loss")
        self._loading = False
        bodies.check_body(body, ensemble_size, tiles)
        if body.built and (shapes := bodies.input_shapes(body)) is not None:
            self.build(shapes)

    @property
    def output_names(self) -> list[str] | None:
        # Keras asks for them where losses and metrics go by name.
        return bodies.output_names(self.body)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        super().compile(*args, **kwargs)
        outputs = bodies.symbolic_outputs(self.body)
        try:
            if outputs is not None:
                self._kinds_for_metrics(outputs)
        except ValueError as error:
            if not self._loading:
                raise
            # Files of earlier versions say "logits" of whatever nobody spoke of.
            warnings.warn(f'{error} The file is taken for outputs="auto".', stacklevel=2)
            self.outputs_are = "auto"
        if self.built:
            self._warn_before_training()

    def compile_from_config(self, config: Config) -> None:
        self._loading = True
        try:
            super().compile_from_config(config)
        finally:
            self._loading = False

    def summary(self, *args: Any, print_fn: Any = None, **kwargs: Any) -> None:
        super().summary(*args, print_fn=print_fn, **kwargs)
        for line in bodies.runs(self.body, self.tiles, self.ensemble_size):
            (print_fn or print)(line)

    def build(self, input_shape: Shape) -> None:
        if not self.body.built:
            bodies.build_body(self.body, input_shape, self.ensemble_size)
        bodies.check_body(self.body, self.ensemble_size, self.tiles)
        assign_roles(self)
        if self.compiled:
            self._warn_before_training()

    def _warn_before_training(self) -> None:
        bodies.warn_of_equal_members(self.body, self.ensemble_size)
        warn_of_muon(self.optimizer, self.trainable_variables)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        check_examples(x)
        return super().fit(x, *args, **kwargs)

    def evaluate(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        check_examples(x)
        return super().evaluate(x, *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        check_examples(x)
        return super().predict(x, *args, **kwargs)

    def train_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        check_examples(x)
        return super().train_on_batch(x, *args, **kwargs)

    def test_on_batch(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        check_examples(x)
        return super().test_on_batch(x, *args, **kwargs)

    def load_weights(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().load_weights(filepath, *args, **kwargs)
        except ValueError as error:
            if not str(error).startswith("Shape mismatch"):  # of a legacy file
                raise
            raise ValueError(
                f"{error}. In the weights of members the first number is that of the members: "
                f"{self.name!r} has ensemble_size={self.ensemble_size}. Load the file into a model "
                "made with the ensemble_size of the file."
            ) from error

    @property
    def metrics(self) -> list[keras.Metric]:
        # Keras' own "loss" averages batches by their first axis; ours counts labels.
        return [self._weighted_loss] + [m for m in super().metrics if m.name != "loss"]

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        if training and self.members == "split":
            return self._call_split(inputs)
        rows = keras.tree.map_structure(self.tile, inputs)
        return keras.tree.map_structure(self.untile, self.body(rows, training=training))

    def _call_split(self, inputs: Tensor) -> Any:
        """Outputs `(B, 1, ..., C)` of the one member that trains on each example."""
        size = ops.shape(keras.tree.flatten(inputs)[0])[0]
        rows = keras.tree.map_structure(lambda t: fill_rows(t, self.ensemble_size), inputs)
        outputs = self.body(rows, training=True)
        return keras.tree.map_structure(lambda t: rows_as_outputs(t, size), outputs)

    def mean_prediction(self, outputs: Tensor) -> Tensor:
        """Mean over members: `(B, M, ..., C)` as the model gives it to `(B, ..., C)`, float32.

        Logits are turned into probabilities first.
        """
        means = map(mean_of_members, keras.tree.flatten(outputs), self.kinds_of_outputs(outputs))
        return keras.tree.pack_sequence_as(outputs, list(means))

    def kinds_of_outputs(self, outputs: Tensor) -> list[str]:
        """What each of some outputs is, one of `be_keras.outputs.KINDS`, as a flat list.

        Args:
            outputs: What the model gave, or a structure like it.

        Raises:
            ValueError: It is unclear, or `outputs` contradicts the compiled loss.

        Examples:
            >>> head = be_keras.DenseBatchEnsemble(1, ensemble_size=2)
            >>> model = be_keras.EnsembleModel(keras.Sequential([keras.Input((5,)), head]), 2)
            >>> model.compile("sgd", "mse")
            >>> model.kinds_of_outputs(model(np.zeros((3, 5))))
            ['values']
        """
        return self._kinds(outputs, [True] * len(keras.tree.flatten(outputs)))

    def _kinds(self, outputs: Tensor, asked: list[bool]) -> list[Any]:
        """The kind of each output that is asked for, else None."""
        names = self.output_names
        given = for_each_output(self.outputs_are, outputs, names)
        losses = for_each_output(self.loss, outputs, names)
        return bodies.kinds(self.body, given, losses, names or range(len(asked)), asked)

    def _kinds_for_metrics(self, outputs: Tensor) -> list[Any]:
        """The kinds of the outputs that have metrics, else None."""
        names = self.output_names
        metrics: list[Any] = [compiled_metrics(self)]  # also those that heed sample weights
        if len(keras.tree.flatten(outputs)) > 1:
            each = [for_each_output(some, outputs, names) for some in metrics[0]]
            metrics = list(zip(*each, strict=True))
        kinds = self._kinds(outputs, [any(each) for each in metrics])
        for each, kind in zip(metrics, kinds, strict=True):
            check_metrics(each, kind)
        return kinds

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """The compiled loss of every member on its rows, mean or sum over members.

        Args:
            x: Unused.
            y: Labels `(B, ...)`, or a structure of them like the outputs.
            y_pred: Outputs `(B, M, ..., C)`, or `(B, 1, ..., C)` of split members in training.
            sample_weight: `(B,)` or `(B, T)`, one for all outputs or a structure like them.
            training: Passed on to Keras.

        Returns:
            Scalar loss, regularisation included.
        """
        loss, count = self.loss_and_count(x, y, y_pred, sample_weight, training)
        self.track_loss(loss, count)
        return loss

    def loss_and_count(
        self,
        x: Tensor,
        y: Tensor,
        y_pred: Tensor,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """The loss of `compute_loss`, and how many labels it is the mean of, a float32 scalar."""
        weighted_mean = check_reductions(self.loss)
        rows, seen_by = output_rows(y_pred), members_of(y_pred)
        y, sample_weight = repeat_labels(y, seen_by), repeat_labels(sample_weight, seen_by)
        names = self.output_names
        losses = for_each_output(self.loss, rows, names)
        sample_weight = weights_of_each(rows, sample_weight, names)
        loss = true_loss(super().compute_loss(x, y, rows, sample_weight, training))
        if self.member_loss == "sum":
            penalty = sum((ops.sum(term) for term in self.losses), start=0.0)
            loss = penalty + self.ensemble_size * (loss - penalty)
        weights = sample_weight if weighted_mean else None
        counted = not_ignored(rows, y, losses, names)
        return loss, labels_averaged(rows, weights, counted, losses)

    def track_loss(self, loss: Tensor, count: Tensor) -> None:
        """Let a loss, the mean of so many labels, count in the logged one."""
        self._weighted_loss.update_state(loss, sample_weight=count)

    @property
    def examples_together(self) -> int:
        """How many examples of a training batch must stay on one device: those of a split row."""
        return self.ensemble_size if self.members == "split" else 1

    def leave_out(self, y: Tensor, y_pred: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Labels and outputs of a batch in which some examples are to count for nothing.

        Args:
            y: Labels `(B, ...)`.
            y_pred: Outputs `(B, M, ..., C)`.
            real: bool `(B,)`, False where an example does not count.

        Returns:
            The same, with masks that losses and metrics heed.
        """
        seen_by = members_of(y_pred)
        rows = split_members(repeat_labels(real, seen_by), seen_by)  # (B, M)
        return y, keras.tree.map_structure(lambda t: without_examples(t, rows), y_pred)

    def compute_metrics(
        self, x: Tensor, y: Tensor, y_pred: Tensor, sample_weight: Tensor = None
    ) -> dict[str, Tensor]:
        """Update the compiled metrics with mean predictions `(B, ..., C)` and labels `(B, ...)`.

        Returns:
            Dict of the values of all metrics.
        """
        means = map(_masked_mean, keras.tree.flatten(y_pred), self._kinds_for_metrics(y_pred))
        predictions = keras.tree.pack_sequence_as(y_pred, list(means))
        weights = weights_of_each(predictions, sample_weight, self.output_names)
        return super().compute_metrics(x, y, predictions, weights)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "body": keras.saving.serialize_keras_object(self.body),
            "ensemble_size": self.ensemble_size,
            "members": self.members,
            "outputs": self.outputs_are,
            "member_loss": self.member_loss,
            "tiles": self.tiles,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Any = None) -> Any:
        config = dict(config)
        config["body"] = keras.saving.deserialize_keras_object(
            config["body"], custom_objects=custom_objects
        )
        return cls(**config)


def _check_option(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}")


def _masked_mean(output: Tensor, kind: str) -> Tensor:
    mask = mask_of(output)  # the same for all members of an example
    return with_mask(mean_of_members(output, kind), None if mask is None else mask[:, 0])
