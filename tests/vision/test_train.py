"""The verb train: what a run leaves, and that a run that was stopped ends as one that was not."""

import json
import shutil

import keras
import numpy as np
import pytest

from be_tracks.errors import UserError
from be_tracks.runs.checkpoints import Checkpoints
from vision.config import make_config
from vision.data.images import make_images
from vision.evaluate import _described
from vision.evaluation.classifier import Classifier
from vision.methods import make_method
from vision.training import fit as module
from vision.training.fit import train

SMALL = ["width=0.125", "steps=6", "batch_size=8", "checkpoint_every=2", "dropout=0.2"]
SMALL += ["augment=true"]


def made(count=40, seed=0, classes=3):
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    pixels = draw.integers(0, 120, (count, 8, 8, 1))
    pixels[np.arange(count), labels] += 90
    return make_images(pixels.astype(np.uint8), labels, "abc"[:classes])


def run(out, method="batch-ensemble", size=2, images=None, seed=0, changes=()):
    settings = make_config("demo", [*SMALL, *changes])
    return train(images or made(), out, settings, make_method(method, size), "synthetic", seed)


def weights(path):
    return [keras.ops.convert_to_numpy(w) for w in keras.saving.load_model(path).weights]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of an ensemble that was never stopped."""
    return run(tmp_path_factory.mktemp("runs") / "whole")


def test_what_a_run_leaves(whole):
    names = sorted(path.name for path in whole.path.iterdir())
    assert names == ["log.jsonl", "network-0.keras", "run.json"]
    settings = whole.settings()
    assert settings["settings"]["ensemble_size"] == 2 and settings["settings"]["steps"] == 6
    assert settings["method"]["name"] == "batch-ensemble"
    assert settings["data"]["class_names"] == ["a", "b", "c"]
    assert settings["cost"]["unique_examples"] == 6 * 8
    assert [(e["network"], e["step"]) for e in whole.log()] == [(0, 2), (0, 4), (0, 6)]
    assert all(np.isfinite(entry["loss"]) for entry in whole.log())


def test_a_damaged_checkpoint_is_left_out(whole, tmp_path, monkeypatch, capsys):
    def die(*args):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(module._Network, "finish", die)
        run(tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints-0" / "00000006.keras"
    newest.write_bytes(newest.read_bytes()[:-20])
    resumed = run(tmp_path / "run")
    assert "00000006.keras: left out" in capsys.readouterr().err
    for ours, theirs in zip(
        weights(resumed.network(0)), weights(whole.network(0)), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert not (tmp_path / "run" / "checkpoints-0").exists()


class Killed(Exception):
    pass


@pytest.mark.parametrize("stop_at", [2, 4, 6])
def test_a_run_that_was_killed_ends_the_same(whole, tmp_path, monkeypatch, stop_at):
    save = Checkpoints.save

    def save_and_die(self, model, step):
        save(self, model, step)
        if step == stop_at:
            raise Killed

    monkeypatch.setattr(Checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        run(tmp_path / "run")
    monkeypatch.setattr(Checkpoints, "save", save)
    keras.utils.set_random_seed(123)  # another process is in another state
    resumed = run(tmp_path / "run")
    for ours, theirs in zip(
        weights(resumed.network(0)), weights(whole.network(0)), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert [e["loss"] for e in resumed.log()] == [e["loss"] for e in whole.log()]


def test_checkpoints_of_another_seed(tmp_path, monkeypatch):
    save = Checkpoints.save

    def save_and_die(self, model, step):
        save(self, model, step)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", save_and_die)
        for seed in (0, 1):
            with pytest.raises(Killed):
                run(tmp_path / str(seed), "single", None, seed=seed)
    ours, theirs = (tmp_path / name / "checkpoints-0" for name in "01")
    shutil.copytree(theirs, ours, dirs_exist_ok=True)
    log = (tmp_path / "0" / "log.jsonl").read_bytes()
    with pytest.raises(UserError, match="00000002.keras: expected a checkpoint of this run"):
        run(tmp_path / "0", "single", None)
    assert (tmp_path / "0" / "log.jsonl").read_bytes() == log


def test_networks_of_an_ensemble_are_those_of_their_seeds(tmp_path):
    both = run(tmp_path / "both", "deep-ensemble", 2, seed=5)
    second = run(tmp_path / "second", "single", None, seed=6)
    for ours, theirs in zip(weights(both.network(1)), weights(second.network(0)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    logits = Classifier(both.path).logits(made().images)
    assert logits.shape == (40, 2, 3)
    np.testing.assert_allclose(
        logits[:, [1]], Classifier(second.path).logits(made().images), rtol=1e-5, atol=1e-6
    )


def test_bagging_draws_with_repeats(tmp_path, monkeypatch):
    seen = []
    batches = module._Network.batches

    def spy(self, *args):
        seen.append(self.images.images)
        return batches(self, *args)

    monkeypatch.setattr(module._Network, "batches", spy)
    run(tmp_path / "bags", "bagging", 2, changes=["steps=1"])
    distinct = [len(np.unique(each.reshape(40, -1), axis=0)) for each in seen]
    # Of n draws from n, about 1 - 1/e are distinct.
    assert all(18 <= count <= 32 for count in distinct)
    assert not np.array_equal(*seen)


def test_images_held_out_are_validated_and_not_trained_on(tmp_path, monkeypatch):
    seen = []
    batches = module._Network.batches

    def spy(self, *args):
        seen.append(self.images.images)
        return batches(self, *args)

    monkeypatch.setattr(module._Network, "batches", spy)
    found = run(tmp_path / "run", changes=["hold_out=10", "steps=2"])
    (entry,) = found.log()
    assert 0 <= entry["accuracy"] <= 1 and entry["nll"] > 0 and "disagreement" in entry
    trained = {each.tobytes() for each in seen[0]}
    assert len(trained) == 30
    assert len({each.tobytes() for each in made().images} - trained) == 10


def test_the_best_network_is_kept_beside_the_last(tmp_path, monkeypatch):
    at, scores = [], iter([3.0, 1.0, 2.0])

    def validate(self):
        at.append(self.model.get_weights())
        return {"nll": next(scores)}

    monkeypatch.setattr(module._Network, "validate", validate)
    found = run(tmp_path / "run", changes=["hold_out=10"])
    assert [entry["best"] for entry in found.log()] == [True, True, False]
    for best, expected in ((True, at[1]), (False, at[2])):
        (model,) = Classifier(found.path, best).networks
        for ours, theirs in zip(model.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_the_best_network_of_a_validation_that_is_repeated_is_written_anew(tmp_path, monkeypatch):
    """The run was killed before its checkpoint was whole; going on, losses end otherwise."""
    save, scores = Checkpoints.save, [3.0, 1.0]

    def save_and_die(self, model, step):
        if step == 4:
            raise Killed
        save(self, model, step)

    monkeypatch.setattr(module._Network, "validate", lambda self: {"nll": scores.pop(0)})
    monkeypatch.setattr(Checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        run(tmp_path / "run", changes=["hold_out=10"])
    (tmp_path / "run" / "best-0.keras").write_bytes(b"of the validation that is lost")
    monkeypatch.setattr(Checkpoints, "save", save)
    scores += [3.5, 4.0]
    found = run(tmp_path / "run", changes=["hold_out=10"])
    assert [(entry["nll"], entry["best"]) for entry in found.log()] == [
        (3.0, True), (3.5, True), (4.0, False)
    ]  # fmt: skip
    assert weights(found.best(0))


def test_a_best_network_needs_images_held_out(whole):
    with pytest.raises(UserError, match=r"without best-0.keras; .* --set hold_out=N"):
        Classifier(whole.path, best=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["hold_out=40"], "hold_out must leave images"),
        (["batch_size=41"], "batch_size must be at most 40, the images to train on; got 41"),
        (["examples=41"], "examples must be at most 40; got 41"),
        (["learning_rate=1e9", "steps=20"], "the loss is not finite at step"),
    ],
)
def test_mistakes(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        run(tmp_path / "run", changes=changes)


def test_workers_compare_what_decides_before_anything_is_written(tmp_path, monkeypatch):
    heard = []

    def differ(strategy, settings):
        heard.append(json.loads(json.dumps(settings)))
        raise UserError("they differ")

    monkeypatch.setattr(module, "check_same_settings", differ)
    for source in ("here", "there"):
        with pytest.raises(UserError, match="they differ"):
            method = make_method("single", None)
            train(made(), tmp_path / "run", make_config("demo", SMALL), method, source, 3)
    settings, again = heard
    assert settings == again  # the same images under another name
    assert settings["settings"]["checkpoint_every"] == 2 and settings["method"]["seed"] == 3
    assert settings["devices"] == {"microbatches": 1} and len(settings["data"]["fingerprint"]) == 64
    assert not (tmp_path / "run").exists()


def test_another_run_in_the_folder(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "run")
    with pytest.raises(UserError, match=r"differs in ensemble_size \(2 there, None now\)"):
        run(tmp_path / "run", "single", None)
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == whole.settings()


def test_members_of_another_kind_in_the_folder(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "run")
    with pytest.raises(UserError, match=r"differs in members \('shared' there, 'split' now\)"):
        run(tmp_path / "run", changes=["members=split"])


def test_a_run_of_before_the_settings_were_renamed(whole, tmp_path):
    path = shutil.copytree(whole.path, tmp_path / "run") / "run.json"
    path.write_text(path.read_text().replace('"batch_size"', '"batch"'))
    with pytest.raises(UserError, match=r"another version .*\(batch, batch_size\).*choose another"):
        run(path.parent)
    assert _described(Classifier(path.parent))["model"] == "cnn"  # evaluated as ever


def test_an_unfinished_run_is_not_evaluated(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "run")
    (tmp_path / "run" / "network-0.keras").unlink()
    with pytest.raises(UserError, match="without network-0.keras; repeat the command"):
        Classifier(tmp_path / "run")


def test_a_damaged_network(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "run")
    (tmp_path / "run" / "network-0.keras").write_bytes(b"PK not a model")
    with pytest.raises(UserError, match="cannot be loaded"):
        Classifier(tmp_path / "run")
