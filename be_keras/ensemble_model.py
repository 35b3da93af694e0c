"""EnsembleModel: puts the member axis around a body, and says what `compile` and `fit` mean.

Takes examples (B, ...), gives (B, M, ..., C). A Keras loss is applied to every member, a Keras
metric to the mean prediction; labels, weights and masks are expanded explicitly, never by
broadcasting.
"""

import keras
from keras import ops

from be_keras.members import (
    TileMembers,
    UntileMembers,
    check_ensemble_size,
    merge_members,
    repeat_examples,
)
from be_keras.roles import assign_roles


@keras.saving.register_keras_serializable(package="be_keras")
class EnsembleModel(keras.Model):
    """M members around a body that works on rows.

    The body takes rows `(B * M, ...)` and gives rows; this model takes examples `(B, ...)` and
    gives `(B, M, ..., C)`. Inputs and outputs may be nested structures.

    Args:
        body: Keras layer or model from rows to rows, built of BatchEnsemble layers.
        ensemble_size: Number of members M.
        members: "shared": every member sees every example. "split": in training a batch of B
            examples is B rows, so that each example is seen by one member and a step costs what
            it costs one network (the sub-batches of Wen et al., 2020); a batch that is no
            multiple of M is filled up with rows of weight zero. Evaluation and prediction
            always show every example to every member.
        outputs: What the body gives: "logits" (metrics see the mean over members of the softmax,
            or of the sigmoid where the last axis has size 1), "probabilities" or "values"
            (metrics see the plain mean).
        member_loss: "mean" or "sum" over members.

    Raises:
        ValueError: An option is unknown, or a layer of the body has another ensemble size.

    While `fit` trains split members, metrics compare each example with its one member.
    """

    def __init__(
        self,
        body,
        ensemble_size,
        members="shared",
        outputs="logits",
        member_loss="mean",
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check_option("members", members, ("shared", "split"))
        _check_option("outputs", outputs, ("logits", "probabilities", "values"))
        _check_option("member_loss", member_loss, ("mean", "sum"))
        self.body = body
        self.ensemble_size = check_ensemble_size(ensemble_size)
        self.members = members
        self.outputs_are = outputs
        self.member_loss = member_loss
        self.tile = TileMembers(ensemble_size, name="tile")
        self.untile = UntileMembers(ensemble_size, name="untile")
        self._read_mask = _ReadMask(name="read_mask")
        self._split_rows = False
        self._weighted_loss = keras.metrics.Mean(name="loss")
        check_one_ensemble_size(body, ensemble_size)

    def build(self, input_shape):
        if not self.body.built:
            self.body.build(
                keras.tree.map_shape_structure(lambda shape: (None, *shape[1:]), input_shape)
            )

    @property
    def metrics(self):
        # Keras' own "loss" averages batches by their first axis; ours counts tokens.
        return [self._weighted_loss] + [m for m in super().metrics if m.name != "loss"]

    def call(self, inputs, training=None):
        # Read by compute_loss and compute_metrics, which run within the same step or trace.
        self._split_rows = bool(training) and self.members == "split"
        rows = keras.tree.map_structure(self._rows_of, inputs)
        outputs = self.body(rows, training=training)
        check_one_ensemble_size(self.body, self.ensemble_size)
        return keras.tree.map_structure(self.untile, outputs)

    def mean_prediction(self, outputs):
        """Mean over members: `(B, M, ..., C)` as the model gives it to `(B, ..., C)`.

        Logits are turned into probabilities first; the result is float32 then.
        """
        return ops.mean(self._member_predictions(outputs), axis=1)

    def _member_predictions(self, outputs):
        if self.outputs_are != "logits":
            return outputs
        outputs = ops.cast(outputs, "float32")
        return ops.sigmoid(outputs) if outputs.shape[-1] == 1 else ops.softmax(outputs, axis=-1)

    def _rows_of(self, examples):
        """Examples, labels or weights `(B, ...)` to rows, as the running step has them."""
        if not self._split_rows:
            return self.tile(examples)
        size = ops.shape(examples)[0]
        if isinstance(size, int) and size % self.ensemble_size == 0:
            return examples
        # Fill up by starting again at the first example; those rows weigh nothing.
        padded = -(-size // self.ensemble_size) * self.ensemble_size
        return ops.take(examples, ops.arange(padded) % size, axis=0)

    def _row_weights(self, y, sample_weight, mask):
        """Weights of the rows, and how many labels count: a scalar of dtype float32.

        Masked labels weigh nothing and the others more, so that a mean over all labels is a mean
        over the real ones, which is how Keras treats masks.
        """
        size = ops.shape(y)[0]
        counts = None
        if mask is not None:
            counts = ops.cast(merge_members(mask), "float32")  # (B * M, T)
        if self._split_rows and not (isinstance(size, int) and size % self.ensemble_size == 0):
            padded = -(-size // self.ensemble_size) * self.ensemble_size
            real = ops.cast(ops.arange(padded) < size, "float32")
            real = ops.reshape(real, (-1, *[1] * (len(counts.shape) - 1 if mask is not None else 0)))
            counts = real if counts is None else counts * real
        if sample_weight is not None:
            sample_weight = ops.cast(self._rows_of(sample_weight), "float32")
        if counts is None:
            return sample_weight, None
        total = ops.cast(ops.size(counts), "float32")
        scaled = counts * (total / ops.maximum(ops.sum(counts), 1.0))
        if sample_weight is not None:
            rank = max(len(scaled.shape), len(sample_weight.shape))
            scaled = _pad_rank(scaled, rank) * _pad_rank(sample_weight, rank)
        return scaled, ops.sum(counts)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The compiled loss of every member on its rows, mean or sum over members.

        Args:
            x: Unused.
            y: Labels `(B, ...)`, or a structure of them like the outputs.
            y_pred: Outputs `(B, M, ..., C)`.
            sample_weight: `(B,)` or `(B, T)`, one for all outputs or a structure like them.
            training: Passed on to Keras.

        Returns:
            Scalar loss, regularisation included.
        """
        assign_roles(self)
        y_rows, prediction_rows, weight_rows, count = self._loss_rows(y, y_pred, sample_weight)
        loss = super().compute_loss(x, y_rows, prediction_rows, weight_rows, training)
        if self.member_loss == "sum":
            penalty = sum((ops.sum(term) for term in self.losses), start=0.0)
            loss = penalty + self.ensemble_size * (loss - penalty)
        self._weighted_loss.update_state(loss, sample_weight=count)
        return loss

    def _loss_rows(self, y, y_pred, sample_weight):
        """Labels, predictions and weights as rows, and how many labels the loss averages."""
        predictions = keras.tree.map_structure(merge_members, y_pred)
        if y is None:
            return None, predictions, None, 1.0
        labels = keras.tree.map_structure(self._rows_of, y)
        masks = [self._read_mask(output) for output in keras.tree.flatten(y_pred)]
        flat_labels = keras.tree.flatten(y)
        flat_weights = _one_for_each(sample_weight, len(flat_labels))
        weights, count = [], 0.0
        for label, weight, mask in zip(flat_labels, flat_weights, masks, strict=True):
            row_weight, real = self._row_weights(label, weight, mask)
            weights.append(row_weight)
            if real is None:
                real = ops.cast(ops.shape(label)[0], "float32")
            count = count + real
        if all(weight is None for weight in weights):
            return labels, predictions, None, count
        return labels, predictions, keras.tree.pack_sequence_as(y, weights), count

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Update the compiled metrics with mean predictions `(B, ..., C)` and labels `(B, ...)`.

        Returns:
            Dict of the values of all metrics.
        """
        if self._split_rows:
            predictions = keras.tree.map_structure(
                lambda output: merge_members(self._member_predictions(output)), y_pred
            )
            y, _, sample_weight, _ = self._loss_rows(y, y_pred, sample_weight)
            return super().compute_metrics(x, y, predictions, sample_weight)
        predictions = keras.tree.map_structure(self.mean_prediction, y_pred)
        masks = [self._read_mask(output) for output in keras.tree.flatten(y_pred)]
        if any(mask is not None for mask in masks):
            weights = _one_for_each(sample_weight, len(masks))
            weights = [_mask_weight(w, m) for w, m in zip(weights, masks, strict=True)]
            sample_weight = keras.tree.pack_sequence_as(y_pred, weights)
        return super().compute_metrics(x, y, predictions, sample_weight)

    def get_config(self):
        return {
            **super().get_config(),
            "body": keras.saving.serialize_keras_object(self.body),
            "ensemble_size": self.ensemble_size,
            "members": self.members,
            "outputs": self.outputs_are,
            "member_loss": self.member_loss,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["body"] = keras.saving.deserialize_keras_object(
            config["body"], custom_objects=custom_objects
        )
        return cls(**config)


class _ReadMask(keras.layers.Layer):
    """Gives the Keras mask of a tensor, or None: the public way to read one."""

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return mask


def check_one_ensemble_size(body, ensemble_size):
    """Raise ValueError if a layer below `body` was made for another number of members."""
    for layer in body._flatten_layers():
        other = getattr(layer, "ensemble_size", ensemble_size)
        if other != ensemble_size:
            raise ValueError(
                f"Layer {layer.name!r} ({type(layer).__name__}) has ensemble_size={other}, and "
                f"the EnsembleModel around it has ensemble_size={ensemble_size}. Give every "
                "layer of one model the same ensemble_size."
            )


def _check_option(name, value, known):
    if value not in known:
        raise ValueError(f"`{name}` must be one of {known}. Received: {name}={value!r}")


def _one_for_each(structure, count):
    """One entry for each output: a single tensor or None serves all of them."""
    flat = keras.tree.flatten(structure) if structure is not None else [None]
    return flat if len(flat) == count else flat * count


def _pad_rank(tensor, rank):
    return ops.reshape(tensor, (*ops.shape(tensor), *[1] * (rank - len(tensor.shape))))


def _mask_weight(weight, mask):
    """Sample weights `(B,)` or `(B, T)` with masked steps `(B, M, T)` set to zero."""
    if mask is None:
        return weight
    mask = ops.cast(mask[:, 0], "float32")  # all members of an example share its mask
    return mask if weight is None else mask * _pad_rank(ops.cast(weight, "float32"), 2)
