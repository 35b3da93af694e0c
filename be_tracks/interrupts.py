"""Interrupts at moments when Python's own way with them does harm, or nothing at all."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the block ends, and deliver them then.

    For building and reading models: Keras does so under bare `except:`, where a KeyboardInterrupt
    is swallowed and a model with half of its weights goes on to be used.

    Signals reach the main thread alone; in any other nothing is held back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = {
        number: signal.signal(number, lambda received, _: came.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            # A handler that was not set from Python cannot be set again from there.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for number in came[:1]:
            signal.raise_signal(number)
