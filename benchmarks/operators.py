"""Where the time of a prediction goes: TensorFlow's profile of one network and of M members.

    python benchmarks/operators.py [--models resnet20] [--members 4] [--batches 1 64] [--runs 20]
                                   [--threads 1] [--out FILE.json]

Prints a table and writes JSON: of a pass as a graph, by kinds of operators, the milliseconds in
their kernels; the rest is what starting them takes. The profiler slows what it watches: shares are
what counts here, times are those of prediction.py. TensorFlow alone.
"""

import re
import sys
import tempfile
from collections import Counter
from itertools import product
from pathlib import Path

import command
import prediction
import report
from timing import compiled, stateless

# An operator's event is called `scope/of/layers:Kind`; the whole pass by its function.
OPERATOR = re.compile(r"[^:]*/[^:]*:(\w+)$")
WHOLE = re.compile(r"EagerLocalExecute: __inference_one_pass")
KINDS = {
    "convolutions": re.compile(r"Conv|MatMul"),
    "elementwise": re.compile(r"^_?(Mkl|Native)*(Mul|Add|Sub|Relu|Rsqrt|Fused)"),
}
OTHER = "copies_and_other"


def by_kind(run, runs):
    """Profile `run()` and give the milliseconds of a pass: the whole, and in kernels by kind."""
    import tensorflow as tf

    run(), run()
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            for _ in range(runs):
                run()
        (path,) = Path(folder).rglob("*.xplane.pb")
        found = sums(events(path.read_bytes()))
    return {key: value / runs for key, value in found.items()}


def events(content):
    """Yield name and milliseconds of every event of a profile."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(content)
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                yield plane.event_metadata[event.metadata_id].name, event.duration_ps / 1e9


def sums(named):
    """Sum up milliseconds of events: of whole passes, and in kernels by kind."""
    found = Counter({"pass_ms": 0.0, **{f"{kind}_ms": 0.0 for kind in (*KINDS, OTHER)}})
    for name, milliseconds in named:
        if WHOLE.match(name):
            found["pass_ms"] += milliseconds
        elif operator := OPERATOR.match(name):
            kinds = [kind for kind, known in KINDS.items() if known.search(operator[1])]
            found[f"{(kinds or [OTHER])[0]}_ms"] += milliseconds
    return dict(found)


def rows(names, members, batches, runs):
    """Yield a row for one network and for members, by model and images."""
    import keras

    for name, batch, size in product(names, batches, (None, *members)):
        model = prediction.classifier(name, size)
        of_model = compiled(stateless(model, model.trainable_variables), xla=False)
        weights = [variable.value for variable in model.trainable_variables]
        images = keras.random.normal((batch, *prediction.SHAPE), seed=1)
        found = by_kind(lambda: of_model(images, weights, None), runs)  # noqa: B023  called here
        kernels = sum(value for key, value in found.items() if key != "pass_ms")
        yield {
            "model": name,
            "members": size or 1,
            "images": batch,
            **found,
            "between_kernels_ms": found["pass_ms"] - kernels,
        }


def main() -> int:
    """Profile, print and write; gives the exit status."""
    parser = command.parser(__doc__, runs=20)
    parser.set_defaults(threads=1)  # what one thread does adds up
    parser.add_argument(
        "--models", nargs="+", choices=prediction.MODELS, default=["resnet20"]
    )
    parser.add_argument("--members", nargs="+", type=int, default=[4], metavar="M")
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 64], metavar="B")
    args = command.parse(parser)
    if min(*args.members, *args.batches, 1) < 1:
        parser.error(f"expected numbers from 1; got {args.members} and {args.batches}")
    command.write(
        args, {"rows": report.show(rows(args.models, args.members, args.batches, args.runs))}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
