"""A worker that begins anew after another was lost: when, how often, and as which command."""

import os
import sys

import pytest

errors = pytest.importorskip("tensorflow").errors

from be_tracks import devices  # noqa: E402
from be_tracks.devices import TRIES, is_loss_of_worker, restart_on_worker_loss  # noqa: E402


class Replaced(BaseException):
    """This process has become another one."""


@pytest.fixture(autouse=True)
def commands(monkeypatch):
    """The commands that took this process' place, with the environment's count."""
    found = []

    def execv(path, arguments):
        found.append((path, arguments))
        raise Replaced

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(devices, "PAUSE", 0.0)
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "translation", "train", "a b"])
    monkeypatch.delenv("BE_KERAS_RESTARTS", raising=False)
    return found


def lost(kind=errors.UnavailableError, message="Socket closed"):
    return kind(None, None, message)


def run(error, several=True):
    with restart_on_worker_loss(several):
        raise error


def test_the_same_command_takes_its_place(commands, capsys):
    with pytest.raises(Replaced):
        run(lost())
    assert commands == [(sys.executable, [sys.executable, "-m", "translation", "train", "a b"])]
    message = capsys.readouterr().err
    assert "another worker was lost (UnavailableError)" in message
    assert "Start the other one again, with its own command." in message


@pytest.mark.parametrize(
    "error",
    [
        lost(),
        lost(errors.AbortedError),
        lost(errors.DeadlineExceededError),
        lost(errors.CancelledError),
        lost(errors.InternalError, "Collective ops is aborted by: task 1"),
    ],
)
def test_losses(error):
    assert is_loss_of_worker(error)


@pytest.mark.parametrize(
    "error", [ValueError("wrong"), lost(errors.ResourceExhaustedError), lost(errors.InternalError)]
)
def test_other_errors_are_raised(error, commands):
    with pytest.raises(type(error)):
        run(error)
    assert not commands


def test_one_process_is_left_alone(commands):
    with pytest.raises(errors.UnavailableError):
        run(lost(), several=False)
    with restart_on_worker_loss(True):
        pass
    assert not commands


def test_those_that_end_soon_give_up(commands):
    for _ in range(TRIES):
        with pytest.raises(Replaced):
            run(lost())
    with pytest.raises(errors.UnavailableError):
        run(lost())
    assert len(commands) == TRIES


def test_after_one_that_lasted_the_count_begins_anew(commands, monkeypatch):
    for lasting in [*[60.0] * TRIES, -1.0, *[60.0] * TRIES]:
        monkeypatch.setattr(devices, "LASTING", lasting)
        with pytest.raises(Replaced):
            run(lost())
    assert len(commands) == 2 * TRIES + 1
