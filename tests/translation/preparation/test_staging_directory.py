"""Records of steps, and a staging directory that stays where it is of use."""

import pytest

from be_tracks.errors import UserError
from translation.preparation.staging_directory import (
    MADE,
    read_record,
    staging_directory,
    write_record,
)


def test_records(tmp_path):
    write_record(tmp_path / "r.json", {"a": [1, None]})
    assert read_record(tmp_path / "r.json") == {"a": [1, None]}
    assert read_record(tmp_path / "s.json") is None


def interrupted(out, origin, error=KeyboardInterrupt, keep=True):
    """Start work, leave a file, and stop; gives whether there was work before."""
    with pytest.raises(error), staging_directory(out, origin, lambda folder: keep) as folder:
        before = (folder / "file").exists()
        (folder / "file").touch()
        assert (folder / MADE).is_dir() and folder.parent == out.parent
        raise error
    return before


def test_work_stays_after_an_interrupt(tmp_path, capsys):
    origin = {"languages": ("en", "de")}
    assert not interrupted(tmp_path / "out", origin)
    assert "the same command goes on" in capsys.readouterr().err
    assert interrupted(tmp_path / "out", origin)
    assert "going on where" in capsys.readouterr().err
    with staging_directory(tmp_path / "out", origin, bool) as folder:
        assert (folder / "file").exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [UserError, KeyboardInterrupt])
def test_work_of_no_use_goes(tmp_path, error):
    interrupted(tmp_path / "out", {}, error, keep=error is UserError)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_work(tmp_path):
    interrupted(tmp_path / "out", {}, OSError)
    assert interrupted(tmp_path / "out", {}, OSError)


def test_work_on_something_else_goes(tmp_path):
    interrupted(tmp_path / "out", {"seed": 0})
    assert not interrupted(tmp_path / "out", {"seed": 1})
    assert not interrupted(tmp_path / "other", {"seed": 1})


def test_damaged_work_goes(tmp_path):
    interrupted(tmp_path / "out", {})
    [folder] = tmp_path.iterdir()
    (folder / "origin.json").write_text("{")
    assert not interrupted(tmp_path / "out", {})
    (folder / MADE).rmdir()
    assert not interrupted(tmp_path / "out", {})
