"""Which devices train together, alike in both tracks: options, strategy, workers that are lost.

TensorFlow lets no single worker join a training that runs: after one is lost all have to begin
anew. So whoever starts the lost worker again, with its own command, starts all of them.
"""

import argparse
import contextlib
import json
import os
import sys
import time

import keras

from be_keras.training import strategies
from be_keras.training.workers import gathered, has_several_workers
from be_tracks.errors import UserError

TRIES = 10  # processes in a row that ended soon: what stops them is no loss that passes
LASTING = 600.0  # seconds, after which the count begins anew
PAUSE = 3.0  # seconds, so that the others notice too
_COUNT = "BE_KERAS_RESTARTS"


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


def check_same_settings(strategy, settings):
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


@contextlib.contextmanager
def restart_on_worker_loss(several):
    """Train in this block; where another worker is lost meanwhile, this process begins anew.

    For command lines only: `os.execv` puts the same command in this process' place. It goes on from
    the last checkpoint, and waits for the other workers as it does at every start.

    Args:
        several: Whether several workers train; otherwise the block is left alone.

    Raises:
        Exception: What the block raises for another reason; or the loss of a worker, after `TRIES`
            processes in a row of which none lasted ten minutes.
    """
    tries, began = int(os.environ.pop(_COUNT, 0)), time.monotonic()
    try:
        yield
    except Exception as error:
        tries = 0 if time.monotonic() - began > LASTING else tries + 1
        if not several or tries > TRIES or not is_loss_of_worker(error):
            raise
        print(
            f"\nanother worker was lost ({type(error).__name__}): this one begins anew, from the"
            " last checkpoint. Start the other one again, with its own command.",
            file=sys.stderr,
            flush=True,
        )
        sys.stdout.flush()  # which nobody does for a process that is replaced
        time.sleep(PAUSE)
        os.environ[_COUNT] = str(tries)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def is_loss_of_worker(error):
    """Whether an error of a step, or of the start, means that another worker has gone."""
    from tensorflow import errors

    kinds = (
        errors.UnavailableError,
        errors.AbortedError,
        errors.CancelledError,
        errors.DeadlineExceededError,
    )
    return isinstance(error, kinds) or "Collective ops is aborted" in str(error)
