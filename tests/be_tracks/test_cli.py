"""The command line: whatever goes wrong ends in a message and an exit status, never a traceback."""

import os
import subprocess
import sys

import pytest

from be_tracks import cli

MODULE = """
import os, sys
def add_arguments(parser):
    parser.add_argument("--do", default="pass")
def run(args):
    exec(args.do)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function: runs the subcommand `go`, which executes Python, in this process."""
    (tmp_path / "made_subcommand.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    table = {"go": ("made_subcommand", "go"), "lost": ("be_tracks.no_such", "a bug of ours")}
    return lambda *words: cli.main("be-made", None, table, words, "made")


@pytest.fixture
def process(tmp_path):
    """A function: runs it in a process of its own, by the shell, with redirections."""
    (tmp_path / "made_subcommand.py").write_text(MODULE)
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nfrom be_tracks import cli\n"
        "sys.exit(cli.main('be-made', None, {'go': ('made_subcommand', 'go')}))\n"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])

    def run(do, redirections):
        command = f'"{sys.executable}" "{program}" go --do "$DO" {redirections}'
        return subprocess.run(
            ["bash", "-c", command],
            env={**os.environ, "PYTHONPATH": paths, "DO": do},
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize(
    ("do", "status", "message"),
    [
        ("pass", 0, ""),
        (
            "from be_tracks.errors import UserError; raise UserError('expected x, got y')",
            2,
            "be-made go: expected x, got y\n",
        ),
        ("raise KeyboardInterrupt", 130, "be-made go: interrupted\n"),
        ("import scipy_of_nobody", 2, "be-made go: scipy_of_nobody is not installed; pip install"),
        ("open('x' * 300)", 2, "be-made go: the system refuses ([Errno 36] File name too long"),
        ("'\\udcff'.encode()", 2, "be-made go: expected names in UTF-8, got '\\udcff'"),
    ],
)
def test_ends(run, capsys, do, status, message):
    assert run("go", "--do", do) == status
    err = capsys.readouterr().err
    assert err.startswith(message) and (message or not err) and "Traceback" not in err


def test_names_with_nul(run, capsys):
    assert run("go", "--do", "a\0b") == 2
    assert "without NUL characters" in capsys.readouterr().err


def test_a_module_of_ours_that_is_lost_is_a_bug(run):
    with pytest.raises(ModuleNotFoundError):
        run("lost")


@pytest.mark.parametrize(
    ("redirections", "status", "message"),
    [
        (">/dev/null", 0, ""),
        (">/dev/full", 2, "No space left on device"),
        (">&-", 2, "expected an open standard output, got a closed one"),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
        ("| true", 0, ""),
    ],
)
def test_streams(process, redirections, status, message):
    done = process("print('x' * 100)", redirections)
    assert done.returncode == status
    assert message in done.stderr and "Traceback" not in done.stderr
    assert (done.stderr == "") is (message == "")


def test_without_standard_error_no_message_goes_to_standard_output(process):
    done = process("print('kept'); print('log', file=sys.stderr)", "2>&-")
    assert (done.returncode, done.stdout) == (0, "kept\n")
    done = process("print(os.path.sameopenfile(2, os.open(os.devnull, 0)))", "2>&-")
    assert done.stdout == "True\n"
