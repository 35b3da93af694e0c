"""Networks of keras.applications as ensembles: converted, trained, saved, loaded, taken apart.

    python benchmarks/applications.py [--runs 10] [--size 64] [--examples 8] [--threads 2]
                                      [--only MODEL ...] [--onnx] [--out FILE.json]

Prints a Markdown table and writes JSON. Weights are random; nothing is downloaded. Deviations are
the largest difference of logits over the largest logit: of any member from the network it was
converted from; of the ensemble read from its file; of a member extracted from that; and of that
member's ONNX file, run by onnxruntime. After the first of these, members are moved apart and
trained for a step. The step's time (forward, backward and SGD, compiled to a graph) on B examples
is measured in turn with the network's on as many rows, B · M; the ratio is the median of the
pairs', with its quartiles.
"""

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

MEMBERS, CLASSES, MEMBER = 4, 10, 1
DEFAULT = ("ResNet50V2", "MobileNetV2", "EfficientNetB0")


def models():
    """The networks: `{name: function from (size, size, 3) to a model that gives logits}`."""
    import keras
    from keras import layers

    def application(name):
        options = {"weights": None, "classes": CLASSES, "classifier_activation": None}
        return lambda shape: getattr(keras.applications, name)(input_shape=shape, **options)

    def tiny(shape):
        """Two layers, to try this script with."""
        body = [layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU()]
        body += [layers.GlobalAveragePooling2D(), layers.Dense(CLASSES)]
        return keras.Sequential([keras.Input(shape), *body])

    return {**{name: application(name) for name in DEFAULT}, "tiny": tiny}


def deviation(found, expected):
    """Largest difference, over the largest expected value."""
    return float(abs(found - expected).max() / abs(expected).max())


def compile_for_training(model):
    """Compile with SGD and cross-entropy of logits, without XLA where there is a choice."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    xla = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.SGD(1e-3), loss, jit_compile=xla)


def move_apart(ensemble):
    """Draw the fast weights from N(1, 0.1), so that no member is another's equal."""
    from be_keras.initializers import NormalAroundOne
    from be_keras.roles import FAST, weights_by_role

    for seed, weight in enumerate(weights_by_role(ensemble)[FAST]):
        weight.assign(NormalAroundOne(0.1, seed)(weight.shape, weight.dtype))


def trained_roles(ensemble, x, y):
    """Train one step; give its loss, and the roles of all weights that moved."""
    import keras

    from be_keras.roles import role_of

    before = ensemble.get_weights()
    loss = float(ensemble.train_on_batch(x, y))
    moved = {
        role_of(weight)
        for weight, old in zip(ensemble.weights, before, strict=True)
        if (keras.ops.convert_to_numpy(weight) != old).any()
    }
    return loss, sorted(moved)


def check(model, ensemble, x, y, onnx):
    """Train, save, load and extract; give what is told of the ensemble but its time."""
    import keras
    import numpy as np

    from be_keras.convert import extract_member

    expected = model.predict(x, verbose=0)[:, None]
    found = {"member_deviation": deviation(ensemble.predict(x, verbose=0), expected)}
    move_apart(ensemble)
    for each in (model, ensemble):
        compile_for_training(each)
    found["loss"], found["moved"] = trained_roles(ensemble, x, y)
    if not np.isfinite(found["loss"]) or not {"fast", "shared"} <= set(found["moved"]):
        raise RuntimeError(f"A step of training went wrong: {found}")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "model.keras", Path(folder) / "ensemble.keras"]
        for each, file in zip((model, ensemble), files, strict=True):
            each.save(file)
        again = keras.models.load_model(files[1])
        found["megabytes"], found["members_megabytes"] = (f.stat().st_size / 1e6 for f in files)
        logits = ensemble.predict(x, verbose=0)
        member = extract_member(again, MEMBER)
        found["loaded_deviation"] = deviation(again.predict(x, verbose=0), logits)
        of_member = member.predict(x, verbose=0)
        found["extracted_deviation"] = deviation(of_member, logits[:, MEMBER])
        if onnx:
            by_onnx = run_by_onnx(member, x, folder)
            found["onnx_deviation"] = None if by_onnx is None else deviation(by_onnx, of_member)
    return found


def run_by_onnx(model, x, folder):
    """Export a model to ONNX by Keras' own means, and give what onnxruntime makes of `x`.

    None, in the table a dash, where the export does not run: it makes inputs of the constants of
    Keras' Normalization.
    """
    import onnxruntime as onnx

    file = str(Path(folder) / "member.onnx")
    model.export(file, format="onnx", verbose=False)
    options = onnx.SessionOptions()
    # Its rewriting of norms rounds a thousand times as much as the graph does as it is.
    options.graph_optimization_level = onnx.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnx.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    return session.run(None, {inputs[0].name: x})[0] if len(inputs) == 1 else None


def compare_steps(model, ensemble, x, y, runs):
    """Train both in turn, on as many rows; give milliseconds and the quartiles of the ratios."""
    import numpy as np

    rows = np.repeat(x, MEMBERS, axis=0), np.repeat(y, MEMBERS)
    steps = (
        lambda: model.train_on_batch(*rows),
        lambda: ensemble.train_on_batch(x, y),
    )
    for step in steps:
        step()  # compiles
    pairs = [[_seconds(step) for step in steps] for _ in range(runs)]
    low, median, high = statistics.quantiles([ours / theirs for theirs, ours in pairs], n=4)
    return {
        "step_ms": 1e3 * statistics.median(theirs for theirs, _ in pairs),
        "members_step_ms": 1e3 * statistics.median(ours for _, ours in pairs),
        "step_ratio": median,
        "quartiles": [low, high],
    }


def _seconds(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def measure(name, args):
    """One row of the table, a dict."""
    import keras
    import numpy as np

    from be_keras.convert import to_batch_ensemble

    keras.utils.set_random_seed(0)
    draw = np.random.default_rng(0)
    x = draw.normal(size=(args.examples, args.size, args.size, 3)).astype("float32")
    y = draw.integers(0, CLASSES, size=args.examples)
    model = models()[name](x.shape[1:])
    ensemble = to_batch_ensemble(model, MEMBERS)
    return {
        "model": name,
        "parameters": model.count_params(),
        "members_parameters": ensemble.count_params(),
        **check(model, ensemble, x, y, args.onnx),
        **compare_steps(model, ensemble, x, y, args.runs),
    }


def line(row):
    """One row of the table in Markdown."""
    low, high = row["quartiles"]
    own, members = row["parameters"] / 1e6, row["members_parameters"] / 1e6
    size, members_size = row["megabytes"], row["members_megabytes"]
    deviations = [row[f"{what}_deviation"] for what in ("member", "loaded", "extracted")]
    if "onnx_deviation" in row:
        deviations.append(row["onnx_deviation"])
    cells = [
        row["model"],
        f"{own:.3f} M → {members:.3f} M, {members / own:.3f}",
        f"{size:.2f} MB → {members_size:.2f} MB, {members_size / size:.3f}",
        *("–" if value is None else f"{value:.1e}" for value in deviations),
        f"{row['step_ms']:.0f} | {row['members_step_ms']:.0f} | {row['step_ratio']:.2f}",
        f"{low:.2f} to {high:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def header(onnx):
    """The first two lines of the table."""
    names = ["network", f"weights, of {MEMBERS} members, ratio", ".keras file", "members"]
    names += ["loaded", "extracted", *(["ONNX"] if onnx else [])]
    names += ["step, ms", "of members, ms", "ratio", "quartiles"]
    return f"| {' | '.join(names)} |\n| {' | '.join(['---'] * 3 + ['---:'] * (len(names) - 3))} |"


def arguments():
    """The parsed command line; ends the process where it makes no sense."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10, help="pairs of steps; default: 10")
    parser.add_argument("--size", type=int, default=64, help="of the images; default: 64")
    parser.add_argument("--examples", type=int, default=8, help="B; default: 8")
    parser.add_argument("--threads", type=int, default=2, help="of TensorFlow; default: 2")
    known = [*DEFAULT, "tiny"]
    parser.add_argument("--only", nargs="+", choices=known, default=DEFAULT, metavar="MODEL")
    parser.add_argument("--onnx", action="store_true", help="export a member and run that too")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    if args.runs < 2 or min(args.size, args.examples, args.threads) < 1:
        parser.error("expected --runs from 2, and --size, --examples and --threads from 1")
    if args.onnx and importlib.util.find_spec("onnxruntime") is None:
        parser.error("--onnx needs other packages: pip install onnx onnxruntime tf2onnx")
    return args


def main() -> int:
    """Measure, print and write; gives the exit status."""
    args = arguments()
    # Read when the backend is imported, which is why nothing above imports it.
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(args.threads)
    print(header(args.onnx), flush=True)
    found = []
    for name in args.only:
        found.append(measure(name, args))
        print(line(found[-1]), flush=True)
    if args.out:
        from be_keras.experiments import environment

        options = {key: getattr(args, key) for key in ("runs", "size", "examples", "threads")}
        content = {"members": MEMBERS, **options, "environment": environment(), "rows": found}
        args.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
