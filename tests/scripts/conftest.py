"""Virtual environments that look installed, so that no script under test installs anything."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def make_venv(tmp_path):
    """A function: makes an environment whose `python` is a shell script, with extras installed.

    It takes the script's text (default: the interpreter of the tests) and the extras that the
    stamp names, and gives the folder.
    """

    def make(script=f'exec "{sys.executable}" "$@"', extras="translation,dev"):
        venv = tmp_path / "venv"
        (venv / "bin").mkdir(parents=True)
        python = venv / "bin" / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        state = subprocess.run(
            ["bash", "-c", "source scripts/_environment.sh && checkout_state"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
        ).stdout
        (venv / f"be_keras-{extras}.stamp").write_bytes(state)
        return venv

    return make
