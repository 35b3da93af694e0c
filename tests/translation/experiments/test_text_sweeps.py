"""The sweep on text: every trial has valid settings and stands in a table."""

import dataclasses

from experiments.text_sweeps import PRESET, SWEEP
from experiments.text_training import TextSettings
from translation.config import PRESETS


def test_every_trial_can_be_made():
    for task, preset in PRESET.items():
        defaults = {**dataclasses.asdict(PRESETS[preset]), **SWEEP.defaults[task]}
        for trial in SWEEP.trials(task, tuple(SWEEP.ablations), 1):
            TextSettings(**{**defaults, **trial.settings})


def test_labels_differ():
    for ablation in SWEEP.ablations:
        labels = [label for label, _ in SWEEP.table("multi30k", ablation).rows]
        assert len(set(labels)) == len(labels)
