"""Every result of the experiments belongs to a row of a table, and was made with its settings."""

import json
from pathlib import Path

import pytest

from experiments import read_results

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "docs" / "results" / "members"


@pytest.fixture(scope="module")
def grids():
    from experiments.run import GRIDS

    return GRIDS


def results():
    """(task, name, seed, result) of every line."""
    for path in sorted(RESULTS.glob("*.jsonl")):
        for name, seeds in read_results(RESULTS, path.stem).items():
            yield from ((path.stem, name, seed, result) for seed, result in seeds.items())


def test_every_result_is_that_of_a_cell(grids):
    known = {
        (task, cell.name, cell.seed): json.loads(json.dumps(dict(cell.settings)))
        for task, grid in grids.items()
        for cell in grid.cells(task, tuple(grid.questions), seeds=3)
    }
    found = {(task, name, seed): result["settings"] for task, name, seed, result in results()}
    assert found
    strangers = sorted(set(found) - set(known))
    assert not strangers, "no table shows these: delete their lines, or name their row"
    assert {key: known[key] for key in found} == found


def test_rows_of_one_width_stand_against_one_curve():
    """Networks trained again by another version of the library are another curve, and another DEE.

    Reference networks are as wide as a row's, but on text, where they have the default width.
    """
    curves = {}
    for task, name, seed, result in results():
        if "reference" in result:
            curve = tuple(round(nll, 5) for nll in result["reference"])
            of_width = curves.setdefault((task, result["all_settings"]["width"]), {})
            of_width.setdefault(curve, []).append((name, seed))
    assert curves
    mixed = {where: found for where, found in curves.items() if len(found) > 1}
    assert not mixed, "run the cells of all but one of these curves again"
