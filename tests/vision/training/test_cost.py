"""MACs against hand-counted ones."""

import pytest

from vision.settings import make_settings
from vision.training.build import build_classifier
from vision.training.cost import macs

MLP = 4 * 4 * 3 * 256 + 256 * 256 + 256 * 5
CNN = 2 * 2 * 9 * 3 * 16 + 9 * 16 * 32 + 9 * 32 * 64 + 64 * 64 + 64 * 5


@pytest.mark.parametrize("size", [None, 3])
@pytest.mark.parametrize(("model", "expected"), [("mlp", MLP), ("cnn", CNN)])
def test_known_counts(model, expected, size):
    settings = make_settings(model=model, ensemble_size=size)
    assert macs(build_classifier(settings, (4, 4, 3), 5).body) == expected


@pytest.mark.parametrize("size", [None, 2])
def test_resnet20_takes_about_41_million(size):
    # Pixels by kernel: the stem, then six, one and five, one and five convolutions, and the head.
    stages = 6 * 32**2 * 9 * 16**2 + 5 * 16**2 * 9 * 32**2 + 5 * 8**2 * 9 * 64**2
    halving = 16**2 * 9 * 16 * 32 + 8**2 * 9 * 32 * 64
    expected = 32**2 * 9 * 3 * 16 + stages + halving + 64 * 10
    settings = make_settings(model="resnet20", ensemble_size=size)
    assert macs(build_classifier(settings, (32, 32, 3), 10).body) == expected
    assert round(expected, -6) == 41_000_000
