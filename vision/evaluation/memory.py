"""The most memory that a process has held; that of predicting, in one that does nothing else.

What evaluates has held reference networks, test sets and corrupted images before: its own peak says
nothing about the system that it evaluates.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from vision.evaluation.classifier import Classifier

BATCHES = 2  # the second runs what the first has compiled
STATUS = Path("/proc/self/status")  # of Linux


def peak_memory(run: str | Path, batch: int) -> int | None:
    """Give the most memory that a process holds which loads a run and predicts, in bytes.

    It is the memory of the host: interpreter, backend, weights and two batches; a GPU's is left
    out.

    Args:
        run: the folder of a trained run.
        batch: images of a step, at least 1.

    Returns:
        Bytes, or None, with a warning on standard error, where that process fails.
    """
    found = subprocess.run(
        [sys.executable, "-P", "-m", "vision.evaluation.memory", str(run), str(batch)],
        env={
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
            # It finds the packages where this process does.
            "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path),
            # It takes of a GPU what it needs: this process may hold the most of it.
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        },
        capture_output=True,
        text=True,
        errors="replace",
    )
    try:
        return int(found.stdout.split()[-1])
    except (IndexError, ValueError):
        said = (found.stderr.strip().splitlines() or [f"exit status {found.returncode}"])[-1]
        print(f"the peak memory of {run} is left out: {said}", file=sys.stderr)
        return None


def _predict(run, batch):
    classifier = Classifier(run)
    classifier.logits(np.zeros((BATCHES * batch, *classifier.shape), np.uint8), batch)


def own_peak():
    """The most memory that this process has held, in bytes."""
    # Not `ru_maxrss` of Linux: a new process begins with its parent's.
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    _predict(sys.argv[1], int(sys.argv[2]))
    print(own_peak())
