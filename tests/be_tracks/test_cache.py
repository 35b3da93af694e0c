"""Arrays computed once: made, kept, and never half there."""

import numpy as np
import pytest

from be_tracks.cache import cached


def test_an_array_is_made_once(tmp_path):
    path, calls = tmp_path / "deep" / "curve.npz", []

    def make():
        calls.append(1)
        return np.arange(3.0)

    for _ in range(2):
        np.testing.assert_array_equal(cached(path, make), [0.0, 1.0, 2.0])
    assert len(calls) == 1
    assert [file.name for file in path.parent.iterdir()] == ["curve.npz"]


def test_what_fails_leaves_nothing(tmp_path):
    def fail():
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        cached(tmp_path / "curve.npz", fail)
    assert not list(tmp_path.iterdir())
