"""A folder appears whole or not at all."""

import errno
import os
import shutil
import stat

import numpy as np
import pytest

from be_tracks.atomic import new_folder, whole, whole_array
from be_tracks.errors import UserError


def fill(out, text="new"):
    with new_folder(out) as folder:
        (folder / "file").write_text(text)


def test_appears_at_the_end(tmp_path):
    out = tmp_path / "deep" / "down" / "out"
    with new_folder(out) as folder:
        (folder / "file").write_text("new")
        assert not out.exists()
    assert (out / "file").read_text() == "new"
    assert list(out.parent.iterdir()) == [out]


def test_is_readable_as_any_new_folder(tmp_path):
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
        with pytest.raises(error), new_folder(out) as folder:
            (folder / "file").write_text("half")
            raise error
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    assert (tmp_path / "out" / "file").read_text() == "old"


def test_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="out: the folder cannot be written"):
        fill(tmp_path / "file" / "out")
    assert (tmp_path / "file").read_text() == "in the way"


def test_read_only_parent(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(UserError, match="Read-only file system"):
        fill(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_full_disk(tmp_path):
    with pytest.raises(UserError, match="No space left"), new_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_a_failed_exchange_puts_the_old_folder_back(tmp_path, monkeypatch):
    fill(tmp_path / "out", "old")
    rename = os.rename

    def fail_on_stage(source, target):
        if str(source).endswith(".partial"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_on_stage)
    with pytest.raises(UserError):
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
    with pytest.raises(KeyboardInterrupt), whole(path) as partial:
        partial.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with whole(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_array(tmp_path):
    whole_array(tmp_path / "a.npy", np.arange(3, dtype=np.uint16))
    assert np.load(tmp_path / "a.npy").tolist() == [0, 1, 2]
