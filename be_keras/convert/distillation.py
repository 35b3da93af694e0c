"""Targets for fine-tuning members towards labels and towards the model that they came from."""

from typing import Any

import keras
import numpy as np
from keras import ops

from be_keras.bodies import symbolic_outputs
from be_keras.outputs import (
    KINDS,
    check_kind,
    ends_in_probabilities,
    kind_of_output,
    predictions_of,
)
from be_keras.types import Shape, Tensor


def distillation_targets(
    model: keras.Model,
    x: Any,
    y: Tensor = None,
    weight: float = 0.5,
    *,
    outputs: str = "auto",
    batch_size: int | None = None,
) -> np.ndarray:
    """Mix labels with a model's predictions: `(1 - weight) labels + weight probabilities`.

    Distillation (Hinton et al., 2015) at temperature one: cross-entropy is linear in its targets,
    so that fitting these is fitting both, under plain `compile` and `fit` with
    `CategoricalCrossentropy` (where C is 1, `BinaryCrossentropy`).

    Args:
        model: The original, any Keras model with one output `(B, ..., C)`.
        x: Inputs as `model.predict` takes them, B examples.
        y: Labels: classes `(B, ...)` in [0, C), or distributions `(B, ..., C)`. Where C is 1,
            probabilities of either shape. None, for inputs without labels, needs a weight of 1.
        weight: Weight of the predictions, in [0, 1].
        outputs: What the model gives: "logits" (softmax turns them into probabilities, or sigmoid
            where C is 1), "binary_logits" (sigmoid of each) or probabilities. "auto" follows the
            loss that the model is compiled with, or a softmax or sigmoid that it ends in.
        batch_size: As in `model.predict`.

    Returns:
        Targets `(B, ..., C)`, float32.

    Raises:
        ValueError: An argument is out of range, the labels do not fit the predictions, or
            nothing says what the model gives.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> x, y = np.ones((4, 3), "float32"), np.array([0, 1, 0, 1])
        >>> be_keras.convert.distillation_targets(model, x, y, outputs="logits").shape
        (4, 2)
    """
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"`weight` must lie in [0, 1]. Received: weight={weight!r}")
    if y is None and weight < 1.0:
        raise ValueError(f"Without labels `weight` must be 1. Received: y=None, weight={weight!r}")
    check_kind(outputs, ("auto", *KINDS[:-1]))
    seen = symbolic_outputs(model)
    if keras.tree.is_nested(seen):
        raise ValueError(f"Expected a model with one output. Received: {type(seen).__name__}")
    probable = seen is not None and ends_in_probabilities(seen)
    loss = getattr(model, "loss", None)
    outputs = kind_of_output(outputs, loss, probable, f"output of {model.name!r}")
    predictions = model.predict(x, batch_size=batch_size, verbose=0)
    if not isinstance(predictions, np.ndarray):
        raise ValueError(f"Expected a model with one output. Received: {type(predictions)}")
    predictions = predictions.astype("float32")
    if outputs == "values":
        raise ValueError(
            f"The loss of {model.name!r} says that it gives values, and targets are mixed from "
            "probabilities of classes. Distil a regression by fitting its predictions."
        )
    predictions = ops.convert_to_numpy(predictions_of(predictions, outputs))
    if y is None:
        return predictions
    return (1.0 - weight) * _distributions(np.asarray(y), predictions.shape) + weight * predictions


def _distributions(labels: Tensor, shape: Shape) -> Any:
    """Labels as distributions of the shape `(B, ..., C)`, float32."""
    classes = shape[-1]
    if labels.shape == shape[:-1]:
        if classes == 1:
            labels = labels[..., None]
        elif np.issubdtype(labels.dtype, np.integer) and labels.size:
            if labels.min() < 0 or labels.max() >= classes:
                raise ValueError(
                    f"Expected labels in [0, {classes}). Received labels from {labels.min()} to "
                    f"{labels.max()}."
                )
            labels = np.eye(classes, dtype="float32")[labels]
    if labels.shape != shape:
        raise ValueError(
            f"Expected integer labels {shape[:-1]} or distributions {shape}. Received: shape "
            f"{labels.shape}, dtype {labels.dtype}."
        )
    return labels.astype("float32")
