"""A grid of small experiments: cells that run once each, and tables and figures of them."""

import be_tracks  # noqa: F401  a quiet start of TensorFlow
from experiments.figure import draw
from experiments.runner import run_cells
from experiments.sweep import Grid, name_of
from experiments.table import Column, Table, converged, markdown, score_columns
from experiments.trial import Cell, read_results, results_file

__all__ = [
    "Cell",
    "Column",
    "Grid",
    "Table",
    "converged",
    "draw",
    "markdown",
    "name_of",
    "read_results",
    "results_file",
    "run_cells",
    "score_columns",
]
