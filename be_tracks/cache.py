"""Arrays that are computed once: many cells of a grid need the same one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from be_tracks.atomic import whole


def cached(path: str | Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in a file, which is made and written where it is missing.

    Args:
        path: An `.npz` file, written whole or not at all; its folder is made.
        make: Called without arguments.
    """
    path = Path(path)
    if not path.exists():
        array = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, array=array)
    with np.load(path) as file:
        return file["array"]
