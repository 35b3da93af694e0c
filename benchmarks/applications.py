"""Networks of keras.applications, and a Transformer, as ensembles: converted, trained, taken apart.

    python benchmarks/applications.py [--runs 10] [--size 32] [--examples 8] [--threads 2]
                                      [--only MODEL ...] [--onnx] [--out FILE.json]

Prints a table and writes JSON: parameters and file of the ensemble against the network's, how
closely each network that comes out equals what it should (`checks`), and the time of a step of
training (forward, backward and SGD, compiled to a graph; on JAX under XLA) on B examples against
the network's on as many rows, B · M. Weights are random; nothing is downloaded. Takes some
minutes on two cores.
"""

import importlib.util
import sys

import command
import report
from checks import check
from timing import compare

MEMBERS, CLASSES = 4, 10
DEFAULT = ("ResNet50V2", "MobileNetV2", "EfficientNetB0", "Transformer")
VOCABULARY, LENGTH = 1_000, 32


def network(name, shape):
    """One network from images of `shape` to `CLASSES` logits: of `DEFAULT`, or "tiny".

    The Transformer takes tokens `(LENGTH,)` and gives logits `(LENGTH, VOCABULARY)`.
    """
    import keras
    from keras import layers

    if name == "Transformer":
        return transformer()
    if name == "tiny":  # to try this script with
        body = [layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU()]
        body += [layers.GlobalAveragePooling2D(), layers.Dense(CLASSES)]
        return keras.Sequential([keras.Input(shape), *body])
    options = {"weights": None, "classes": CLASSES, "classifier_activation": None}
    return getattr(keras.applications, name)(input_shape=shape, **options)


def transformer(width=128, heads=4, blocks=2):
    """A causal Transformer of Keras' layers, pre-norm, that predicts the next token."""
    import keras
    from keras import layers, ops

    tokens = keras.Input((LENGTH,), dtype="int32")
    places = ops.cumsum(ops.ones_like(tokens), axis=-1) - 1
    states = layers.Embedding(VOCABULARY, width)(tokens) + layers.Embedding(LENGTH, width)(places)
    for _ in range(blocks):
        normed = layers.LayerNormalization()(states)
        attention = layers.MultiHeadAttention(heads, width // heads)
        states = states + attention(normed, normed, use_causal_mask=True)
        hidden = layers.Dense(4 * width, "relu")(layers.LayerNormalization()(states))
        states = states + layers.Dense(width)(hidden)
    logits = layers.Dense(VOCABULARY)(layers.LayerNormalization()(states))
    return keras.Model(tokens, logits, name="transformer")


def examples(name, count, size):
    """Random inputs and integer labels of a network, NumPy arrays of `count` examples."""
    import numpy as np

    draw = np.random.default_rng(0)
    if name == "Transformer":
        tokens = draw.integers(VOCABULARY, size=(count, LENGTH + 1), dtype="int32")
        return tokens[:, :-1], tokens[:, 1:]
    images = draw.normal(size=(count, size, size, 3)).astype("float32")
    return images, draw.integers(0, CLASSES, size=count)


def measure(name, args):
    """Give one row of the table, a dict; the examples are random."""
    import keras
    import numpy as np

    from be_keras.convert import to_batch_ensemble

    keras.utils.set_random_seed(0)
    x, y = examples(name, args.examples, args.size)
    model = network(name, x.shape[1:])
    ensemble = to_batch_ensemble(model, MEMBERS)
    parameters = {
        "model": name,
        "parameters": model.count_params(),
        "members_parameters": ensemble.count_params(),
        "parameters_ratio": ensemble.count_params() / model.count_params(),
    }
    checked = check(model, ensemble, x, y, args.onnx)  # compiles both
    rows = np.repeat(x, MEMBERS, axis=0), np.repeat(y, MEMBERS, axis=0)
    steps = compare(
        lambda: model.train_on_batch(*rows), lambda: ensemble.train_on_batch(x, y), args.runs
    )
    return {**parameters, **checked, **steps}


def arguments():
    """The parsed command line; ends the process where it makes no sense."""
    parser = command.parser(__doc__, runs=10)
    parser.add_argument("--size", type=int, default=32, help="of the images; default: 32")
    parser.add_argument("--examples", type=int, default=8, help="B; default: 8")
    known = [*DEFAULT, "tiny"]
    parser.add_argument("--only", nargs="+", choices=known, default=DEFAULT, metavar="MODEL")
    parser.add_argument("--onnx", action="store_true", help="export a member and run that too")
    args = command.parse(parser)
    if min(args.size, args.examples) < 1:
        parser.error(f"expected --size, --examples from 1; got {args.size}, {args.examples}")
    if args.onnx and importlib.util.find_spec("onnxruntime") is None:
        parser.error("--onnx needs other packages: pip install onnx onnxruntime tf2onnx")
    return args


def main() -> int:
    """Measure, print and write; gives the exit status."""
    args = arguments()
    found = report.show(measure(name, args) for name in args.only)
    setting = {"members": MEMBERS, "size": args.size, "examples": args.examples}
    command.write(args, {**setting, "rows": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
