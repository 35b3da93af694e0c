"""Runs the cells that have not been run: one after another, each leaving its line."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import keras

from be_tracks.environment import environment
from experiments.trial import Cell

# What anyone should be able to wait for; a cell beyond it is reported, not stopped.
CPU_SECONDS = 20 * 60


def run_cells(
    cells: Iterable[Cell],
    folder: str | Path,
    train: Callable[[Cell], Mapping],
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> list[Cell]:
    """Run every cell whose result is missing; the same call again goes on where it was stopped.

    Args:
        cells: In the order to run them.
        folder: Where results lie, `<task>.jsonl`.
        train: From a cell to its result, a dict of JSON values with `scores` in it. The random
            state of Python, NumPy and the backend is set to the cell's seed before. If it has a
            method `all_settings`, from a cell to all that it would be run with, and results hold
            such a dict as `all_settings`, results of other defaults are refused.
        say: Called with a line of progress now and then.

    Returns:
        The cells that were run.

    Raises:
        ValueError: Two cells share a name, or a result is of other settings or defaults.
    """
    cells = _distinct(cells)
    now = getattr(train, "all_settings", lambda cell: None)
    missing = [cell for cell in cells if cell.read(folder, now(cell)) is None]
    made_with = environment()
    say(f"{len(cells)} cells, {len(cells) - len(missing)} of them done already")
    started = time.monotonic()
    for done, cell in enumerate(missing):
        keras.utils.set_random_seed(cell.seed)
        seconds, cpu_seconds = time.monotonic(), time.process_time()
        result = dict(train(cell))
        cpu_seconds = time.process_time() - cpu_seconds
        cost = {
            "seconds": round(time.monotonic() - seconds, 1),
            "cpu_seconds": round(cpu_seconds, 1),
        }
        cell.write(folder, {**result, **cost, "environment": made_with})
        elapsed = time.monotonic() - started
        left = elapsed / (done + 1) * (len(missing) - done - 1)
        say(
            f"{done + 1}/{len(missing)} {cell.task} {cell.name} seed {cell.seed}: "
            f"{cost['seconds']:.0f} s, about {left / 60:.0f} min left"
        )
        if cpu_seconds > CPU_SECONDS:
            say(f"  took {cpu_seconds / 60:.0f} CPU-minutes; a cell should take at most 20")
    return missing


def _distinct(cells):
    """Every cell once; two tables may ask for the same one."""
    owners = {}
    for cell in cells:
        owner = owners.setdefault((cell.task, cell.name, cell.seed), cell)
        if owner != cell:
            raise ValueError(
                f"Two cells are called {cell.task}/{cell.name} with seed {cell.seed}, with the "
                f"settings {dict(owner.settings)} and {dict(cell.settings)}. Rename one."
            )
    return list(owners.values())
