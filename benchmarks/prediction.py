"""What a prediction of M members costs, against M image networks that run one after another.

    python benchmarks/prediction.py [--models resnet20 resnet32x4 wrn28-10] [--members 4]
                                [--batches 1 64] [--runs 15] [--threads 2] [--out FILE.json]

Prints tables and writes JSON: weights and checkpoints of members and of separate networks; the
time of one prediction of both, and of one plain network on as many rows as the members have, which
says how much of it is arithmetic: in the graph and under XLA (on JAX: under XLA).
"""

import sys
import tempfile
from itertools import product
from pathlib import Path

import command
import report
from timing import compare, compiled, compilers, stateless

# By name: the model, its width, and the classes.
MODELS = {
    "resnet20": ("resnet20", 1.0, 10),
    "resnet32x4": ("resnet32", 4.0, 10),
    "wrn28-10": ("wrn28", 10.0, 10),
}
SHAPE = (32, 32, 3)


def classifier(name, members):
    """A built classifier with random weights; `members` is M, or None for a plain network."""
    from vision.settings import make_settings
    from vision.training.build import build_classifier

    model, width, classes = MODELS[name]
    settings = make_settings(model=model, width=width, ensemble_size=members)
    return build_classifier(settings, SHAPE, classes)


def sizes(names, members):
    """Yield parameters and checkpoint bytes of members and of separate networks, by model."""
    for name in names:
        for size in members:
            one, all_members = (_weigh(classifier(name, m)) for m in (None, size))
            yield {
                "model": name,
                "members": size,
                "members_parameters": all_members[0],
                "separate_parameters": size * one[0],
                "parameters_ratio": size * one[0] / all_members[0],
                "members_bytes": all_members[1],
                "separate_bytes": size * one[1],
                "checkpoint_ratio": size * one[1] / all_members[1],
            }


def _weigh(model):
    """Parameters, and the bytes of the model's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return model.count_params(), path.stat().st_size


def times(names, members, batches, runs):
    """Yield the times of one prediction of members, of separate networks, and of a plain one."""
    import keras

    for name, size, batch, (compiler, xla) in product(names, members, batches, compilers().items()):
        ensemble, plain = classifier(name, size), classifier(name, None)
        images = keras.random.normal((batch, *SHAPE), seed=1)
        rows = keras.random.normal((batch * size, *SHAPE), seed=1)
        networks = [_weights(plain)] + [_weights(classifier(name, None)) for _ in range(size - 1)]
        of_plain = compiled(stateless(plain, plain.trainable_variables), xla)
        of_members = compiled(stateless(ensemble, ensemble.trainable_variables), xla)
        together = _bound(of_members, images, _weights(ensemble))

        def apart(run=of_plain, x=images, networks=networks):
            return [run(x, weights, None) for weights in networks]

        found = compare(apart, together, runs)
        same_rows = compare(_bound(of_plain, rows, networks[0]), together, runs)
        yield {
            "model": name,
            "members": size,
            "images": batch,
            "compiler": compiler,
            "separate_ms": found["plain_ms"],
            "members_ms": found["members_ms"],
            "speed_up": 1 / found["ratio"],
            "quartiles": [1 / each for each in reversed(found["quartiles"])],
            "plain_network_on_the_rows_ms": same_rows["plain_ms"],
            "members_to_plain_on_the_rows": same_rows["ratio"],
        }


def _weights(model):
    return [variable.value for variable in model.trainable_variables]


def _bound(run, x, weights):
    return lambda: run(x, weights, None)


def main() -> int:
    """Measure, print and write; gives the exit status."""
    parser = command.parser(__doc__, runs=15)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--members", nargs="+", type=int, default=[4], metavar="M")
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 64], metavar="B")
    args = command.parse(parser)
    if min(*args.members, *args.batches, 1) < 1:
        parser.error(f"expected numbers from 1; got {args.members} and {args.batches}")
    weights = report.show(sizes(args.models, args.members))
    print()
    seconds = report.show(times(args.models, args.members, args.batches, args.runs))
    command.write(args, {"sizes": weights, "times": seconds})
    return 0


if __name__ == "__main__":
    sys.exit(main())
