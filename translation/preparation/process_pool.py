"""A function applied to many tasks, in this process or in several.

Takes a function and tasks, gives results in the order of the tasks. Only a few tasks are drawn
ahead, so that what makes them may be a stream.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing.context import BaseContext


class Workers:
    """Processes that are started only where there is work for a second one; a context manager.

    Args:
        count: the most processes; with 1 everything happens in this one.

    On an error, or an interrupt, the tasks under way are finished and the others dropped.
    """

    def __init__(self, count: int):
        self.count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable, tasks: Iterable[tuple]) -> Iterator:
        """Give `function(*task)` for every task.

        Args:
            function: of a module, so that other processes find it.
            tasks: arguments that can be pickled.

        Raises:
            concurrent.futures.process.BrokenProcessPool: a process died.
        """
        tasks = iter(tasks)
        if self.count > 1:
            first = list(islice(tasks, 2))
            tasks = chain(first, tasks)
            if len(first) == 2:
                return self._in_pool(function, tasks)
        return (function(*task) for task in tasks)

    def _in_pool(self, function: Callable, tasks: Iterable[tuple]) -> Iterator:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.count, _context(), _start_worker)
        waiting = deque()
        for task in tasks:
            waiting.append(self._pool.submit(function, *task))
            if len(waiting) > self.count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _context() -> BaseContext:
    """Choose how processes start.

    A fork server has imported once what every worker needs; a fork of this process, in which
    TensorFlow may have started threads, could hang.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["translation.preparation.chunks"])
    return context


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
