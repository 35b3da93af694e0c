"""Strategies: which devices, of which machines, train one model together."""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras

KINDS = ("one", "mirrored", "multi-worker", "tpu")


def strategy(
    kind: str = "one",
    workers: str | Sequence[str] | None = None,
    worker_index: int | None = None,
    tpu: str | None = None,
) -> Any:
    """Make a `tf.distribute` strategy; create and compile the model inside its `scope()`.

    Call it first thing in a process: several workers, and a TPU, must be known to TensorFlow
    before it does anything else.

    Args:
        kind: "one": one device, as if there were no strategy. "mirrored": all GPUs of this machine
            or, where it has none, all its logical CPUs. "multi-worker": the devices of several
            processes, each of which runs the same program. "tpu": all cores of a TPU.
        workers: For "multi-worker": addresses `host:port` of all workers, the chief first, as a
            list or as text with commas; alike in every process. None: the environment's
            `TF_CONFIG` says it.
        worker_index: Which of the workers this process is, from 0.
        tpu: Name or address of the TPU; "local" for one that is attached to this machine.

    Returns:
        The strategy; for "one" the one that TensorFlow has by default, or None on JAX.

    Raises:
        ValueError: An option is missing, wrong or of another kind, or TensorFlow finds no such
            device.
        RuntimeError: TensorFlow was in use before several workers were set up.

    Examples:
        >>> devices = be_keras.training.strategy("one")
        >>> be_keras.training.is_chief(devices)
        True
    """
    if kind not in KINDS:
        raise ValueError(f"expected a strategy out of {', '.join(KINDS)}; got {kind!r}.")
    if kind != "multi-worker" and (workers is not None or worker_index is not None):
        raise ValueError(f"workers belong to the strategy multi-worker; got strategy {kind}.")
    if kind != "tpu" and tpu is not None:
        raise ValueError(f"a TPU's name belongs to the strategy tpu; got strategy {kind}.")
    if keras.backend.backend() != "tensorflow":
        if kind == "one":
            return None
        raise ValueError(
            f"the strategy {kind} needs KERAS_BACKEND=tensorflow; got {keras.backend.backend()}. "
            "On JAX, call keras.distribution.set_distribution(keras.distribution.DataParallel())."
        )
    import tensorflow as tf

    make = {"mirrored": _mirrored, "multi-worker": _multi_worker, "tpu": _tpu}.get(kind)
    return make(workers, worker_index, tpu) if make else tf.distribute.get_strategy()


def localhost_workers(count: int) -> str:
    """Give addresses for several workers on this machine, to try "multi-worker" out.

    Args:
        count: How many.

    Returns:
        `"localhost:port,localhost:port"`, of ports that are free now.

    Examples:
        >>> len(be_keras.training.localhost_workers(2).split(","))
        2
    """
    sockets = [socket.socket() for _ in range(count)]  # all held until each has its own
    for each in sockets:
        each.bind(("localhost", 0))
    addresses = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return ",".join(addresses)


def _mirrored(*_: Any) -> Any:
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def _multi_worker(workers: Any, worker_index: int | None, _: Any) -> Any:
    import tensorflow as tf

    if workers is not None:
        os.environ["TF_CONFIG"] = json.dumps(_cluster(workers, worker_index))
    elif worker_index is not None:
        raise ValueError("a worker's index needs the addresses of all workers; got none.")
    else:
        _check_environment()
    try:
        # It waits for the other workers, and meanwhile takes SIGTERM for itself: Ctrl-C ends it.
        with deadly_interrupts():
            return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise RuntimeError(
            "expected several workers to be set up before TensorFlow is used; in this process it "
            f"was in use already ({error}). Make the strategy first."
        ) from error


def _cluster(workers: Any, worker_index: int | None) -> dict[str, Any]:
    """What `TF_CONFIG` is to hold."""
    addresses = workers.split(",") if isinstance(workers, str) else list(workers)
    wrong = [a for a in addresses if not a.rpartition(":")[0] or not a.rpartition(":")[2].isdigit()]
    if wrong or len(set(addresses)) < len(addresses):
        raise ValueError(
            f"expected workers as host:port,host:port, each its own; got {','.join(addresses)}."
        )
    if worker_index is None or not 0 <= worker_index < len(addresses):
        raise ValueError(
            f"expected the index of this worker, 0 to {len(addresses) - 1}; got {worker_index}. "
            "Start every worker with the same workers and an index of its own."
        )
    task = {"type": "worker", "index": worker_index}
    return {"cluster": {"worker": addresses}, "task": task}


def _check_environment() -> None:
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        found = config["cluster"] and config["task"]["type"] in config["cluster"]
    except (ValueError, TypeError, KeyError):
        found = False
    if not found:
        raise ValueError(
            "the strategy multi-worker needs the addresses of all workers and the index of this "
            "one, or the environment variable TF_CONFIG with a `cluster` and a `task` of it; got "
            f"TF_CONFIG={text!r}."
        )


def _tpu(workers: Any, worker_index: int | None, tpu: str | None) -> Any:
    import tensorflow as tf

    if not tpu:
        raise ValueError('the strategy tpu needs a TPU\'s name, or "local"; got none.')
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu)
        if tpu != "local":
            tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise ValueError(
            f"expected the name of a TPU that this machine reaches; got {tpu!r}: {error}"
        ) from error


@contextmanager
def deadly_interrupts() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the process at once, until the block ends.

    For waiting inside TensorFlow, where Python's handlers do not run: Ctrl-C would do nothing.

    Signals reach the main thread alone; in any other nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
