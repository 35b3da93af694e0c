"""Every result of the experiments belongs to a row of a table, and was made with its settings."""

import json
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "docs" / "results" / "members"


@pytest.fixture(scope="module")
def grids():
    from experiments.run import GRIDS

    return GRIDS


def test_every_result_is_that_of_a_cell(grids):
    files = sorted(RESULTS.glob("*/*.json"))
    assert files
    known = {
        cell.path(RESULTS): dict(cell.settings)
        for task, grid in grids.items()
        for cell in grid.cells(task, tuple(grid.questions), seeds=3)
    }
    strangers = [file.relative_to(RESULTS) for file in files if file not in known]
    assert not strangers, "no table shows these: delete them, or name their row"
    for file in files:
        assert json.loads(file.read_text())["settings"] == known[file], file


def test_rows_of_one_width_stand_against_one_curve():
    """Networks trained again by another version of the library are another curve, and another DEE.

    Reference networks are as wide as a row's, but on text, where they have the default width.
    """
    curves = {}
    for file in RESULTS.glob("*/*.json"):
        result = json.loads(file.read_text())
        if "reference" in result:
            width = result["all_settings"]["width"]
            curve = tuple(round(nll, 6) for nll in result["reference"])
            curves.setdefault((file.parent.name, width), {}).setdefault(curve, []).append(file.name)
    assert curves
    mixed = {where: found for where, found in curves.items() if len(found) > 1}
    assert not mixed, "run the cells of all but one of these curves again"
