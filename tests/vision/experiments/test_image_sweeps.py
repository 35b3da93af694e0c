"""The sweeps on images: every trial has one name, valid settings, and stands in a table."""

import dataclasses
import json

import pytest

from experiments.image_training import ImageSettings
from experiments.sweep import name_of
from experiments.sweeps import SWEEPS
from experiments.text_sweeps import DEFAULTS as TEXT

TASKS = sorted(SWEEPS.keys() - TEXT.keys())
TABLES = [(task, ablation) for task in TASKS for ablation in SWEEPS[task].ablations]


@pytest.mark.parametrize("task", TASKS)
def test_every_trial_can_be_made(task):
    sweep = SWEEPS[task]
    trials = sweep.trials(task, tuple(sweep.ablations), 2)
    for trial in trials:
        ImageSettings(**{**sweep.defaults[task], **trial.settings})
    half = len(trials) // 2
    assert [trial.seed for trial in trials] == [0] * half + [1] * half
    distinct = {
        json.dumps(sweep.settings_of(task, changes), sort_keys=True)
        for _, variants in sweep.ablations.values()
        for _, changes in variants
    }
    assert half == len(distinct) == len({(trial.name, trial.seed) for trial in trials[:half]})


@pytest.mark.parametrize(("task", "ablation"), TABLES)
def test_equal_settings_have_one_name_and_others_another(task, ablation):
    by_name, by_settings = {}, {}
    sweep = SWEEPS[task]
    for label, changes in sweep.ablations[ablation][1]:
        settings = sweep.settings_of(task, changes)
        name = name_of(settings)
        assert by_name.setdefault(name, settings) == settings, label
        assert by_settings.setdefault(repr(sorted(settings.items())), name) == name, label
    labels = [label for label, _ in sweep.ablations[ablation][1]]
    assert len(set(labels)) == len(labels)
    assert [label for label, _ in sweep.table(task, ablation).rows] == labels


def test_defaults_name_known_settings():
    known = {field.name for field in dataclasses.fields(ImageSettings)}
    assert all(set(SWEEPS[task].defaults[task]) <= known for task in TASKS)
