"""What the folders of both tracks' runs share: a log that outlives damage, files whole on disk."""

import json
import os
import signal

import pytest

from be_tracks.errors import UserError
from be_tracks.runs.run_directory import RunDirectory

ENTRIES = [{"step": step, "loss": 1 / step} for step in (1, 2, 3)]


@pytest.fixture
def run(tmp_path):
    """A folder with a log of three lines."""
    run = RunDirectory(tmp_path)
    run.write_log(ENTRIES)
    return run


def test_the_log(run, tmp_path, capsys):
    assert run.log() == ENTRIES
    assert RunDirectory(tmp_path / "none").log() == []
    assert capsys.readouterr().err == ""


DAMAGE = [b'{"step": 2, "lo', b"", b"\0\0\0", b"\xff\xfe{}", b"[]", b"2", b"[" * 100_000]
DAMAGE += [b'{"step": 2, "nll": %s}' % value for value in (b"NaN", b"-Infinity", b"1e999", b'"1"')]
DAMAGE += [b'{"loss": 2.0}', b'{"step": "2"}', b'{"step": true}', b'{"step": 2, "best": true}']


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_ends_the_log(run, damage, capsys):
    path = run.path / "log.jsonl"
    first, _, third = path.read_bytes().splitlines(keepends=True)
    for rest in (b"", third):
        path.write_bytes(first + damage + b"\n" + rest)
        assert run.read_log() == (ENTRIES[:1], False)
        message = f"{path}: line 2 is damaged, expected a dictionary of finite numbers with step; "
        assert capsys.readouterr().err.startswith(message)
    run.write_log(ENTRIES)  # and training goes on over it
    assert run.read_log() == (ENTRIES, True) and capsys.readouterr().err == ""


def test_a_log_that_the_disk_refuses(run):
    (run.path / "log.jsonl").unlink()
    (run.path / "log.jsonl").mkdir()
    with pytest.raises(UserError, match="log.jsonl: cannot be read .*; mend that and repeat"):
        run.log()


def test_one_process_at_a_time(tmp_path):
    run = RunDirectory(tmp_path / "run")
    with run.under_way({}):
        assert json.loads((run.path / "owner.json").read_text())["pid"] == os.getpid()
        message = f"another process works on it .*: {os.getpid()}, .*--out"
        with pytest.raises(UserError, match=message):
            with RunDirectory(run.path).under_way({}):
                raise AssertionError
        with RunDirectory(run.path).under_way({}, writes=False):
            pass  # a worker beside the chief
    assert [path.name for path in run.path.iterdir()] == ["run.json"]
    with run.under_way({}):
        pass


def test_a_run_is_taken_over_from_a_process_that_was_killed(tmp_path, capsys):
    run = RunDirectory(tmp_path / "run")
    child = os.fork()
    if not child:
        with run.under_way({}), run.writing(run.path / "log.jsonl") as partial:
            partial.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(run.path.iterdir())) == 3
    with run.under_way({}):
        assert sorted(path.name for path in run.path.iterdir()) == ["owner.json", "run.json"]
    err = capsys.readouterr().err
    assert f'taken over from a process that has ended ({{"pid": {child}, ' in err


def test_of_two_that_start_at_once_one_has_the_directory(tmp_path, monkeypatch):
    """The other one looked before it was there, and does not replace it."""
    run = RunDirectory(tmp_path / "run")
    late = RunDirectory(run.path)
    monkeypatch.setattr(late, "fill", lambda folder: run.start({"mine": {}}))
    with pytest.raises(UserError, match="run: cannot be written .*not empty"):
        late.start({})
    assert run.settings() == {"mine": {}} and list(tmp_path.iterdir()) == [run.path]


def test_checkpoints_are_those_of_the_run(tmp_path):
    """Settings in `PARTS` and the network tell them apart; the version and so on do not."""

    class Run(RunDirectory):
        PARTS = ("config",)

    def identity(name, index, **settings):
        run = Run(tmp_path / name)
        run.start(settings)
        return run.checkpoints(index).identity

    first = identity("a", 0, config={"seed": 0, "width": 8}, version="1")
    assert identity("b", 0, config={"width": 8, "seed": 0}, version="2") == first
    others = {
        identity("c", 0, config={"seed": 1, "width": 8}),
        identity("d", 0, config={"seed": 0, "width": 9}),
        identity("e", 1, config={"seed": 0, "width": 8}),
        identity("f", None, config={"seed": 0, "width": 8}),
    }
    assert len(others | {first}) == 5
