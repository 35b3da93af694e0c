"""Peak memory: what the process has held, given back or not."""

import numpy as np

from vision.evaluation.memory import peak_memory


def test_it_rises_with_what_is_held_and_stays():
    before = peak_memory()
    held = np.ones(before + 200_000_000, np.uint8)  # beyond what was given back before
    assert before < held.nbytes < peak_memory()
    del held
    assert peak_memory() > before + 100_000_000
