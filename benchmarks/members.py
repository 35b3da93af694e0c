"""What M members cost as M grows, against M separate networks that run one after another.

    python benchmarks/members.py [--members 1 2 4 8 16 32] [--networks mlp cnn] [--runs 15]
                                 [--threads 2] [--out FILE.json]

Prints tables and writes JSON: parameters; peak memory of a prediction in one pass over all
members, member by member, and of separate networks; time of both at the same rows (B * M stays)
and at the same examples (B stays), forward alone and with backward, in the graph and under XLA (on
JAX: under XLA). Takes about a quarter of an hour on two cores.
"""

import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

import command
import report
from networks import EXAMPLES, ensemble, network, one_by_one, one_pass, separate
from timing import compare, compilers

MEMBERS = (1, 2, 4, 8, 16, 32)
WAYS = ("members", "one_by_one", "separate")


def images_of(examples):
    """Random images `(examples, 28, 28, 1)` on the backend."""
    import keras

    return keras.random.normal((examples, 28, 28, 1), seed=1)


def weigh(name, members, way):
    """Give parameters and the peak memory of one prediction, in MB.

    The peak is what the process grows from before there are weights: weights, what compiling
    takes and activations count; interpreter and backend do not. In the graph, on JAX under XLA.
    Call it in a process of its own: a peak never falls.
    """
    images = images_of(EXAMPLES[name])
    xla = next(iter(compilers().values()))
    before = _peak_bytes()
    if way == "one_by_one":
        one_by_one(name, members, images, xla)()
    elif way == "members":
        one_pass(name, members, images, False, xla)()
    else:
        separate(name, members, images, False, xla)()
    peak = (_peak_bytes() - before) / 1e6
    if way == "separate":
        return members * network(name).count_params(), peak
    return ensemble(name, members).count_params(), peak


def _peak_bytes():
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def cost(names, sizes):
    """Yield parameters and peak memory, a dict for each network and number of members.

    A new process inherits the peak of the one that starts it, so this one must still be small:
    nothing may have imported Keras yet.
    """
    for name in names:
        for members in sizes:
            found = {}
            for way in WAYS:
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                    found[way] = fresh.submit(weigh, name, members, way).result()
            yield {
                "network": name,
                "members": members,
                "members_parameters": found["members"][0],
                "separate_parameters": found["separate"][0],
                **{f"{way}_mb": found[way][1] for way in WAYS},
            }


def times(names, sizes, runs):
    """Yield times of one pass of all members and of separate networks, a dict each."""
    kinds = product(names, ("rows", "examples"), compilers().items(), (False, True), sizes)
    for name, fixed, (compiler, xla), backward, members in kinds:
        images = images_of(EXAMPLES[name] // (members if fixed == "rows" else 1))
        setting = (name, members, images, backward, xla)
        found = compare(separate(*setting), one_pass(*setting), runs)
        yield {
            "network": name,
            "fixed": fixed,
            "compiler": compiler,
            "pass": "forward + backward" if backward else "forward",
            "members": members,
            "separate_ms": found.pop("plain_ms"),
            **found,
        }


def main() -> int:
    """Measure, print and write; gives the exit status."""
    parser = command.parser(__doc__, runs=15)
    parser.add_argument("--members", nargs="+", type=int, default=MEMBERS, metavar="M")
    parser.add_argument("--networks", nargs="+", choices=EXAMPLES, default=list(EXAMPLES))
    args = command.parse(parser)
    smallest = min(EXAMPLES[name] for name in args.networks)
    odd = [members for members in args.members if members < 1 or smallest % members]
    if odd:
        parser.error(f"expected --members that divide {smallest} rows; got {odd}")
    memory = report.show(cost(args.networks, args.members))
    print()
    seconds = report.show(times(args.networks, args.members, args.runs))
    command.write(args, {"cost": memory, "times": seconds})
    return 0


if __name__ == "__main__":
    sys.exit(main())
