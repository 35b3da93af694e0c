"""Cosines between the members' gradients on the weights they share: near 0 they learn like
independent networks, near 1 like one (Velikanov et al., AISTATS 2022).
"""

import keras
import numpy as np
from keras import ops

from be_keras.backend import gradients_of_each
from be_keras.roles import SHARED, weights_by_role


def member_gradient_cosines(model, x, y, loss, training=False):
    """Give the cosine between every two members' gradients of their own loss.

    The gradients are those of all trainable weights of the role "shared", flattened together.
    Every member sees every example, whatever `model.members` says. Runs on TensorFlow and JAX and
    leaves the model as it was.

    Args:
        model: A built `EnsembleModel` with one output.
        x: Inputs `(B, ...)` of one batch, or a structure of them; one that fits in memory.
        y: Labels `(B, ...)`, as the loss takes them.
        loss: Called as `loss(y, outputs)` with one member's outputs `(B, ..., C)`: a Keras loss,
            or any function that gives a tensor, over which the mean is taken.
        training: True lets dropout drop and norms use the batch's own statistics, as a training
            step does.

    Returns:
        `(M, M)` float64, symmetric, 1 on the diagonal; NaN for a member whose gradient is 0.

    Raises:
        ValueError: The model has no trainable shared weight.
        RuntimeError: Keras runs on a backend other than TensorFlow and JAX.
    """
    shared = [v for v in weights_by_role(model)[SHARED] if v.trainable]
    if not shared:
        raise ValueError(
            f"{model.name!r} has no trainable weight of the role {SHARED!r}. Build the model, or "
            f"unfreeze({SHARED!r}) it, first."
        )
    x, y = keras.tree.map_structure(ops.convert_to_tensor, (x, y))

    def member_losses(values):
        # The scope also keeps the moving statistics and seeds that the call may update.
        mapping = list(zip(shared, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            rows = keras.tree.map_structure(model.tile, x)
            outputs = model.untile(model.body(rows, training=training))  # (B, M, ..., C)
            return [ops.mean(loss(y, outputs[:, m])) for m in range(model.ensemble_size)]

    gradients = gradients_of_each(member_losses, [v.value for v in shared])
    gradients = np.stack([_flat(of_member) for of_member in gradients])  # (M, weights)
    norms = np.linalg.norm(gradients, axis=1, keepdims=True)
    unit = gradients / np.where(norms > 0, norms, np.nan)
    return np.clip(unit @ unit.T, -1.0, 1.0)


def _flat(tensors):
    return np.concatenate([ops.convert_to_numpy(t).astype("float64").ravel() for t in tensors])
