"""Benchmarks as modules and commands of this process, which has loaded a backend already."""

import importlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    """A function: imports the module of a name; it is forgotten after the test."""
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module
    for path in FOLDER.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.fixture
def run(benchmark, monkeypatch, capsys):
    """A function: runs a benchmark's command; gives `returncode`, `stdout` and `stderr`."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):  # it sets them
        monkeypatch.setenv(name, os.environ.get(name, "1"))

    def command(name, *words):
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, words)])
        capsys.readouterr()
        try:
            code = benchmark(name).main()
        except SystemExit as stopped:
            code = stopped.code
        out, err = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=out, stderr=err)

    return command
