"""Targets for fine-tuning members towards labels and towards the model that they came from."""

from typing import Any

import keras
import numpy as np
from keras import ops

from be_keras.convert.ensemble import kind_of_outputs
from be_keras.types import Shape, Tensor


def distillation_targets(
    model: keras.Model,
    x: Any,
    y: Tensor = None,
    weight: float = 0.5,
    *,
    outputs: str | None = None,
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
            where C is 1) or "probabilities". None reads it from the model's last activations;
            a subclassed model, whose layers cannot be seen, needs it.
        batch_size: As in `model.predict`.

    Returns:
        Targets `(B, ..., C)`, float32.

    Raises:
        ValueError: An argument is out of range, the labels do not fit the predictions, or
            `outputs` is None and the model's layers cannot be seen.

    Examples:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> x, y = np.ones((4, 3), "float32"), np.array([0, 1, 0, 1])
        >>> be_keras.convert.distillation_targets(model, x, y, weight=0.5).shape
        (4, 2)
    """
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"`weight` must lie in [0, 1]. Received: weight={weight!r}")
    if y is None and weight < 1.0:
        raise ValueError(f"Without labels `weight` must be 1. Received: y=None, weight={weight!r}")
    outputs = outputs or _kind_of_outputs(model)
    if outputs not in ("logits", "probabilities"):
        raise ValueError(
            f'`outputs` must be "logits" or "probabilities". Received: outputs={outputs!r}'
        )
    predictions = model.predict(x, batch_size=batch_size, verbose=0)
    if not isinstance(predictions, np.ndarray):
        raise ValueError(f"Expected a model with one output. Received: {type(predictions)}")
    predictions = predictions.astype("float32")
    if outputs == "logits":
        probable = ops.sigmoid if predictions.shape[-1] == 1 else ops.softmax
        predictions = ops.convert_to_numpy(probable(predictions))
    if y is None:
        return predictions
    return (1.0 - weight) * _distributions(np.asarray(y), predictions.shape) + weight * predictions


def _kind_of_outputs(model: keras.Model) -> Any:
    try:
        return kind_of_outputs(model)
    except ValueError as error:
        raise ValueError(
            f'{error} Or say what it gives: outputs="logits" or outputs="probabilities".'
        ) from error


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
