"""Multiply-adds against hand-counted ones."""

import pytest

from vision.arithmetic import multiply_adds
from vision.build import build_classifier
from vision.settings import make_settings

MLP = 4 * 4 * 3 * 256 + 256 * 256 + 256 * 5
CNN = 2 * 2 * 9 * 3 * 16 + 9 * 16 * 32 + 9 * 32 * 64 + 64 * 64 + 64 * 5


@pytest.mark.parametrize("changes", [{}, {"heads": "separate"}, {"biases": "shared"}])
@pytest.mark.parametrize("size", [None, 3])
@pytest.mark.parametrize(("model", "expected"), [("mlp", MLP), ("cnn", CNN)])
def test_known_counts(model, expected, size, changes):
    settings = make_settings(model=model, ensemble_size=size, **changes)
    assert multiply_adds(build_classifier(settings, (4, 4, 3), 5).body) == expected
