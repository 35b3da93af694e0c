"""The moments at which runs are killed, and what is compared, on a process that trains nothing."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "kill_and_resume.py"

# Stands for training: goes on from the last state in a folder, and says so at the end.
TRAINS = """
import sys, time
from pathlib import Path

out, (steps, every, stuck) = Path(sys.argv[1]), map(int, sys.argv[2:])
(out / "checkpoints").mkdir(parents=True, exist_ok=True)
step = max((int(path.stem) for path in out.glob("checkpoints/[0-9]*.sha256")), default=0)
print(f"resuming at step {step} of {steps}", file=sys.stderr, flush=True)
while step < steps:
    step += every
    partial = out / "checkpoints" / f".partial-{step:08d}.sha256"
    partial.touch()
    time.sleep(60 if step == stuck else 0.01)
    partial.rename(out / "checkpoints" / f"{step:08d}.sha256")
    time.sleep(0.01)
time.sleep(0.2)
"""


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("kill_and_resume", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stub(script, monkeypatch, tmp_path):
    """The script with a training that takes a second, but at the step that is given as data."""

    def train(stuck, out):
        said = open(tmp_path / "said", "w")
        words = map(str, (out, script.STEPS, script.EVERY, stuck))
        process = subprocess.Popen([sys.executable, "-c", TRAINS, *words], stderr=said)
        process.said = said
        return process

    monkeypatch.setattr(script, "train", train)
    return script


@pytest.mark.parametrize("seed", range(5))
def test_moments_lie_over_the_whole_run(script, seed):
    drawn = script.moments(20, seed)
    assert drawn == script.moments(20, seed) != script.moments(20, seed + 1)
    steps = [moment.step for moment in drawn]
    assert steps == sorted(steps)
    quarter = script.STEPS // 4
    assert {step // quarter for step in steps} == {0, 1, 2, 3, 4}
    kinds = [moment.kind for moment in drawn]
    assert set(kinds) == {"starting", "writing", "training", "averaging"}
    assert kinds.count("averaging") == 4 == steps.count(script.STEPS)
    assert all(step % script.EVERY == 0 < step for step in steps)
    assert all(0 <= moment.part < 1 for moment in drawn)


@pytest.mark.parametrize("kills", [1, 2, 40])
def test_as_many_moments_as_asked_for(script, kills):
    drawn = script.moments(kills, seed=0)
    assert len(drawn) == kills and drawn[-1].kind == "averaging"


def test_a_run_is_killed_as_often_as_asked_for(stub, tmp_path):
    seconds = stub.timed(0, tmp_path / "whole")
    assert all(value >= 0 for value in seconds.values())
    aims = stub.moments(8, seed=0)
    kills = stub.killed_again_and_again(0, tmp_path / "killed", aims, seconds)
    assert [kill["aimed_at"] for kill in kills] == [aim.kind for aim in aims]
    for aim, kill in zip(aims, kills, strict=True):
        assert aim.kind == "starting" or kill["last_checkpoint"] >= aim.step
    assert stub.newest(tmp_path / "killed") == stub.STEPS


def test_a_kill_in_the_writing_of_a_file_is_told(stub, tmp_path):
    kill = stub._kill(9, tmp_path, stub.Moment("writing", 6, 0.5), {"writing": 0.1})
    unfinished = ["checkpoints/.partial-00000009.sha256"]
    assert kill == {"aimed_at": "writing", "last_checkpoint": 6, "unfinished": unfinished}


def test_a_run_that_fails_is_no_kill(script, monkeypatch, tmp_path):
    def train(data, out):
        process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
        process.said = open(tmp_path / "said", "w+")
        return process

    monkeypatch.setattr(script, "train", train)
    with pytest.raises(RuntimeError, match="status 3"):
        script.killed_again_and_again(
            None, tmp_path, [script.Moment("training", 3, 0.5)], {"training": 60}
        )


@pytest.mark.parametrize("losses", [[(1.0, 2.0)], [(1.0, 2.5)], []])
def test_losses_are_compared_too(script, monkeypatch, losses):
    monkeypatch.setattr(script, "arrays", lambda run: [])
    logs = {"whole": [(1.0, 2.0)], "killed": losses}
    monkeypatch.setattr(script, "losses", logs.get)
    found = script.compare("whole", "killed")
    assert found["bit_identical"] and found["losses_compared"] == 2
    assert found["losses_identical"] is (losses == [(1.0, 2.0)])


@pytest.mark.parametrize("kills", ["0", "41"])
def test_too_many_kills(script, monkeypatch, capsys, kills):
    monkeypatch.setattr(sys, "argv", ["kill_and_resume.py", "--kills", kills])
    with pytest.raises(SystemExit):
        script.main()
    assert f"expected --kills from 1 to 40, got {kills}" in capsys.readouterr().err
