"""Progress: tokens counted, and a loss that is not finite stops the run."""

import numpy as np
import pytest

from be_tracks.errors import UserError
from translation.training.progress import LOOK_EVERY, Progress, check_finite


def test_tokens_are_the_real_ones():
    batches = [("a", np.array([[5, 3, 0], [3, 0, 0]])), ("b", np.array([[3, 0]]))]
    with Progress(0, 10) as progress:
        passed = list(progress.counting(batches))
        assert [inputs for inputs, _ in passed] == ["a", "b"]
        assert progress.take_tokens() == 4
        assert progress.take_tokens() == 0
        list(progress.counting(batches[:1]))
        assert progress.take_tokens() == 3


def test_standard_error_shows_steps_loss_and_lines(capsys):
    with Progress(5, 5 + LOOK_EVERY) as progress:
        for step in range(LOOK_EVERY):
            progress.on_train_batch_end(step, {"loss": 1.25})
        progress.write("a line")
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{5 + LOOK_EVERY}/{5 + LOOK_EVERY}" in err and "loss=1.250" in err
    assert "a line\n" in err


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite(loss):
    with Progress(0, 100) as progress:
        with pytest.raises(UserError, match=f"not finite at step {LOOK_EVERY}; .*learning_rate"):
            for step in range(LOOK_EVERY):
                progress.on_train_batch_end(step, {"loss": loss})
    check_finite(1e30, 1)
