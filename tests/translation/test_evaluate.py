"""The verb evaluate: every figure against an independent one, and what it refuses."""

import json
import re
import shutil

import keras
import numpy as np
import pytest
import sacrebleu

from be_keras.metrics import Records
from translation.data.batches import evaluation_batches
from translation.data.splits import read_text
from translation.data.token_shards import TokenCorpus
from translation.prepare import prepare
from translation.report import report
from translation.training.loading import load_translator
from translation.training.run_directory import RunDirectory

FILES = ["evaluation.json", "records.npz", "translations.txt"]
ASKED = [
    *("bleu.score", "bleu.signature", "chrf.score", "nll", "member_nll", "ece", "brier"),
    *("disagreement", "mutual_information", "parameters", "ensemble_size"),
]


def look_up(evaluation, key):
    for part in key.split("."):
        evaluation = evaluation[part]
    return evaluation


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def evaluated(ensemble, data, tmp_path, command):
    """A function: evaluates the ensemble on a split; gives the folder and its JSON."""

    def evaluate(split, *words):
        out = tmp_path / split
        words = ("--data", data, "--split", split, "--out", out, "--max-extra", 3, *words)
        status, shown, _ = command("evaluate", "--model", ensemble, "--beam-size", 1, *words)
        assert status == 0
        evaluation = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
        assert shown.startswith(f"{evaluation['name']}: BLEU {evaluation['bleu']['score']:.2f}")
        return out, evaluation

    return evaluate


def token_log_probabilities(run, data, split):
    """Of every reference token: log of the members' mean probability, and mean of their logs."""
    model, _, _ = load_translator(run)
    ensemble, members = [], []
    for batch in evaluation_batches(TokenCorpus(data, split), 128):
        inputs = {name: batch[name] for name in ("source", "target_in")}
        logits = keras.ops.convert_to_numpy(model(inputs)).astype("float64")
        log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        labels = batch["target_out"][:, None, :, None]
        of_label = np.take_along_axis(log_probs, labels, axis=-1)[..., 0]  # (B, M, T)
        real = batch["target_out"] != 0
        ensemble.append(np.log(np.exp(of_label).mean(axis=1))[real])
        members.append(of_label.mean(axis=1)[real])
    return np.concatenate(ensemble), np.concatenate(members)


def test_many_sentences(evaluated, ensemble, data):
    out, evaluation = evaluated("valid", "--name", "two members")
    assert names(out) == FILES
    for key in ASKED:
        assert look_up(evaluation, key) is not None
    assert list(report([out], out.with_name("report"))["systems"]) == ["two members"]
    assert evaluation["ensemble_size"] == 2 and evaluation["members"] == "split"
    model, _, path = load_translator(ensemble)
    assert evaluation["parameters"] == model.count_params()
    assert evaluation["checkpoint_bytes"] == path.stat().st_size

    references = [target for _, target in read_text(data, "valid")]
    lines = (out / "translations.txt").read_text(encoding="utf-8").split("\n")
    assert lines.pop() == "" and len(lines) == len(references) == evaluation["sentences"]
    for metric, key in ((sacrebleu.corpus_bleu, "bleu"), (sacrebleu.corpus_chrf, "chrf")):
        score = metric(lines, [references]).score
        assert evaluation[key]["score"] == pytest.approx(score, abs=1e-9)

    log_probs, of_members = token_log_probabilities(ensemble, data, "valid")
    assert evaluation["nll"] == pytest.approx(-log_probs.mean(), rel=1e-4)
    assert evaluation["member_nll"] == pytest.approx(-of_members.mean(), rel=1e-4)
    assert evaluation["tokens"] == len(log_probs) == len(Records.load(out / "records.npz"))
    words = sum(len(reference.split()) for reference in references)
    assert evaluation["words"] == words
    assert evaluation["nll_per_word"] == pytest.approx(-log_probs.sum() / words, rel=1e-4)
    low, high = evaluation["intervals"]["nll"]
    assert low < evaluation["nll"] < high

    log = RunDirectory(ensemble).log()
    unique = sum(entry["tokens"] for entry in log)
    expected = {"steps": 6, "unique_tokens": unique, "member_tokens": unique}
    assert {key: evaluation["training"][key] for key in expected} == expected
    history = evaluation["training"]["validations"]
    assert history["tokens"] == [log[0]["tokens"], unique] and history["step"] == [3, 6]
    assert history["ece"] == [entry["ece"] for entry in log] and "bleu" not in history


def test_a_single_sentence_and_an_earlier_evaluation(evaluated):
    out, evaluation = evaluated("test")
    assert evaluation["sentences"] == 1 and evaluation["intervals"] == {}
    assert evaluation["name"] == "ensemble" and evaluation["truth"] is None
    assert list(report([out], out.with_name("report"))["systems"]) == ["ensemble"]
    _, again = evaluated("test", "--name", "again")  # replaces the folder
    assert names(out) == FILES
    assert again == {**evaluation, "name": "again"}


def test_the_truth_of_a_made_corpus(evaluated, tmp_path):
    truth = {"entropy_per_word": 0.5, "reference_nll_per_word": 0.4, "oracle_bleu": {"score": 90.0}}
    (tmp_path / "corpus.json").write_text(json.dumps({**truth, "pair": "en-de"}))
    _, evaluation = evaluated("test", "--truth", tmp_path / "corpus.json")
    assert evaluation["truth"] == truth


@pytest.fixture
def place(ensemble, data, tmp_path, monkeypatch):
    """A folder of things to go wrong with: an occupied folder, other data, half a run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    for side in ("en", "de"):
        (tmp_path / f"other.{side}").write_text("".join(f"{side} {i}\n" for i in range(40)))
    prepare("other.en", "other.de", "other", vocabulary_size=24, test=("other.en", "other.de"))
    half = shutil.copytree(ensemble, tmp_path / "half")
    (half / "log.jsonl").unlink()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--split", "dev"], "has no split 'dev'; it has train, valid, test"),
        (["--data", "other"], "--vocabulary .*ensemble/vocabulary.model"),
        (["--data", "nowhere"], "nowhere: expected a prepared data folder"),
        (["--model", "nowhere"], "nowhere: expected the folder of a training run"),
        (["--model", "half"], "half: expected a log of validations"),
        (["--out", "taken"], "got thesis.txt in it"),
        (["--out", "other.en/out"], "other.en"),
        (["--truth", "nowhere"], "nowhere: expected the corpus.json"),
        (["--truth", "taken/thesis.txt"], "thesis.txt: cannot be read .* expected the corpus.json"),
        (["--beam-size", "0"], "--beam-size must be from 1 to 1,000"),
    ],
)
def test_mistakes(ensemble, data, place, command, words, message):
    before = sorted(place.rglob("*"))
    defaults = ("evaluate", "--model", ensemble, "--data", data, "--out", "out")
    status, out, err = command(*defaults, *words)
    assert status == 2 and out == ""
    assert "Traceback" not in err
    assert re.search(message, err), err
    assert sorted(place.rglob("*")) == before
