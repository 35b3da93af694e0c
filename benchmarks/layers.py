"""What members cost: BatchEnsemble layers against the plain Keras layer on the same rows.

    python benchmarks/layers.py [--runs 30] [--threads 2] [--only dense conv2d] [--out FILE.json]

Prints a table and writes JSON: forward alone and forward with backward, in the graph and under XLA
(on JAX: under XLA). Both layers run in turn in one process; the ratio of each pair of neighbouring
runs is taken, and its median and quartiles are shown. Takes a few minutes on two cores.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

MEMBERS = 4


def cases():
    """The layers compared: `{name: (shape of the rows, plain layer, layer of members)}`."""
    from keras import layers

    import be_keras

    members = {"ensemble_size": MEMBERS}
    same = {"padding": "same"}
    return {
        "dense": (
            (256, 1024),
            lambda: layers.Dense(1024),
            lambda: be_keras.DenseBatchEnsemble(1024, **members),
        ),
        "conv2d": (
            (64, 32, 32, 64),
            lambda: layers.Conv2D(64, 3, **same),
            lambda: be_keras.Conv2DBatchEnsemble(64, 3, **same, **members),
        ),
        "conv2d-wide": (
            (64, 8, 8, 256),
            lambda: layers.Conv2D(256, 3, **same),
            lambda: be_keras.Conv2DBatchEnsemble(256, 3, **same, **members),
        ),
        "depthwise": (
            (64, 32, 32, 64),
            lambda: layers.DepthwiseConv2D(3, **same),
            lambda: be_keras.DepthwiseConv2DBatchEnsemble(3, **same, **members),
        ),
        "attention": (
            (64, 64, 256),
            lambda: layers.MultiHeadAttention(4, 64),
            lambda: be_keras.MultiHeadAttentionBatchEnsemble(4, 64, **members),
        ),
        "layer-norm": (
            (64, 64, 256),
            lambda: layers.LayerNormalization(),
            lambda: be_keras.LayerNormalizationBatchEnsemble(**members),
        ),
        "batch-norm": (
            (64, 32, 32, 64),
            lambda: layers.BatchNormalization(),
            lambda: be_keras.BatchNormalizationBatchEnsemble(**members),
        ),
    }


def runner(layer, rows, backward, xla):
    """A function of nothing that runs the compiled layer on `rows` once and waits for it."""
    import keras

    attention = "Attention" in type(layer).__name__
    call = (lambda x: layer(x, x)) if attention else (lambda x: layer(x, training=True))
    if "Normalization" not in type(layer).__name__ and not attention:
        call = layer
    call(rows)
    variables = layer.trainable_variables
    if keras.backend.backend() == "jax":
        return _on_jax(call, rows, variables, backward)
    import tensorflow as tf

    pull = tf.random.normal(call(rows).shape)

    @tf.function(jit_compile=xla)
    def run(x):
        if not backward:
            return [call(x)]
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = call(x)
        return tape.gradient(outputs, [x, *(v.value for v in variables)], pull)

    return lambda: run(rows)[-1].numpy()


def _on_jax(call, rows, variables, backward):
    import jax
    import keras

    def pure(x, values):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return call(x)

    pull = jax.random.normal(jax.random.key(0), call(rows).shape)

    def with_backward(x, values):
        return jax.vjp(pure, x, values)[1](pull)

    compiled = jax.jit(with_backward if backward else pure)
    values = [v.value for v in variables]
    return lambda: jax.block_until_ready(compiled(rows, values))


def compare(plain, members, runs):
    """Run both in turn; give milliseconds of each and the quartiles of the pairs' ratios."""
    plain(), members()  # compiles
    pairs = [(_seconds(plain), _seconds(members)) for _ in range(runs)]
    ratios = [ours / theirs for theirs, ours in pairs]
    low, median, high = statistics.quantiles(ratios, n=4)
    return {
        "plain_ms": 1e3 * statistics.median(theirs for theirs, _ in pairs),
        "members_ms": 1e3 * statistics.median(ours for _, ours in pairs),
        "ratio": median,
        "quartiles": [low, high],
    }


def _seconds(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def measure(names, runs):
    """Yield one row of the table after another, a dict each."""
    import keras
    import numpy as np

    compilers = (True,) if keras.backend.backend() == "jax" else (False, True)
    for name in names:
        shape, make_plain, make_members = cases()[name]
        rows = np.random.default_rng(0).normal(size=shape).astype("float32")
        rows = keras.ops.convert_to_tensor(rows)
        for xla in compilers:
            for backward in (False, True):
                pair = (runner(make(), rows, backward, xla) for make in (make_plain, make_members))
                yield {
                    "layer": name,
                    "rows": list(shape),
                    "compiler": "xla" if xla else "graph",
                    "pass": "forward + backward" if backward else "forward",
                    **compare(*pair, runs),
                }


def line(row):
    """One row of the table in Markdown."""
    low, high = row["quartiles"]
    return (
        f"| {row['layer']} {tuple(row['rows'])} | {row['compiler']} | {row['pass']} "
        f"| {row['plain_ms']:.1f} | {row['members_ms']:.1f} "
        f"| {row['ratio']:.2f} | {low:.2f} to {high:.2f} |"
    )


def main() -> int:
    """Measure, print and write; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=30, help="pairs of runs; default: 30")
    parser.add_argument("--threads", type=int, default=2, help="of TensorFlow; default: 2")
    parser.add_argument("--only", nargs="+", metavar="LAYER", help="default: all")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON to write")
    args = parser.parse_args()
    if args.runs < 2 or args.threads < 1:
        parser.error(f"expected --runs from 2, --threads from 1; got {args.runs}, {args.threads}")
    # Read when the backend is imported, which is why nothing above imports it.
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(args.threads)
    known = list(cases())
    names = args.only or known
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"unknown layers {', '.join(unknown)}; known are {', '.join(known)}")
    print("| rows | compiler | pass | plain, ms | members, ms | ratio | quartiles |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |", flush=True)
    found = []
    for row in measure(names, args.runs):
        print(line(row), flush=True)
        found.append(row)
    if args.out:
        from be_keras.experiments import environment

        options = {"members": MEMBERS, "threads": args.threads, "runs": args.runs}
        content = {**options, "environment": environment(), "rows": found}
        args.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
