"""Methods: what each changes in the settings, and which sizes it takes."""

import pytest

from be_tracks.errors import UserError
from vision.methods import METHODS, make_method
from vision.settings import make_settings


@pytest.mark.parametrize(
    ("arguments", "ensemble_size", "networks"),
    [
        (("single",), 1, 1),
        (("deep-ensemble",), 4, 4),
        (("deep-ensemble", 3), 3, 3),
        (("bagging", 2), 2, 2),
        (("mc-dropout",), 16, 1),
        (("mc-dropout", None, 5), 5, 1),
        (("batch-ensemble",), 4, 1),
        (("batch-ensemble-dropout", 3, 2), 6, 1),
    ],
)
def test_sizes(arguments, ensemble_size, networks):
    method = make_method(*arguments)
    assert (method.ensemble_size, method.networks) == (ensemble_size, networks)


def test_what_each_changes():
    base = make_settings(ensemble_size=8, bagging=True)
    found = {name: make_method(name).apply(base) for name in METHODS}
    for name, settings in found.items():
        assert settings.ensemble_size == (4 if name.startswith("batch-ensemble") else None)
        assert settings.dropout == (0.1 if name.endswith("dropout") else 0.0)
        assert settings.bagging == (name == "bagging")


def test_dropout_that_is_set_stays():
    base = make_settings(dropout=0.3)
    assert {make_method(name).apply(base).dropout for name in METHODS} == {0.3}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("boosting",), "a method out of single, .*; got 'boosting'"),
        (("single", 4), "single takes no --ensemble-size; got 4"),
        (("batch-ensemble", 4, 2), "batch-ensemble takes no --samples; got 2"),
        (("batch-ensemble", 0), "--ensemble-size must be from 1 to 1,000; got 0"),
        (("mc-dropout", None, 0), "--samples must be from 1 to 1,000; got 0"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(UserError, match=message):
        make_method(*arguments)
