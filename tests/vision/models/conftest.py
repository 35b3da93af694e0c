"""Networks built without drawing their weights."""

import keras
import pytest
from keras import ops


@pytest.fixture
def zeros(monkeypatch):
    """Kernels of zeros instead of random draws, which take most of the time of building."""

    def draw(self, shape, dtype=None):
        return ops.zeros(shape, dtype)

    monkeypatch.setattr(keras.initializers.VarianceScaling, "__call__", draw)
