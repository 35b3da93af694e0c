"""Cosines between the members' gradients on the weights they share: near 0 they learn like
independent networks, near 1 like one (Velikanov et al., AISTATS 2022).
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from be_keras.backend import gradients_of_each
from be_keras.roles import SHARED, weights_by_role
from be_keras.types import Tensor


def member_gradient_cosines(
    model: Any,
    x: Tensor,
    y: Tensor,
    loss: Callable[..., Tensor],
    training: bool = False,
    batch_size: int | None = None,
) -> np.ndarray:
    """Give the cosine between every two members' gradients of their own loss.

    The gradients are those of all trainable weights of the role "shared", flattened together.
    Every member sees every example, whatever `model.members` says. Runs on TensorFlow and JAX and
    leaves the model as it was.

    Args:
        model: A built `EnsembleModel` with one output.
        x: Inputs `(B, ...)`, or a structure of them.
        y: Labels `(B, ...)`, as the loss takes them.
        loss: Called as `loss(y, outputs)` with one member's outputs `(B, ..., C)`: a Keras loss,
            or any function that gives a tensor, over which the mean is taken.
        training: True lets dropout drop and norms use the batch's own statistics, as a training
            step does.
        batch_size: Examples at a time, whose gradients are added up; None for all at once, which
            needs memory for the activations of `B * M` rows. With `training` norms see one batch.

    Returns:
        `(M, M)` float64, symmetric, 1 on the diagonal; NaN for a member whose gradient is 0.

    Raises:
        ValueError: The model has no trainable shared weight, or the batch size is below 1.
        RuntimeError: Keras runs on a backend other than TensorFlow and JAX.

    Examples:
        >>> model = be_keras.EnsembleModel(be_keras.DenseBatchEnsemble(2, ensemble_size=3), 3)
        >>> model.build((None, 4))
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> x, y = np.ones((5, 4), "float32"), np.zeros(5, "int32")
        >>> be_keras.metrics.member_gradient_cosines(model, x, y, loss).shape
        (3, 3)
    """
    shared = [v for v in weights_by_role(model)[SHARED] if v.trainable]
    if not shared:
        raise ValueError(
            f"{model.name!r} has no trainable weight of the role {SHARED!r}. Build the model, or "
            f"unfreeze({SHARED!r}) it, first."
        )
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size is 1 or more, or None. Received: {batch_size}")
    x, y = keras.tree.map_structure(ops.convert_to_tensor, (x, y))
    count = len(keras.tree.flatten(x)[0])
    size = batch_size or count
    gradients: Any = 0.0
    for first in range(0, count, size):
        some = slice(first, first + size)
        some_x, some_y = keras.tree.map_structure(lambda t, some=some: t[some], (x, y))
        share = min(size, count - first) / count
        gradients += share * _gradients(model, shared, some_x, some_y, loss, training)
    norms = np.linalg.norm(gradients, axis=1, keepdims=True)
    unit = gradients / np.where(norms > 0, norms, np.nan)
    return np.clip(unit @ unit.T, -1.0, 1.0)


def _gradients(
    model: keras.Model, shared: Any, x: Tensor, y: Tensor, loss: Tensor, training: bool | None
) -> np.ndarray:
    """Each member's gradient of its mean loss on the shared weights, `(M, weights)`."""

    def member_losses(values: Tensor) -> list[Tensor]:
        # The scope also keeps the moving statistics and seeds that the call may update.
        mapping = list(zip(shared, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            rows = keras.tree.map_structure(model.tile, x)
            outputs = model.untile(model.body(rows, training=training))  # (B, M, ..., C)
            return [ops.mean(loss(y, outputs[:, m])) for m in range(model.ensemble_size)]

    gradients = gradients_of_each(member_losses, [v.value for v in shared])
    return np.stack([_flat(of_member) for of_member in gradients])


def _flat(tensors: Tensor) -> np.ndarray:
    return np.concatenate([ops.convert_to_numpy(t).astype("float64").ravel() for t in tensors])
