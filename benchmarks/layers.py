"""What members cost: BatchEnsemble layers against the plain Keras layer on the same rows.

    python benchmarks/layers.py [--runs 30] [--threads 2] [--only dense conv2d] [--out FILE.json]
                                [--peer tabm torch_uncertainty]

Prints a table and writes JSON: forward alone and forward with backward, in the graph and under XLA
(on JAX: under XLA). Both layers run in turn in one process; the ratio of each pair of neighbouring
runs is taken, and its median and quartiles are shown. A peer stands beside with the ratio of its
own layers. Takes a few minutes on two cores.
"""

import sys

import command
import peers
import report
from timing import compare, compiled, compilers, stateless

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
        "lstm": (
            (64, 32, 128),
            lambda: layers.RNN(layers.LSTMCell(128)),
            lambda: layers.RNN(be_keras.LSTMCellBatchEnsemble(128, **members)),
        ),
        "gru": (
            (64, 32, 128),
            lambda: layers.RNN(layers.GRUCell(128)),
            lambda: layers.RNN(be_keras.GRUCellBatchEnsemble(128, **members)),
        ),
    }


def runner(layer, rows, backward, xla):
    """A function of nothing that runs the compiled layer on `rows` once and waits for it."""
    import keras

    attention = "Attention" in type(layer).__name__
    call = (lambda x: layer(x, x)) if attention else (lambda x: layer(x, training=True))
    if "Normalization" not in type(layer).__name__ and not attention:
        call = layer
    pull = keras.random.normal(call(rows).shape, seed=0) if backward else None
    with_weights = stateless(call, layer.trainable_variables)
    # The rows are a value like the weights: their gradient is part of training.
    run = compiled(lambda _, values: with_weights(values[0], values[1:]), xla)
    values = [rows, *(variable.value for variable in layer.trainable_variables)]
    return lambda: run(None, values, pull)


def measure(names, runs, pairs_of_peers):
    """Yield one row of the table after another, a dict each.

    Args:
        names: Of `cases`.
        runs: Pairs of runs of each.
        pairs_of_peers: `{name: what peers.pairs gives}`.
    """
    import keras
    import numpy as np

    for name in names:
        shape, make_plain, make_members = cases()[name]
        rows = np.random.default_rng(0).normal(size=shape).astype("float32")
        rows = keras.ops.convert_to_tensor(rows)
        for compiler, xla in compilers().items():
            for backward in (False, True):
                pair = (runner(make(), rows, backward, xla) for make in (make_plain, make_members))
                yield {
                    "layer": name,
                    "rows": list(shape),
                    "compiler": compiler,
                    "pass": "forward + backward" if backward else "forward",
                    **compare(*pair, runs),
                    **of_peers(pairs_of_peers, name, backward, xla, runs),
                }


def of_peers(pairs_of_peers, name, backward, xla, runs):
    """The ratios and quartiles of the peers on one case, None where a peer has no such layer."""
    columns = {}
    for peer, pairs in pairs_of_peers.items():
        # Peers run eagerly and stand beside the graph; no XLA compiles them.
        known = name in pairs and not xla
        found = compare(*pairs[name](backward), runs) if known else {}
        columns[f"{peer}_ratio"] = found.get("ratio")
        columns[f"{peer}_quartiles"] = found.get("quartiles")
    return columns


def main() -> int:
    """Measure, print and write; gives the exit status."""
    parser = command.parser(__doc__, runs=30)
    parser.add_argument("--only", nargs="+", metavar="LAYER", help="default: all")
    parser.add_argument(
        "--peer", nargs="+", default=[], choices=peers.PEERS, help="libraries to stand beside"
    )
    args = command.parse(parser)
    absent = peers.missing(args.peer)
    if absent:
        parser.error(f"expected --peer to be installed; not found: {', '.join(absent)}")
    if args.peer and "graph" not in compilers():
        parser.error(
            "--peer stands beside the graph of TensorFlow, and JAX has none; expected "
            "KERAS_BACKEND=tensorflow"
        )
    known = list(cases())
    names = args.only or known
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"unknown layers {', '.join(unknown)}; known are {', '.join(known)}")
    beside = {peer: peers.pairs(peer, MEMBERS) for peer in args.peer}
    found = report.show(measure(names, args.runs, beside))
    command.write(args, {"members": MEMBERS, "rows": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
