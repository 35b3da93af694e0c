"""The grid on text: every cell has valid settings and stands in a table."""

import dataclasses

from experiments import Grid
from experiments.text_sweeps import GRID, PRESET
from experiments.text_training import Method
from translation.config import PRESETS, Config


def test_every_cell_can_be_made():
    assert isinstance(GRID, Grid)
    for task, preset in PRESET.items():
        for cell in GRID.cells(task, tuple(GRID.questions), 1):
            changes = {**GRID.defaults[task], **cell.settings}
            changes.pop("networks", None)
            method = {k: changes.pop(k) for k in ("members", "branch") if k in changes}
            size = changes.pop("ensemble_size")
            Method(dataclasses.replace(PRESETS[preset], **changes), size, **method)


def test_defaults_name_known_settings():
    known = {field.name for field in dataclasses.fields(Config)}
    assert all(set(defaults) <= known for defaults in GRID.defaults.values())


def test_labels_differ():
    for question in GRID.questions:
        labels = [label for label, _ in GRID.table("multi30k", question).rows]
        assert len(set(labels)) == len(labels)
