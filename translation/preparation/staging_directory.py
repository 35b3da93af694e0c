"""The folder of a preparation under way, and the marks of the steps that are done.

An interrupted preparation leaves its staging directory beside the folder to be made; the same
command finds there what is done already. What is finished lies in it under `made`.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from be_tracks.atomic import atomic_write
from be_tracks.errors import UserError

MADE = "made"
_ORIGIN = "origin.json"


def write_record(path: Path, record: Any) -> None:
    """Write something small as a whole JSON file: the mark that a step is done."""
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(record), encoding="utf-8")


def read_record(path: Path) -> Any:
    """Read back what `write_record` wrote, or give None where that step is not done."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


@contextmanager
def staging_directory(
    out: str | Path, origin: dict, worth_keeping: Callable[[Path], bool]
) -> Iterator[Path]:
    """Give a folder for the steps of making `out`, which an interrupt leaves for the next time.

    It goes away at a clean end, with a `UserError` (the input must change, and the work with it),
    and where too little was done.

    Args:
        out: the folder to be made; the staging directory lies beside it.
        origin: what it is made from; work on anything else is thrown away.
        worth_keeping: a function from the staging directory to whether to keep it.
    """
    out = Path(out).resolve()
    folder = out.with_name(f".{out.name}.unfinished")
    origin = json.loads(json.dumps(origin))
    if _origin_of(folder) == origin and (folder / MADE).is_dir():
        print(f"{out}: going on where the preparation was stopped", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / MADE).mkdir(parents=True)
        write_record(folder / _ORIGIN, origin)
    keep = False
    try:
        yield folder
    except UserError:
        raise
    except BaseException:
        keep = worth_keeping(folder)
        if keep:
            print(f"{out}: stopped; the same command goes on from here", file=sys.stderr)
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _origin_of(folder: Path) -> Any:
    """Read what the work in a folder is on; None where there is none, or a damaged one."""
    try:
        return read_record(folder / _ORIGIN)
    except (OSError, ValueError):
        return None
