"""The scripts' environment: made once, installed when it must be, with a word on what is wrong."""

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
RECORD = 'echo "$@" >>"$(dirname "$0")/calls"'  # a `python` that only notes how it was called


def prepare(extras, **environment):
    """Run `prepare_environment` and print the interpreter it chose."""
    code = f"set -euo pipefail; source scripts/_environment.sh; prepare_environment {extras}"
    return subprocess.run(
        ["bash", "-c", f'{code}; echo "$VENV_PYTHON"'],
        cwd=REPOSITORY,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
        capture_output=True,
        text=True,
        check=False,
    )


def calls(venv):
    path = venv / "bin" / "calls"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("extras", ["translation,vision,dev", "translation", "dev,vision"])
def test_what_is_installed_is_not_installed_again(make_venv, extras):
    venv = make_venv(RECORD, "translation,vision,dev")
    found = prepare(extras, VENV=venv)
    assert (found.returncode, found.stdout, found.stderr) == (0, f"{venv}/bin/python\n", "")
    assert calls(venv) == ""


def test_another_extra_is_installed_once(make_venv):
    venv = make_venv(RECORD, "translation")
    assert prepare("translation,dev", VENV=venv).returncode == 0
    assert f"--editable {REPOSITORY}[translation,dev]" in calls(venv)
    before = calls(venv)
    assert prepare("dev", VENV=venv).returncode == 0
    assert calls(venv) == before


def test_changed_requirements_are_installed(make_venv):
    venv = make_venv(RECORD, "dev")
    (venv / "be_keras-dev.stamp").write_text("another state")
    assert prepare("dev", VENV=venv).returncode == 0
    assert "--editable" in calls(venv)


def test_an_installation_that_fails_leaves_no_stamp(make_venv):
    venv = make_venv('[ "$3" = --version ]', "dev")
    found = prepare("vision", VENV=venv)
    assert found.returncode == 1 and "error: the installation stopped" in found.stderr
    assert not (venv / "be_keras-vision.stamp").exists()


def test_a_folder_that_is_no_environment(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    found = prepare("dev", VENV=tmp_path)
    assert found.returncode == 1
    assert f"{tmp_path} exists and is no virtual environment" in found.stderr


def test_no_python_that_serves(tmp_path):
    found = prepare("dev", VENV=tmp_path / "new", PYTHON="no-such-python")
    assert found.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; looked for no-such-python" in found.stderr
    assert not (tmp_path / "new").exists()
