"""Progress: steps and units counted, and a loss that is not finite stops the run."""

import pytest

from be_tracks.errors import UserError
from be_tracks.runs.progress import LOOK_EVERY, Progress, check_finite


def test_standard_error_shows_steps_loss_units_and_lines(capsys):
    with Progress(5 + LOOK_EVERY, "images", "another", per_step=8) as progress:
        progress.skip(5)
        for step in range(LOOK_EVERY):
            progress.on_train_batch_end(step, {"loss": 1.25})
        progress.write("a line")
    assert progress.units == 8 * LOOK_EVERY
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{5 + LOOK_EVERY}/{5 + LOOK_EVERY}" in err and "loss=1.250" in err
    assert "images/s=" in err and "a line\n" in err


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite(loss):
    message = f"not finite at step {LOOK_EVERY}; .* Try a lower rate, in a new --out"
    with Progress(100, "tokens", "a lower rate") as progress:
        with pytest.raises(UserError, match=message):
            for step in range(LOOK_EVERY):
                progress.on_train_batch_end(step, {"loss": loss})
    check_finite(1e30, 1, "a lower rate")
