"""A file or a directory appears whole or not at all, and is on the disk before it has its name."""

import errno
import os
import shutil
import stat

import numpy as np
import pytest

from be_tracks.atomic import PARTIAL, atomic_directory, atomic_write, cached
from be_tracks.errors import UserError


def fill(out, text="new"):
    with atomic_directory(out) as folder:
        (folder / "file").write_text(text)


def test_appears_at_the_end(tmp_path):
    out = tmp_path / "deep" / "down" / "out"
    with atomic_directory(out) as folder:
        (folder / "file").write_text("new")
        assert not out.exists()
    assert (out / "file").read_text() == "new"
    assert list(out.parent.iterdir()) == [out]


def test_is_readable_as_any_atomic_directory(tmp_path):
    fill(tmp_path / "out")
    (tmp_path / "plain").mkdir()
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


def test_replaces(tmp_path):
    fill(tmp_path / "out", "old")
    fill(tmp_path / "out")
    assert (tmp_path / "out" / "file").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, UserError, ValueError])
def test_an_error_leaves_what_was(tmp_path, error):
    fill(tmp_path / "out", "old")
    for out in (tmp_path / "out", tmp_path / "other"):
        with pytest.raises(error), atomic_directory(out) as folder:
            (folder / "file").write_text("half")
            raise error
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    assert (tmp_path / "out" / "file").read_text() == "old"


def test_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileExistsError):
        fill(tmp_path / "file" / "out")
    assert (tmp_path / "file").read_text() == "in the way"


def test_read_only_parent(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(OSError, match="Read-only file system"):
        fill(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_full_disk(tmp_path):
    with pytest.raises(OSError, match="No space left"), atomic_directory(tmp_path / "out"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_a_failed_exchange_puts_the_old_folder_back(tmp_path, monkeypatch):
    fill(tmp_path / "out", "old")
    rename = os.rename

    def fail_on_stage(source, target):
        if source.name.startswith(PARTIAL):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_on_stage)
    with pytest.raises(OSError, match="Input/output"):
        fill(tmp_path / "out")
    assert (tmp_path / "out" / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_the_old_folder_goes_last(tmp_path, monkeypatch):
    fill(tmp_path / "out", "old")
    seen = []
    remove = shutil.rmtree

    def watch(path, **options):
        if str(path).endswith(".old"):
            seen.append((tmp_path / "out" / "file").read_text())
        remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", watch)
    fill(tmp_path / "out")
    assert seen == ["new"]


def test_a_file_is_whole_or_what_it_was(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as partial:
        partial.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with atomic_write(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "model.keras"
    with atomic_write(path) as one, atomic_write(path) as other:
        one.write_text("one")
        other.write_text("other")
        assert one != other and {one.suffix, other.suffix} == {".keras"}
    assert path.read_text() == "one" and list(tmp_path.iterdir()) == [path]


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
    with atomic_write(tmp_path / "file") as partial:
        partial.write_text("new")
    inodes = [path.stat().st_ino for path in (tmp_path / "file", tmp_path)]
    assert calls == [inodes[0], "replace", inodes[1]]


def test_a_disk_that_fails_in_the_end_changes_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("old")

    def refuse(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output error"), atomic_write(tmp_path / "file") as new:
        new.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_platform_that_flushes_no_folders(tmp_path, monkeypatch):
    open_file = os.open

    def refuse(path, flags):
        if path == tmp_path:
            raise PermissionError
        return open_file(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    with atomic_write(tmp_path / "file") as partial:
        partial.write_text("new")
    assert (tmp_path / "file").read_text() == "new"


def test_an_array_is_made_once(tmp_path):
    path, calls = tmp_path / "deep" / "curve.npz", []

    def make():
        calls.append(1)
        return np.arange(3.0)

    for _ in range(2):
        np.testing.assert_array_equal(cached(path, make), [0.0, 1.0, 2.0])
    assert len(calls) == 1
    assert [file.name for file in path.parent.iterdir()] == ["curve.npz"]


def test_what_fails_leaves_nothing(tmp_path):
    def fail():
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        cached(tmp_path / "curve.npz", fail)
    assert not list(tmp_path.iterdir())
