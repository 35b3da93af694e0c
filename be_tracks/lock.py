"""A lock on a directory that one process at a time may write to."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from be_tracks.errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(path: Path, what: str | Path) -> Iterator[None]:
    """Keep other processes out until the block ends.

    The lock is the system's and ends with its process, whatever ends that; what the file says of
    its owner is for messages alone.

    Args:
        path: The file of the lock; its directory is made, and the file removed at the end.
        what: What is locked, for messages.

    Raises:
        UserError: Another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = open(path, "a+b")
        _acquire(file, what)
        try:
            mine = os.path.samestat(os.fstat(file.fileno()), os.stat(path))
        except FileNotFoundError:
            mine = False
        if mine:
            break
        file.close()  # the last owner has just removed it: lock the file that is there now
    with file:
        if left := _owner(file):
            _say(f"{what}: taken over from a process that has ended ({left})")
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": platform.node(), "started": started}
        file.truncate(0)
        file.write(json.dumps(owner).encode())
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _acquire(file, what):
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"{what}: another process works on it ({_owner(file)}); stop it or wait for its end,"
            " or choose another --out."
        ) from None
    except OSError as error:  # some network drives have no locks
        _say(f"{what}: cannot be locked ({error}); use it from one process alone")


def _owner(file):
    file.seek(0)
    return file.read().decode(errors="replace").strip()


def _say(message):
    print(message, file=sys.stderr, flush=True)
