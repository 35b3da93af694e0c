"""Workers that outlive another one: each starts its own process again, and waits for the lost one.

TensorFlow lets no single worker join a training that runs: after one is lost all have to begin
anew. So whoever starts the lost worker again, with its own command, starts all of them.
"""

import contextlib
import os
import sys
import time

TRIES = 10  # processes in a row that ended soon: what stops them is no loss that passes
LASTING = 600.0  # seconds, after which the count begins anew
PAUSE = 3.0  # seconds, so that the others notice too
_COUNT = "BE_KERAS_REJOINING"


@contextlib.contextmanager
def rejoining(several):
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
