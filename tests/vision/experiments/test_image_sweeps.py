"""The grid: every cell has one name, valid settings, and stands in a table."""

import dataclasses
import json

import pytest

from experiments import Cell, name_of
from experiments import image_sweeps as grid
from experiments import resnet_sweeps as resnet_grid
from vision.settings import make_settings

GRIDS = {task: each.GRID for each in (grid, resnet_grid) for task in each.DEFAULTS}
TABLES = [(task, question) for task in GRIDS for question in GRIDS[task].questions]


@pytest.mark.parametrize("task", GRIDS)
def test_every_cell_can_be_made(task):
    asked = GRIDS[task]
    found = asked.cells(task, tuple(asked.questions), 2)
    for cell in found:
        changes = {key: value for key, value in cell.settings.items() if key != "networks"}
        make_settings(**{**asked.defaults[task], **changes})
    half = len(found) // 2
    assert [cell.seed for cell in found] == [0] * half + [1] * half
    distinct = {
        json.dumps(asked.settings_of(task, changes), sort_keys=True)
        for _, rows in asked.questions.values()
        for _, changes in rows
    }
    assert half == len(distinct) == len({(cell.name, cell.seed) for cell in found[:half]})


@pytest.mark.parametrize(("task", "question"), TABLES)
def test_equal_settings_have_one_name_and_others_another(task, question):
    by_name, by_settings = {}, {}
    asked = GRIDS[task]
    for label, changes in asked.questions[question][1]:
        settings = asked.settings_of(task, changes)
        name = name_of(settings)
        Cell(task, name, 0)
        assert by_name.setdefault(name, settings) == settings, label
        assert by_settings.setdefault(repr(sorted(settings.items())), name) == name, label
    labels = [label for label, _ in asked.questions[question][1]]
    assert len(set(labels)) == len(labels)
    assert [label for label, _ in asked.table(task, question).rows] == labels


def test_defaults_name_known_settings():
    known = {field.name for field in dataclasses.fields(make_settings())}
    assert all(set(GRIDS[task].defaults[task]) <= known for task in GRIDS)
