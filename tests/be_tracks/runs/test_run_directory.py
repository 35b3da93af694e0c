"""What the folders of both tracks' runs share: a log that outlives damage, files whole on disk."""

import errno
import os

import pytest

from be_tracks.errors import UserError
from be_tracks.runs.run_directory import RunFolder, whole_file

ENTRIES = [{"step": step, "loss": 1 / step} for step in (1, 2, 3)]


@pytest.fixture
def run(tmp_path):
    """A folder with a log of three lines."""
    run = RunFolder(tmp_path)
    run.write_log(ENTRIES)
    return run


def test_the_log(run, tmp_path, capsys):
    assert run.log() == ENTRIES
    assert RunFolder(tmp_path / "none").log() == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("damage", [b'{"step": 2, "lo', b"", b"\0\0\0", b"\xff\xfe{}", b"[]", b"2"])
def test_a_damaged_line_ends_the_log(run, damage, capsys):
    path = run.path / "log.jsonl"
    first, _, third = path.read_bytes().splitlines(keepends=True)
    for rest in (b"", third):
        path.write_bytes(first + damage + b"\n" + rest)
        assert run.log() == ENTRIES[:1]
        message = f"{path}: line 2 is damaged; it and what follows it are left out\n"
        assert capsys.readouterr().err == message
    run.write_log(ENTRIES)  # and training goes on over it
    assert run.log() == ENTRIES and capsys.readouterr().err == ""


def test_a_log_that_the_disk_refuses(run):
    (run.path / "log.jsonl").unlink()
    (run.path / "log.jsonl").mkdir()
    with pytest.raises(UserError, match="log.jsonl: cannot be read .*; mend that and repeat"):
        run.log()


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    calls = []
    flush, replace = os.fsync, os.replace

    def watched_flush(descriptor):
        calls.append(os.fstat(descriptor).st_ino)
        flush(descriptor)

    def watched_replace(source, target):
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_flush)
    monkeypatch.setattr(os, "replace", watched_replace)
    with whole_file(tmp_path / "file") as partial:
        partial.write_text("new")
    inodes = [path.stat().st_ino for path in (tmp_path / "file", tmp_path)]
    assert calls == [inodes[0], "replace", inodes[1]]


def test_a_disk_that_fails_in_the_end_changes_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("old")

    def refuse(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(UserError, match="Input/output error"), whole_file(tmp_path / "file") as new:
        new.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_platform_that_flushes_no_folders(tmp_path, monkeypatch):
    def refuse(path, flags):
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)
    with whole_file(tmp_path / "file") as partial:
        partial.write_text("new")
    assert (tmp_path / "file").read_text() == "new"
