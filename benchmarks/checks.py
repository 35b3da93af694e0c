"""What a converted network has to hold: its members equal it, train, are saved and come out.

Takes a model and the ensemble made of it, and gives deviations: the largest difference of logits
over the largest logit. Both models are compiled, and members that were equal are not afterwards.
"""

import tempfile
from pathlib import Path

MEMBER = 1


def check(model, ensemble, x, y, onnx):
    """Compare, train for a step, save, load and extract.

    Args:
        model: Built model from examples `(B, ...)` to logits `(B, ..., C)`.
        ensemble: What `to_batch_ensemble` made of it, with the weights it began with.
        x, y: Examples and integer labels `(B, ...)`, NumPy arrays.
        onnx: Whether to export the extracted member too; this needs onnxruntime and tf2onnx.

    Returns:
        Dict of the size of the ensemble's file over the model's, and of deviations: of any member
        from the model; of the ensemble read from its file; of a member extracted from that; with
        `onnx` of that member's ONNX file, None where onnxruntime does not run it.

    Raises:
        RuntimeError: The loss is not finite, or kernels or fast weights did not move.
    """
    import keras

    from be_keras.convert import extract_member

    of_model = model.predict(x, verbose=0)[:, None]
    member_deviation = deviation(ensemble.predict(x, verbose=0), of_model)
    move_apart(ensemble)
    for each in (model, ensemble):
        compile_for_training(each)
    train_a_step(ensemble, x, y)
    with tempfile.TemporaryDirectory() as folder:
        own, file = (Path(folder) / f"{name}.keras" for name in ("model", "ensemble"))
        model.save(own), ensemble.save(file)
        again = keras.models.load_model(file)
        member = extract_member(again, MEMBER)
        logits, of_member = (each.predict(x, verbose=0) for each in (ensemble, member))
        found = {
            "file_ratio": file.stat().st_size / own.stat().st_size,
            "member_deviation": member_deviation,
            "loaded_deviation": deviation(again.predict(x, verbose=0), logits),
            "extracted_deviation": deviation(of_member, logits[:, MEMBER]),
        }
        if onnx:
            by_onnx = run_by_onnx(member, x, folder)
            found["onnx_deviation"] = None if by_onnx is None else deviation(by_onnx, of_member)
    return found


def deviation(found, expected):
    """Largest difference, over the largest expected value."""
    return float(abs(found - expected).max() / abs(expected).max())


def move_apart(ensemble):
    """Draw the fast weights from N(1, 0.1), so that no member is another's equal."""
    from be_keras.initializers import NormalAroundOne
    from be_keras.roles import FAST, weights_by_role

    for seed, weight in enumerate(weights_by_role(ensemble)[FAST]):
        weight.assign(NormalAroundOne(0.1, seed)(weight.shape, weight.dtype))


def compile_for_training(model):
    """Compile with SGD and cross-entropy of logits, without XLA where there is a choice."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    xla = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.SGD(1e-3), loss, jit_compile=xla)


def train_a_step(ensemble, x, y):
    """Train on one batch.

    Raises:
        RuntimeError: The loss is not finite, or kernels or fast weights did not move.
    """
    import keras
    import numpy as np

    from be_keras.roles import FAST, SHARED, role_of

    before = ensemble.get_weights()
    loss = float(ensemble.train_on_batch(x, y))
    moved = {
        role_of(weight)
        for weight, old in zip(ensemble.weights, before, strict=True)
        if (keras.ops.convert_to_numpy(weight) != old).any()
    }
    if not np.isfinite(loss) or not {FAST, SHARED} <= moved:
        raise RuntimeError(
            "A step of training went wrong. Expected a finite loss, and shared and fast weights "
            f"that move. Received: a loss of {loss}; moved: {sorted(moved)}"
        )


def run_by_onnx(model, x, folder):
    """Export a model to ONNX by Keras' own means, and give what onnxruntime makes of `x`.

    None where the export does not run: it makes inputs of the constants of Keras' Normalization.
    """
    import onnxruntime

    file = str(Path(folder) / "member.onnx")
    model.export(file, format="onnx", verbose=False)
    options = onnxruntime.SessionOptions()
    # Its rewriting of norms rounds a hundred times as much as the graph does as it is.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    return session.run(None, {inputs[0].name: x})[0] if len(inputs) == 1 else None
