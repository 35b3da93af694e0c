"""A grid of small experiments: cells that run once each, and tables and figures of them."""

from be_keras.experiments.cell import Cell, read_results
from be_keras.experiments.figure import draw
from be_keras.experiments.runner import environment, run_cells
from be_keras.experiments.table import Column, Table, markdown

__all__ = [
    "Cell",
    "Column",
    "Table",
    "draw",
    "environment",
    "markdown",
    "read_results",
    "run_cells",
]
