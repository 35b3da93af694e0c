"""A grid of small experiments: cells that run once each, and tables and figures of them."""

from be_keras.experiments.cache import cached
from be_keras.experiments.cell import Cell, read_results
from be_keras.experiments.figure import draw
from be_keras.experiments.grid import Grid, name_of
from be_keras.experiments.runner import environment, run_cells
from be_keras.experiments.table import Column, Table, converged, markdown, score_columns

__all__ = [
    "Cell",
    "Column",
    "Grid",
    "Table",
    "cached",
    "converged",
    "draw",
    "environment",
    "markdown",
    "name_of",
    "read_results",
    "run_cells",
    "score_columns",
]
