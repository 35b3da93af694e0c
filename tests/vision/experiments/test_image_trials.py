"""Trials on images: figures against ones computed from the models by hand; reproducibility."""

import json
import shutil

import keras
import numpy as np
import pytest

from be_keras import metrics
from experiments import experiment, image_trials
from experiments.image_training import ImageSettings, train_classifier
from experiments.image_trials import ImageExperiment, ImageTask
from experiments.trial import Trial
from vision.data.images import make_images


def made(count, seed, classes=3):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, count)
    pixels = draw.integers(0, 120, (count, 3, 3, 1))
    pixels[np.arange(count), labels] += 90  # a bright row
    return make_images(pixels.astype(np.uint8), labels, "abc")


DEFAULTS = {"examples": 48, "steps": 12, "batch_size": 16, "width": 0.0625, "learning_rate": 0.1}


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    ood = make_images(np.full((20, 3, 3, 1), 255, np.uint8), np.zeros(20, int))
    task = ImageTask(made(64, 0), made(40, 1), {"white": ood}, DEFAULTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_trials, "GRADIENT_EXAMPLES", 8)
        patch.setattr(experiment, "REFERENCE_NETWORKS", 2)
        yield ImageExperiment(task, tmp_path_factory.mktemp("work"))


def test_a_result_of_other_images_is_refused(train, tmp_path):
    trial = Trial("task", "one", 0, {"ensemble_size": None})
    trial.write(tmp_path, train.settings_of(trial), {})
    assert trial.read(tmp_path, train.settings_of(trial))
    other = ImageExperiment(ImageTask(made(64, 2), made(40, 1), {}, DEFAULTS), tmp_path)
    with pytest.raises(ValueError, match="images '[0-9a-f]{12}' there, '[0-9a-f]{12}' now"):
        trial.read(tmp_path, other.settings_of(trial))


def test_a_trial_holds_what_its_model_gives(train):
    keras.utils.set_random_seed(99)  # whatever came before
    result = train(Trial("task", "members", 0, {"ensemble_size": 2}))

    images, scaling = train.images_of(ImageSettings(**DEFAULTS))
    assert len(images) == 48
    settings = ImageSettings(**DEFAULTS, ensemble_size=2)  # draws, to check its initialiser
    keras.utils.set_random_seed(0)
    model = train_classifier(settings, images, scaling)
    test = train.task.test
    logits = np.asarray(model(scaling(test.images)))
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    mean = np.log(np.exp(log_p).mean(1))
    chosen = np.arange(len(test)), test.labels
    scores = result["scores"]
    assert scores["nll"] == pytest.approx(-mean[chosen].mean(), abs=1e-4)
    assert scores["accuracy"] == pytest.approx(np.mean(mean.argmax(-1) == test.labels))
    expected = -metrics.calibrated_log_likelihood(mean, test.labels).mean()
    assert scores["calibrated_nll"] == pytest.approx(expected, abs=1e-4)
    assert 1 <= scores["low"] <= scores["dee"] <= scores["high"] <= 2
    assert len(result["reference"]) == 2
    assert set(result["gradient_cosine"]) == {"begin", "end"}
    assert 0 <= result["out_of_distribution"]["white"]["entropy"]["auroc"] <= 1
    assert result["parameters"] == model.count_params()
    assert result["member_examples"] == 12 * 16 * 2


def test_results_do_not_depend_on_what_ran_before(train, tmp_path):
    one = Trial("task", "one", 1, {"ensemble_size": None})
    first = json.dumps(train(one))  # empty bins are NaN, which equals nothing
    for path in train.work.glob("*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert json.dumps(train(one)) == first  # now with the reference trained in between


def test_a_deep_ensemble_and_its_equivalent(train):
    result = train(Trial("task", "deep", 0, {"ensemble_size": None, "networks": 3}))
    assert result["gradient_cosine"] == {}
    assert result["parameters"] == 3 * train.new_model(train.settings()).count_params()
    assert result["member_examples"] == 3 * 12 * 16
    folders = sorted(path.name for path in train.work.iterdir())
    assert len([name for name in folders if name.startswith("networks-")]) == 1
    networks = next(path for path in train.work.iterdir() if path.is_dir())
    seeds = sorted(int(path.stem.removeprefix("seed-")) for path in networks.iterdir())
    assert seeds == [100, 101, 102, 10_000, 10_001]


def test_training_that_diverges_is_a_result(train):
    result = train(Trial("task", "hot", 0, {"ensemble_size": 2, "learning_rate": 1e20}))
    assert result["diverged"] and "scores" not in result


def test_costs_count_what_members_see(train):
    def examples(**changes):
        return train.cost(train.settings(**changes))["member_examples"]

    assert examples() == 12 * 16
    assert examples(networks=4) == 4 * 12 * 16
    assert examples(ensemble_size=4) == 4 * 12 * 16
    assert examples(ensemble_size=4, branch=0.5) == 16 * (6 + 6 * 4)
    assert examples(ensemble_size=4, fine_tune=6) == 16 * (12 + 6 * 4)
    assert examples(ensemble_size=4, members="split") == 12 * 16
