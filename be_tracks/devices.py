"""The options that say which devices train together, alike in both tracks.

Declares them for a parser, and makes the strategy of what was parsed.
"""

import argparse
import json
import sys

import keras

from be_keras.training import strategies
from be_keras.training.workers import gathered, has_several_workers
from be_tracks.errors import UserError


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--strategy`, `--workers`, `--worker-index`, `--tpu` and `--microbatches`."""
    parser.add_argument(
        "--strategy",
        choices=strategies.KINDS,
        default="one",
        help="one device, all of this machine, several processes, or a TPU (default: one)",
    )
    parser.add_argument(
        "--workers",
        metavar="HOST:PORT,HOST:PORT",
        help="all processes of the strategy multi-worker (default: as TF_CONFIG says)",
    )
    parser.add_argument("--worker-index", type=int, metavar="I", help="which of them this one is")
    parser.add_argument("--tpu", metavar="NAME", help="the TPU of the strategy tpu")
    parser.add_argument(
        "--microbatches",
        type=int,
        default=1,
        metavar="K",
        help="work on a replica's part of a batch in K micro-batches, to save memory (default: 1)",
    )


def strategy_of(args: argparse.Namespace):
    """Make the strategy that the options name; None for one device.

    Call it before anything else, as TensorFlow asks of several workers.

    Raises:
        UserError: options that do not fit each other, the backend or this machine.
    """
    if args.microbatches < 1:
        raise UserError(f"--microbatches must be at least 1; got {args.microbatches}.")
    if args.microbatches > 1 and keras.backend.backend() != "tensorflow":
        raise UserError(
            "--microbatches needs KERAS_BACKEND=tensorflow; got "
            f"{keras.backend.backend()}: leave it out there."
        )
    if args.strategy == "multi-worker":
        print("waiting for all workers to start", file=sys.stderr, flush=True)
    try:
        made = strategies.strategy(args.strategy, args.workers, args.worker_index, args.tpu)
    except (ValueError, RuntimeError) as error:
        raise UserError(str(error)) from error
    return None if args.strategy == "one" else made


def check_agreed(strategy, settings):
    """Check before the first step that all workers were started to train the same.

    Args:
        strategy: Of `be_keras.training.strategy`; None for one device.
        settings: What decides the run: a dictionary of dictionaries that JSON can hold.

    Raises:
        UserError: Workers have different settings, which it names; on all of them.
    """
    if not has_several_workers(strategy):
        return
    text = json.dumps(settings).encode()
    longest = gathered(strategy, [len(text)]).max()
    texts = gathered(strategy, list(text.ljust(longest)))  # JSON may end in blanks
    first, *others = [_flat(json.loads(bytes(row.tolist()))) for row in texts]
    nothing = object()
    names = {
        key
        for other in others
        for part, key in {**first, **other}
        if first.get((part, key), nothing) != other.get((part, key), nothing)
    }
    if names:
        raise UserError(
            f"the workers were started with different settings or data: {', '.join(sorted(names))}"
            " differ; start all with the same command, each with its own index."
        )


def _flat(settings):
    return {(part, key): v for part, content in settings.items() for key, v in content.items()}
