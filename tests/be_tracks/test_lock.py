"""The lock: one process at a time, and none that has ended holds it."""

import json
import os
import signal

import pytest

from be_tracks.errors import UserError
from be_tracks.lock import locked


def test_one_at_a_time(tmp_path):
    path = tmp_path / "new" / "lock"
    with locked(path, "the folder"):
        owner = json.loads(path.read_text())
        assert owner["pid"] == os.getpid() and owner["host"] and owner["started"]
        message = f"the folder: another process works on it .*{os.getpid()}.* choose another --out"
        with pytest.raises(UserError, match=message), locked(path, "the folder"):
            raise AssertionError
        assert json.loads(path.read_text()) == owner
    assert not path.exists()
    with locked(path, "the folder"):
        pass


def test_released_by_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock", "x"):
        raise ZeroDivisionError
    with locked(tmp_path / "lock", "x"):
        pass


def test_a_killed_owner_holds_nothing(tmp_path, capfd):
    child = os.fork()
    if not child:
        with locked(tmp_path / "lock", "x"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / "lock").exists()
    with locked(tmp_path / "lock", "x"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    message = f'x: taken over from a process that has ended ({{"pid": {child}'
    assert message in capfd.readouterr().err
