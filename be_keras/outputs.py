"""Kinds of outputs: what the numbers of a model's output are, told by name, loss or last layer.

A mean over members is a mean of probabilities, or of values; of logits it is neither.
"""

import functools
from collections.abc import Iterable
from typing import Any

import keras
from keras import losses, ops

from be_keras.keras_internals import expects_logits, origin_of, place_of
from be_keras.members import TileMembers, UntileMembers

KINDS = ("logits", "binary_logits", "probabilities", "binary_probabilities", "values")
LOGITS = ("logits", "binary_logits")

_CATEGORICAL = (
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.SparseCategoricalCrossentropy,
)
_BINARY = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
_CLASSES = tuple(
    loss
    for loss in vars(losses).values()
    if isinstance(loss, type) and loss not in (losses.Loss, losses.CTC)
)
_FUNCTIONS = {
    function: name
    for name, function in vars(losses).items()
    if callable(function)
    and not isinstance(function, type)
    and name not in ("get", "serialize", "deserialize", "ctc")
}
# What changes the shape of probabilities, or joins some, and leaves them probabilities.
_KEEPS = (
    keras.layers.Average,
    keras.layers.Concatenate,
    keras.layers.Flatten,
    keras.layers.Identity,
    keras.layers.Permute,
    keras.layers.Reshape,
    TileMembers,
    UntileMembers,
)


def check_kind(kind: Any, known: Iterable[str] = KINDS) -> str:
    """Give a kind of outputs back; ValueError if it is none of those known.

    Examples:
        >>> be_keras.outputs.check_kind("logits")
        'logits'
    """
    known = tuple(known)
    if kind not in known:
        raise ValueError(f"`outputs` must be one of {known}. Received: outputs={kind!r}")
    return kind


def predictions_of(outputs: Any, kind: str) -> Any:
    """Probabilities for logits, anything else as it is: `(..., C)` to `(..., C)`.

    Examples:
        >>> [float(p) for p in be_keras.outputs.predictions_of([0.0, 0.0], "logits")]
        [0.5, 0.5]
    """
    if kind not in LOGITS:
        return outputs
    outputs = ops.convert_to_tensor(outputs)
    if kind == "binary_logits" or outputs.shape[-1] == 1:
        return ops.sigmoid(outputs)
    return ops.softmax(outputs, axis=-1)


def mean_of_members(output: Any, kind: str) -> Any:
    """The mean over members of probabilities or values: `(B, M, ..., C)` to `(B, ..., C)`, float32.

    Examples:
        >>> be_keras.outputs.mean_of_members(np.array([[[1.0], [3.0]]]), "values").shape[0]
        1
    """
    return ops.mean(predictions_of(ops.cast(output, "float32"), kind), axis=1)


def kind_of_loss(loss: Any) -> str | None:
    """The kind of outputs that a loss of Keras compares with labels; None for any other loss.

    Examples:
        >>> be_keras.outputs.kind_of_loss("mse")
        'values'
    """
    if isinstance(loss, list | tuple):
        kinds = {kind_of_loss(each) for each in loss}
        return kinds.pop() if len(kinds) == 1 else None
    if isinstance(loss, str):
        loss = losses.get(loss)
    options: dict[str, Any] = {}
    while isinstance(loss, functools.partial):
        options = {**loss.keywords, **options}
        loss = loss.func
    if isinstance(loss, losses.Loss):
        from_logits = getattr(loss, "from_logits", False)
        categorical, binary = isinstance(loss, _CATEGORICAL), isinstance(loss, _BINARY)
        known = isinstance(loss, _CLASSES)
    else:
        name = _FUNCTIONS.get(loss, "") if callable(loss) else ""
        from_logits = options.get("from_logits", False)
        categorical = name.startswith(("categorical_", "sparse_")) and "crossentropy" in name
        binary, known = name.startswith("binary_"), bool(name)
    if not known:
        return None
    if not categorical and not binary:
        return "values"
    return ("binary_" if binary else "") + ("logits" if from_logits else "probabilities")


def ends_in_probabilities(output: Any) -> bool:
    """Whether all that a symbolic output is made of comes out of a softmax or sigmoid."""
    operation, parents = origin_of(output)
    if gives_probabilities(operation):
        return True
    if isinstance(operation, keras.Function | keras.Sequential):
        return ends_in_probabilities(operation.outputs[place_of(output)])
    linear = getattr(operation, "activation", None) is keras.activations.linear
    keeps = isinstance(operation, _KEEPS) or (
        linear and isinstance(operation, keras.layers.Activation)
    )
    return bool(keeps and parents) and all(map(ends_in_probabilities, parents))


def gives_probabilities(operation: Any) -> bool:
    """Whether a layer or operation ends in a softmax or sigmoid of its own."""
    operation = getattr(operation, "layer", operation)
    functions = (keras.activations.softmax, keras.activations.sigmoid)
    known = getattr(operation, "activation", None) in functions
    return known or type(operation).__name__ in ("Softmax", "Sigmoid")


def kind_of_output(given: str, loss: Any, probable: bool, name: str) -> str:
    """Settle what one output is.

    Args:
        given: One of `KINDS`, or "auto" to follow the loss.
        loss: The loss that it is compiled with, or None.
        probable: Whether the body is seen to end in a softmax or sigmoid there.
        name: What the message calls the output.

    Raises:
        ValueError: `given`, the loss and the last layer contradict each other, or none of them
            says what the output is.

    Examples:
        >>> be_keras.outputs.kind_of_output("auto", "mse", probable=False, name="price")
        'values'
    """
    said = kind_of_loss(loss)
    if given == "auto":
        if said in LOGITS and probable:
            raise ValueError(
                f"The {name} ends in a softmax or sigmoid, and its loss has from_logits=True. "
                "Write from_logits=False, or leave the activation out of the last layer."
            )
        if said is None and not probable:
            raise ValueError(
                f"Nothing says whether the {name} holds logits, probabilities or values, which "
                f"decides what the mean over members is (loss: {loss!r}). Write outputs= one of "
                f"{KINDS} for the model, or compile it with a loss of Keras."
            )
        return said or "probabilities"
    if said in LOGITS:
        fits = given == said or (given == "logits" and said == "binary_logits")
    else:
        fits = said is None or given not in LOGITS
    if not fits:
        raise ValueError(
            f"The model was made with outputs={given!r} for its {name}, and its loss {loss!r} "
            f'takes {said}. Write outputs={said!r} or outputs="auto", or change from_logits of '
            "the loss."
        )
    return said if said in LOGITS else given


def check_metrics(metrics: Any, kind: str) -> None:
    """Refuse metrics that expect logits: they are shown the mean of the members' probabilities.

    Raises:
        ValueError: A metric has `from_logits=True`, or a threshold that no probability crosses.
    """
    for metric in keras.tree.flatten(metrics):
        threshold = getattr(metric, "threshold", None)
        crossed = not isinstance(threshold, int | float) or threshold > 0
        if kind in LOGITS and (expects_logits(metric) or not crossed):
            raise ValueError(
                f"The metric {metric.name!r} expects logits, and an EnsembleModel shows metrics "
                "the mean of the members' probabilities. Write from_logits=False for it, and a "
                "threshold between 0 and 1."
            )
