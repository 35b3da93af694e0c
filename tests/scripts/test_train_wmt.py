"""The script of the README: from nothing to a report, and what it says of wrong options."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SYSTEMS = ["single", "batch-ensemble-4"]


def start(*words, **environment):
    """Start the script; gives the process, the leader of a group of its own."""
    return subprocess.Popen(
        ["bash", "scripts/train_wmt.sh", *map(str, words)],
        cwd=REPOSITORY,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stop(process):
    """Kill the script and all that it started, where it is still running."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def run(*words, timeout=None, **environment):
    """Run the script; gives the finished process."""
    with start(*words, **environment) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            stop(process)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_quick_demo_and_the_same_command_again(make_venv, tmp_path):
    venv, out = make_venv(), tmp_path / "demo"
    words = ("--demo", "--quick", "--out", out)
    found = run(*words, VENV=venv)
    assert found.returncode == 0, found.stderr
    assert "Traceback" not in found.stderr
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert list(report["systems"]) == SYSTEMS
    assert [report["systems"][name]["ensemble_size"] for name in SYSTEMS] == [1, 4]
    assert report["truth"]["entropy_per_word"] > 0
    assert sorted(path.name for path in out.iterdir()) == [
        *("batch-ensemble-4", "corpus", "data", "evaluations", "learning.png", "reliability.png"),
        *("report.json", "report.md", "scores.png", "single", "single.log"),
    ]

    results = [out / name / "log.jsonl" for name in SYSTEMS]
    results += [out / "evaluations" / name / "evaluation.json" for name in SYSTEMS]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in results]
    found = run(*words, VENV=venv)
    assert found.returncode == 0, found.stderr
    assert "already prepared" in found.stderr and "at step 60 of 60" in found.stderr
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in results] == before
    assert json.loads((out / "report.json").read_text(encoding="utf-8")) == report


# Stands for the interpreter: one system fails once the other is under way, which then waits to be
# stopped.
ONE_FAILS = """
case "$*" in
    *--ensemble-size*) until [ -e "$MARKS/started" ]; do sleep 0.1; done; exit 3 ;;
    *" train "*)
        trap 'touch "$MARKS/stopped"; exit 130' TERM
        touch "$MARKS/started"
        sleep 300 &
        wait ;;
esac
"""


def test_a_failure_stops_the_system_in_the_background(make_venv, tmp_path):
    (tmp_path / "demo").mkdir()
    words = ("--demo", "--quick", "--out", tmp_path / "demo")
    found = run(*words, VENV=make_venv(ONE_FAILS), MARKS=tmp_path)
    assert found.returncode == 3
    for _ in range(100):
        if (tmp_path / "stopped").exists():
            break
        time.sleep(0.1)
    assert (tmp_path / "stopped").exists()


# Stands for the interpreter: writes down what it is asked for, and makes what comes next needs.
RECORDS = """
echo "$*" >>"$MARKS/calls"
case "$*" in
    *TF_CONFIG*) echo 1 ;;
    *" prepare "*) mkdir -p "$MARKS/run/data" && touch "$MARKS/run/data/card.json" ;;
    *" train "*) mkdir -p "$MARKS/run/single" "$MARKS/run/batch-ensemble-4" ;;
    *" report "*) mkdir -p "$MARKS/run/.report" && touch "$MARKS/run/.report/report.md" ;;
esac
"""


def calls_of(make_venv, folder, *words, **environment):
    """What a run of the script asks of the interpreter, without `-m translation`."""
    base = ("--dataset", "wmt14", "--pair", "en-fr", "--out", folder / "run")
    found = run(*base, *words, VENV=make_venv(RECORDS), MARKS=folder, **environment)
    assert found.returncode == 0, found.stderr
    calls = (folder / "calls").read_text().splitlines()
    return [call.removeprefix("-m translation ") for call in calls if "translation" in call]


def test_options_reach_their_verbs(make_venv, tmp_path):
    words = ("--raw", "corpora", "--prepare-workers", "3", "--strategy", "mirrored")
    prepare, *rest, report = calls_of(make_venv, tmp_path, *words, "--microbatches", "2")
    assert prepare.startswith("prepare --dataset wmt14 --raw corpora --workers 3 --byte-fallback ")
    assert "--source-language en --target-language fr --vocabulary-size 32000" in prepare
    trained = [call for call in rest if call.startswith("train ")]
    assert len(trained) == 2 and "--ensemble-size 4" in trained[1]
    assert all("--config base" in call for call in trained)
    assert all("--strategy mirrored --microbatches 2" in call for call in trained)
    assert len([call for call in rest if call.startswith("evaluate ")]) == 2
    assert report.startswith("report ")


@pytest.mark.parametrize("told", ["option", "environment"])
def test_workers_beside_the_chief_train_alone(make_venv, tmp_path, told):
    (tmp_path / "run" / "data").mkdir(parents=True)
    (tmp_path / "run" / "data" / "card.json").touch()
    for name in SYSTEMS:  # as the chief leaves them
        (tmp_path / "run" / "evaluations" / name).mkdir(parents=True)
        (tmp_path / "run" / "evaluations" / name / "evaluation.json").touch()
    words = ("--strategy", "multi-worker")
    if told == "option":
        calls = calls_of(
            make_venv, tmp_path, *words, "--workers", "a:1,b:1", "--worker-index", "1"
        )
        assert all("--workers a:1,b:1 --worker-index 1" in call for call in calls)
    else:
        calls = calls_of(make_venv, tmp_path, *words, TF_CONFIG='{"task": {"index": 1}}')
    assert [call.split()[0] for call in calls] == ["train", "train"]


# Stands for the interpreter on two hosts: in train they wait for each other, and the chief is
# killed once, at the end of training or in the evaluation.
TWO_HOSTS = """
echo "$*" >>"$MARKS/calls"
killed() {
    [ "$AT" = "$1" ] && [ ! -e "$MARKS/killed" ] && touch "$MARKS/killed" && kill -KILL $PPID
}
name="$MARKS/run/single"
case "$*" in *batch-ensemble-4*) name="$MARKS/run/batch-ensemble-4" ;; esac
case "$*" in
    *" prepare "*) mkdir -p "$MARKS/run/data" && touch "$MARKS/run/data/card.json" ;;
    *" train "*"--worker-index 0"*)
        mkdir -p "$name" && touch "$name/log.jsonl"
        echo "$name" >"$MARKS/meet"
        if [ "$AT" = train ]; then until [ -e "$name/trained" ]; do sleep 0.1; done; fi
        killed train ;;
    *" train "*"--worker-index 1"*) [ "$(cat "$MARKS/meet")" = "$name" ] || exit 3 ;;
    *" evaluate "*)
        killed evaluate
        name="$MARKS/run/evaluations/${name##*/}"
        mkdir -p "$name" && sleep 0.1 && touch "$name/evaluation.json" ;;
    *" report "*) mkdir -p "$MARKS/run/.report" && touch "$MARKS/run/.report/report.md" ;;
esac
exit 0
"""


@pytest.mark.parametrize("at", ["train", "evaluate"])
def test_a_chief_that_was_killed_needs_no_worker_to_finish(make_venv, tmp_path, at):
    os.mkfifo(tmp_path / "meet")
    base = ("--dataset", "wmt14", "--pair", "en-de", "--out", tmp_path / "run")
    hosts = ("--strategy", "multi-worker", "--workers", "a:1,b:1", "--worker-index")
    told = {"VENV": make_venv(TWO_HOSTS), "MARKS": tmp_path, "AT": at}
    with start(*base, *hosts, 1, **told) as worker:
        try:
            assert run(*base, *hosts, 0, timeout=60, **told).returncode == -signal.SIGKILL
            again = run(*base, *hosts, 0, timeout=60, **told)
            assert again.returncode == 0, again.stderr
            _, said = worker.communicate(timeout=60)
        finally:
            stop(worker)
    assert worker.returncode == 0, said
    assert "waiting until the chief has evaluated single; if it was stopped, start the" in said
    calls = (tmp_path / "calls").read_text().splitlines()
    trained = [call for call in calls if " train " in call and "--ensemble-size" not in call]
    # Together once, then the chief on one device.
    assert [("--worker-index" in call) for call in trained] == [True, True, False]


def test_a_worker_leaves_out_what_is_trained(make_venv, tmp_path):
    for name in SYSTEMS:
        for path in (f"{name}/trained", f"evaluations/{name}/evaluation.json", "data/card.json"):
            (tmp_path / "run" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "run" / path).touch()
    words = ("--strategy", "multi-worker", "--workers", "a:1,b:1", "--worker-index", "1")
    (tmp_path / "calls").touch()
    assert calls_of(make_venv, tmp_path, *words) == []


def test_help_is_what_stands_on_top():
    found = run("--help")
    assert found.returncode == 0 and found.stderr == ""
    assert found.stdout.startswith("From parallel text to a report")
    assert found.stdout.endswith("in DIR; so do data, runs and evaluations.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "either --demo, or --out and --dataset wmt14, or --out and all six of --source"),
        (("--source", "a", "--out", "b"), "or --out and all six of --source"),
        (("--dataset", "wmt14"), "--dataset needs --out DIR"),
        (("--raw", "a", "--out", "b"), "--raw goes with --dataset wmt14"),
        (("--dataset", "wmt14", "--source", "a", "--out", "b"), "leave out --source"),
        (("--demo", "--strategy", "mirrored"), "--demo runs on one device: leave out --strategy"),
        (("--demo", "--fast"), "unknown option --fast; see --help"),
        (("--demo", "--out"), "--out needs a value"),
        (("--demo", "--pair", "german"), "--pair must read like en-de; got german"),
        (("--demo", "--source", "a"), "--demo makes its own text: leave out --source"),
        (("--quick", "--out", "b"), "--quick is a small --demo"),
    ],
)
def test_mistakes(words, message):
    found = run(*words)
    assert found.returncode == 1 and found.stdout == ""
    assert found.stderr.startswith("error: ") and message in found.stderr
