"""Runs the cases of `distributed_cases.py`, each in processes of its own that cost no new imports.

A line of standard input asks for the processes of a case: a JSON list with the arguments of `main`
for each. A line with their exit codes answers; what they printed is in OUT.log.
"""

import faulthandler
import gc
import json
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import wait

from distributed_cases import main

LIMIT = 300  # seconds for a process


def serve():
    """Fork the processes that are asked for, until standard input ends.

    TensorFlow is imported here but has started nothing, so a forked process is as good as new.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is told, and ends the input
    gc.freeze()  # what was imported is no garbage, and no process need search it
    fork = multiprocessing.get_context("fork")
    for line in sys.stdin:
        processes = [fork.Process(target=logged, args=arguments) for arguments in json.loads(line)]
        for process in processes:
            process.start()
        finish(processes)
        print(json.dumps([process.exitcode for process in processes]), flush=True)


def finish(processes):
    """Wait until all end, one fails or nobody asks any more, and kill the rest."""
    while not any(process.exitcode for process in processes):
        alive = [process.sentinel for process in processes if process.is_alive()]
        if not alive or sys.stdin in wait([sys.stdin, *alive]):
            break
    for process in processes:
        process.kill()
        process.join()


def logged(out, *arguments):
    """Run a case; what it prints, and where it is at the limit or a fatal signal, is in OUT.log."""
    log = os.open(f"{out}.log", os.O_CREAT | os.O_WRONLY)
    for output in (sys.stdout, sys.stderr):
        os.dup2(log, output.fileno())
        output.reconfigure(line_buffering=True)
    faulthandler.enable()
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    main(out, *arguments)


if __name__ == "__main__":
    serve()
