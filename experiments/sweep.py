"""A sweep: ablations of one kind of experiment, each a table whose variants change defaults.

Pure data in, trials to run and tables to show out. Equal changes are one trial, in however many
tables they stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from experiments.table import Column, Table
from experiments.trial import Trial


@dataclass(frozen=True)
class Sweep:
    """The ablations of several tasks.

    Attributes:
        defaults: What every trial of a task starts from, by task.
        ablations: `(title, variants)` by name; a variant is its label and the changes it makes. It
            sets `ensemble_size`, M or None for plain networks, and with `networks` how many of
            them.
        columns: What the tables show.
        factors: Settings that a variant gives as factors, and the task's default that each
            multiplies; what multiplies a count is rounded.
    """

    defaults: Mapping[str, Mapping]
    ablations: Mapping[str, tuple[str, Sequence[tuple[str, Mapping]]]]
    columns: Sequence[Column]
    factors: Mapping[str, str] = field(default_factory=dict)

    def table(self, task: str, ablation: str) -> Table:
        """The table of one ablation on one task; KeyError if there is none."""
        title, variants = self.ablations[ablation]
        rows = [(label, name_of(self.settings_of(task, changes))) for label, changes in variants]
        return Table(f"{task}-{ablation}", title, rows, self.columns)

    def trials(self, task: str, ablations: Sequence[str], seeds: int) -> list[Trial]:
        """The trials of some ablations, the first seed of all before the second of any.

        Raises:
            ValueError: Two variants of different settings share a name.
        """
        named = {}
        for ablation in ablations:
            for _, changes in self.ablations[ablation][1]:
                settings = self.settings_of(task, changes)
                if named.setdefault(name_of(settings), settings) != settings:
                    raise ValueError(
                        f"Two variants share the name {name_of(settings)!r}, with {settings} and "
                        f"{named[name_of(settings)]}. Let `name_of` tell them apart."
                    )
        return [
            Trial(task, name, seed, settings)
            for seed in range(seeds)
            for name, settings in named.items()
        ]

    def settings_of(self, task: str, changes: Mapping) -> dict:
        """A variant's settings, its factors multiplied out."""
        settings = dict(changes)
        for key in self.factors.keys() & changes.keys():
            default = self.defaults[task][self.factors[key]]
            product = changes[key] * default
            settings[key] = round(product) if isinstance(default, int) else product
        return settings


def name_of(settings: Mapping) -> str:
    """A file name for settings: the method first, then what differs from the task's defaults."""
    settings = dict(settings)
    size, networks = settings.pop("ensemble_size"), settings.pop("networks", 1)
    words = [f"members{size}" if size else f"networks{networks}"]
    for key, value in sorted(settings.items()):
        text = f"{value:g}" if isinstance(value, float) else str(value).lower()
        words.append(f"{key}-{re.sub(r'[^a-z0-9._]+', '-', text)}")
    return ".".join(words)
