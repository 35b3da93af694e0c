"""Arrays that are computed once: many cells of a grid need the same one."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np


def cached(path: str | Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in a file, which is made and written where it is missing.

    Args:
        path: An `.npz` file; written whole or not at all, and its folder made.
        make: Called without arguments.
    """
    path = Path(path)
    if not path.exists():
        array = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
            np.savez_compressed(file, array=array)
        os.replace(file.name, path)
    with np.load(path) as file:
        return file["array"]
