"""A grid: questions to one kind of experiment, each a table whose rows are changes to defaults.

Pure data in, cells to run and tables to show out. Equal changes are one cell, in however many
tables they stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from experiments.table import Column, Table
from experiments.trial import Cell


@dataclass(frozen=True)
class Grid:
    """The questions that several tasks are asked.

    Attributes:
        defaults: What every cell of a task starts from, by task.
        questions: `(title, rows)` by name; a row is its label and the changes it makes. It sets
            `ensemble_size`, M or None for plain networks, and with `networks` how many of them.
        columns: What the tables show.
        factors: Settings that a row gives as factors, and the task's default that each
            multiplies; what multiplies a count is rounded.
    """

    defaults: Mapping[str, Mapping]
    questions: Mapping[str, tuple[str, Sequence[tuple[str, Mapping]]]]
    columns: Sequence[Column]
    factors: Mapping[str, str] = field(default_factory=dict)

    def table(self, task: str, question: str) -> Table:
        """The table of one question on one task; KeyError if there is none."""
        title, rows = self.questions[question]
        named = [(label, name_of(self.settings_of(task, changes))) for label, changes in rows]
        return Table(f"{task}-{question}", title, named, self.columns)

    def cells(self, task: str, questions: Sequence[str], seeds: int) -> list[Cell]:
        """The cells that answer some questions, the first seed of all before the second of any.

        Raises:
            ValueError: Two rows of different settings share a name.
        """
        found = {}
        for question in questions:
            for _, changes in self.questions[question][1]:
                settings = self.settings_of(task, changes)
                if found.setdefault(name_of(settings), settings) != settings:
                    raise ValueError(
                        f"Two rows share the name {name_of(settings)!r}, with {settings} and "
                        f"{found[name_of(settings)]}. Let `name_of` tell them apart."
                    )
        return [
            Cell(task, name, seed, settings)
            for seed in range(seeds)
            for name, settings in found.items()
        ]

    def settings_of(self, task: str, changes: Mapping) -> dict:
        """A row's settings, its factors multiplied out."""
        defaults = self.defaults[task]
        found = dict(changes)
        for key in self.factors.keys() & changes.keys():
            default = defaults[self.factors[key]]
            product = changes[key] * default
            found[key] = round(product) if isinstance(default, int) else product
        return found


def name_of(settings: Mapping) -> str:
    """A file name for settings: the method first, then what differs from the task's defaults."""
    settings = dict(settings)
    size, networks = settings.pop("ensemble_size"), settings.pop("networks", 1)
    words = [f"members{size}" if size else f"networks{networks}"]
    for key, value in sorted(settings.items()):
        text = f"{value:g}" if isinstance(value, float) else str(value).lower()
        words.append(f"{key}-{re.sub(r'[^a-z0-9._]+', '-', text)}")
    return ".".join(words)
