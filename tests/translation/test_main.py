"""The command line itself: help, mistakes, interrupts, and how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from be_tracks.errors import UserError
from translation import report
from translation.__main__ import SUBCOMMANDS, main

REPOSITORY = Path(__file__).resolve().parents[2]


def shell(*words):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "translation", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_preparing_text_loads_neither_keras_nor_a_backend():
    code = (
        "import sys, translation.prepare, translation.synthetic.command;"
        "print({'keras', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert found.stdout.strip() == "set()", found.stderr


def test_help_names_every_subcommand():
    found = shell("--help")
    assert found.returncode == 0 and found.stderr == ""
    for name, (_, summary) in SUBCOMMANDS.items():
        assert name in found.stdout and summary in " ".join(found.stdout.split())


@pytest.mark.parametrize("words", [[], ["fly"], ["report"], ["fly", "report"]])
def test_mistakes_show_the_usage(words):
    found = shell(*words)
    assert found.returncode == 2 and found.stdout == ""
    assert "usage: be-translate" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_of_every_subcommand(name, command, capsys):
    with pytest.raises(SystemExit) as caught:
        command(name, "--help")
    assert caught.value.code == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: be-translate {name}") and err == ""


def test_an_unknown_option(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("report", "x", "--out", "y", "--fast")
    assert caught.value.code == 2
    assert "unrecognized arguments: --fast" in capsys.readouterr().err


def failing(error):
    def run(args):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UserError("this, not that."), 2, "be-translate report: this, not that.\n"),
        (KeyboardInterrupt(), 130, "be-translate report: interrupted\n"),
    ],
)
def test_how_a_subcommand_ends(command, monkeypatch, error, status, message):
    monkeypatch.setattr(report, "run", failing(error))
    assert command("report", "x", "--out", "y") == (status, "", message)


def test_a_defect_of_ours_shows_its_traceback(command, monkeypatch):
    monkeypatch.setattr(report, "run", failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        command("report", "x", "--out", "y")


def test_termination_is_an_interrupt(command, monkeypatch):
    monkeypatch.setattr(report, "run", lambda args: os.kill(os.getpid(), signal.SIGTERM))
    status, _, err = command("report", "x", "--out", "y")
    assert status == 130 and err == "be-translate report: interrupted\n"


def test_the_installed_command_is_this_one(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["be-translate", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "usage: be-translate" in capsys.readouterr().out
