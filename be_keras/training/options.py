"""The options that say which devices train together, alike in both tracks.

Declares them for a parser, and makes the strategy of what was parsed.
"""

import argparse
import sys

import keras

from be_keras.tracks.errors import UserError
from be_keras.training import strategies


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--strategy`, `--workers`, `--worker-index`, `--tpu` and `--accumulate`."""
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
        "--accumulate",
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
    if args.accumulate < 1:
        raise UserError(f"--accumulate must be at least 1; got {args.accumulate}.")
    if args.accumulate > 1 and keras.backend.backend() != "tensorflow":
        raise UserError(
            "--accumulate needs KERAS_BACKEND=tensorflow; got "
            f"{keras.backend.backend()}: leave it out there."
        )
    if args.strategy == "multi-worker":
        print("waiting for all workers to start", file=sys.stderr, flush=True)
    made = strategies.strategy(args.strategy, args.workers, args.worker_index, args.tpu)
    return None if args.strategy == "one" else made
