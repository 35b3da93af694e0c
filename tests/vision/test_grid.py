"""The grid: every cell has one name, valid settings, and stands in a table."""

import dataclasses
import json

import pytest

from be_keras.experiments import Cell, name_of
from vision.grid import DEFAULTS, GRID, QUESTIONS
from vision.settings import make_settings


@pytest.mark.parametrize("task", DEFAULTS)
def test_every_cell_can_be_made(task):
    found = GRID.cells(task, tuple(QUESTIONS), 2)
    for cell in found:
        changes = {key: value for key, value in cell.settings.items() if key != "networks"}
        make_settings(**{**DEFAULTS[task], **changes})
    half = len(found) // 2
    assert [cell.seed for cell in found] == [0] * half + [1] * half
    distinct = {
        json.dumps(GRID.settings_of(task, changes), sort_keys=True)
        for _, rows in QUESTIONS.values()
        for _, changes in rows
    }
    assert half == len(distinct) == len({cell.path("") for cell in found[:half]})


@pytest.mark.parametrize("task", DEFAULTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_equal_settings_have_one_name_and_others_another(task, question):
    by_name, by_settings = {}, {}
    for label, changes in QUESTIONS[question][1]:
        settings = GRID.settings_of(task, changes)
        name = name_of(settings)
        Cell(task, name, 0)
        assert by_name.setdefault(name, settings) == settings, label
        assert by_settings.setdefault(repr(sorted(settings.items())), name) == name, label
    labels = [label for label, _ in QUESTIONS[question][1]]
    assert len(set(labels)) == len(labels)
    assert [label for label, _ in GRID.table(task, question).rows] == labels


def test_defaults_name_known_settings():
    known = {field.name for field in dataclasses.fields(make_settings())}
    assert all(set(defaults) <= known for defaults in DEFAULTS.values())
