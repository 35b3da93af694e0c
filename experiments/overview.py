"""The tables of several networks side by side."""

import dataclasses
from collections import Counter
from pathlib import Path

from experiments.sweeps import SWEEPS
from experiments.table import Table, converged
from experiments.trial import read_results

NETWORKS = {
    "fashion-mlp": "MLP",
    "fashion-cnn": "CNN",
    "cifar-resnet": "ResNet",
    "multi30k": "Transformer",
}
COMPARED = ("DEE", "calibrated NLL", "disagreement")


def overview(folder: Path, ablation: str) -> tuple[Table, dict]:
    """The variants of an ablation that most of the networks have, and the results of all of them.

    Args:
        folder: Of the results of trials.
        ablation: Its name.

    Returns:
        A table with a column for each network and score, and its results: a row's of one seed
        are those of the networks, by task.
    """
    rows, columns, merged = Counter(), [], {}
    for task in NETWORKS:
        table, results = SWEEPS[task].table(task, ablation), read_results(folder, task)
        for label, name in table.rows:
            rows[label] += 1
            for seed, result in converged(results.get(name, {})).items():
                merged.setdefault(label, {}).setdefault(seed, {})[task] = result
    for title in COMPARED:
        for task, network in NETWORKS.items():
            column = next(each for each in SWEEPS[task].columns if each.title == title)
            key = f"{task}.{column.key}"
            columns.append(dataclasses.replace(column, title=f"{title}, {network}", key=key))
    common = [(label, label) for label, count in rows.items() if count >= len(NETWORKS) - 1]
    title = f"Four networks: {table.title[0].lower()}{table.title[1:]}"
    return Table(f"overview-{ablation}", title, common, columns), merged
