"""Trials on text: their figures against ones computed from the models by hand."""

import json

import numpy as np
import pytest

from be_keras import metrics
from experiments import experiment
from experiments import text_trials as module
from experiments.text_trials import TextExperiment, TextTask, token_logits
from experiments.trial import Trial
from translation.prepare import prepare

DEFAULTS = {
    **{"encoder_layers": 1, "decoder_layers": 1, "width": 16, "heads": 2, "feedforward": 32},
    **{"tokens_per_batch": 128, "buckets": 1, "steps": 6, "warmup": 2},
}


@pytest.fixture(scope="module")
def train(data, tmp_path_factory):
    """The experiment on the corpus of `data`, whose 12 sentences of validation are tested."""
    folder = tmp_path_factory.mktemp("text")
    paths = {
        split: tuple(data / f"{split}.{side}.txt" for side in ("source", "target"))
        for split in ("valid", "test")
    }
    vocabulary = data / "vocabulary.model"
    prepare(*paths["valid"], folder / "data", vocabulary=vocabulary, test=paths["valid"])
    task = TextTask(folder / "data", {"short": data}, "tiny", DEFAULTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "REFERENCE_NETWORKS", 1)
        patch.setattr(module, "TOKENS", 40)
        yield TextExperiment(task, folder / "work")


def test_a_trial_holds_what_its_model_gives(train, monkeypatch):
    seen = []
    monkeypatch.setattr(
        module,
        "token_logits",
        lambda model, corpus: seen.append((model, token_logits(model, corpus))) or seen[-1][1],
    )
    changes = {"ensemble_size": 2, "fast_initializer": "random_sign"}
    result = train(Trial("task", "members", 3, changes))

    model, (logits, labels, _) = seen[1]  # after the network of the reference, before other text
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    mean = np.log(np.exp(log_p).mean(1))
    scores = result["scores"]
    assert scores["count"] == len(labels) >= 40
    assert scores["nll"] == pytest.approx(-mean[np.arange(len(labels)), labels].mean(), abs=1e-4)
    expected = -metrics.calibrated_log_likelihood(mean, labels).mean()
    assert scores["calibrated_nll"] == pytest.approx(expected, abs=1e-4)
    assert scores["low"] == scores["dee"] == scores["high"] == 1  # all that one network can tell
    assert set(result["gradient_cosine"]) == {"begin", "end"}
    assert 0 <= result["out_of_distribution"]["short"]["entropy"]["auroc"] <= 1
    assert result["parameters"] == model.count_params()
    assert result["member_tokens"] > 0
    assert len(result["reference"]) == 1


def test_a_deep_ensemble_and_members_that_branch(train):
    deep = train(Trial("task", "deep", 0, {"ensemble_size": None, "networks": 2}))
    assert deep["gradient_cosine"] == {}
    assert deep["parameters"] == 2 * train.new_model(train.settings()).count_params()
    branched = train(
        Trial("task", "late", 0, {"ensemble_size": 2, "members": "shared", "branch": 0.5})
    )
    assert set(branched["gradient_cosine"]) == {"end"}
    one = deep["member_tokens"] // 2
    assert one < branched["member_tokens"] < 2 * one
    json.dumps(branched, allow_nan=False)


def test_logits_are_of_the_same_whole_sentences_each_time(train, translator):
    corpus = train.test
    model = translator(2, vocabulary_size=60)
    logits, labels, sentences = token_logits(model, corpus)
    assert logits.shape == (len(labels), 2, 60)
    for index in np.unique(sentences):
        expected = [*corpus.pair(int(_drawn(corpus)[index]))[1], 3]
        assert labels[sentences == index].tolist() == expected
    again = token_logits(model, corpus)
    np.testing.assert_allclose(again[0], logits, atol=1e-6)


def _drawn(corpus):
    return np.random.default_rng(0).permutation(len(corpus))


def test_a_result_of_other_text_is_refused(train, data, tmp_path):
    trial = Trial("task", "one", 0, {"ensemble_size": None})
    trial.write(tmp_path, train.settings_of(trial), {})
    assert trial.read(tmp_path, train.settings_of(trial))
    other = TextExperiment(TextTask(data, {}, "tiny", DEFAULTS), tmp_path)
    with pytest.raises(ValueError, match="train_pairs [0-9]+ there, [0-9]+ now"):
        trial.read(tmp_path, other.settings_of(trial))


def test_settings_a_config_does_not_know(train):
    with pytest.raises(TypeError, match="widht"):
        train.settings(widht=8)
    assert train.settings().width == 16
