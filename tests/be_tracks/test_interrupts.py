"""Interrupts that wait: what runs is whole, what was asked is done afterwards; and deadly ones."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from be_keras.training.strategies import deadly_interrupts
from be_tracks.interrupts import held_interrupts

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers():
    """Both interrupt, as on the command line; what was there before is put back."""
    before = [signal.getsignal(number) for number in SIGNALS]

    def interrupt(*_):
        raise KeyboardInterrupt

    for number in SIGNALS:  # SIGINT too: what a shell starts in the background ignores it
        signal.signal(number, interrupt)
    yield interrupt
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_block_ends_first(number):
    done = []
    with pytest.raises(KeyboardInterrupt):
        with held_interrupts():
            try:
                os.kill(os.getpid(), number)
                done.append("first")
            except:  # noqa: E722  as Keras has it
                pass
            os.kill(os.getpid(), number)
            done.append("second")
        done.append("never")
    assert done == ["first", "second"]


def test_nothing_remains(handlers):
    with held_interrupts():
        pass
    assert signal.getsignal(signal.SIGTERM) is handlers
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


def test_an_error_passes_and_handlers_return(handlers):
    with pytest.raises(ValueError), held_interrupts():
        raise ValueError
    assert signal.getsignal(signal.SIGTERM) is handlers


def test_in_another_thread_it_does_nothing(handlers):
    found = []

    def work():
        with held_interrupts():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [handlers]


# Waits where handlers of Python do not run, as in TensorFlow: for a child, without returning.
WAITING = """
import ctypes, signal
from be_keras.training.strategies import deadly_interrupts
signal.signal(signal.SIGTERM, lambda *_: print("handled"))
with deadly_interrupts():
    print("waiting", flush=True)
    ctypes.CDLL(None).sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_deadly_one_ends_what_python_cannot_interrupt():
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"waiting\n"
        process.terminate()
        assert process.wait(timeout=30) == -signal.SIGTERM


def test_handlers_return_after_deadly_ones(handlers):
    with deadly_interrupts():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert [signal.getsignal(number) for number in SIGNALS] == [handlers, handlers]


def test_an_interrupt_that_is_ignored_stays_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with deadly_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
