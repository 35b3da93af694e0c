"""Settings that make no sense, and the training text that a vocabulary and a split see."""

from dataclasses import replace

import pytest

from be_tracks.errors import UserError
from translation.data.splits import read_text
from translation.data.token_shards import TokenCorpus
from translation.data.vocabulary import Vocabulary
from translation.preparation import chunks as chunks
from translation.preparation import pipeline as module
from translation.preparation.pipeline import Settings, build

WORDS = [a + b for a in ("ka", "lo", "mi", "ne") for b in ("ru", "sa", "to", "vi")]
PAIRS = [(f"{a} {b}", f"{b} {a} {a}") for a in WORDS for b in WORDS]
SETTINGS = Settings(vocabulary_size=50, valid_pairs=20)


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "train.en", tmp_path / "train.de"
    for path, lines in zip(paths, zip(*PAIRS, strict=True), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines))
    return {"train": ([paths[0]], [paths[1]])}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def decoded(folder, split):
    vocabulary, corpus = Vocabulary(folder / "vocabulary.model"), TokenCorpus(folder, split)
    return [tuple(vocabulary.decode(corpus.pair(i))) for i in range(len(corpus))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pair": "en"}, "such as en-de, got 'en'"),
        ({"pair": "en-"}, "got 'en-'"),
        ({"pair": "en-de-fr"}, "got 'en-de-fr'"),
        ({"vocabulary_size": 0}, "--vocabulary-size above 0, got 0"),
        ({"max_length": -1}, "--max-length above 0, got -1"),
        ({"valid_pairs": 0}, "--valid-pairs above 0"),
        ({"seed": -1}, "--seed 0 or above"),
        ({"character_coverage": 1.1}, "--character-coverage from 0.9 to 1, got 1.1"),
    ],
)
def test_settings_that_make_no_sense(options, message):
    with pytest.raises(UserError, match=message):
        Settings(**options)


def test_held_out_pairs_are_parted_from_training(folder, files):
    card = build(folder, files, None, SETTINGS)
    train, valid = decoded(folder, "train"), decoded(folder, "valid")
    assert len(valid) == card["cleaning"]["held_out"] == 20
    assert valid == list(read_text(folder, "valid"))
    assert sorted(train + valid) == sorted(PAIRS)
    assert "held out" in card["valid_from"]


def test_held_out_pairs_depend_on_the_seed(tmp_path, files):
    drawn = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        build(tmp_path / name, files, None, Settings(vocabulary_size=50, seed=seed))
        drawn.append(decoded(tmp_path / name, "valid"))
    assert drawn[0] == drawn[1] != drawn[2]
    # A tenth of the corpus, since the default asks for more.
    assert {len(pairs) for pairs in drawn} == {len(PAIRS) // 10}


def test_training_text_is_not_kept(folder, files):
    build(folder, files, None, SETTINGS)
    assert {path.name for path in folder.iterdir()} == {
        "train-00000-of-00001.ids.npy",
        "train-00000-of-00001.offsets.npy",
        "valid-00000-of-00001.ids.npy",
        "valid-00000-of-00001.offsets.npy",
        "valid.source.txt",
        "valid.target.txt",
        "vocabulary.model",
    }


def test_vocabulary_sees_both_sides_evenly(folder, files, monkeypatch):
    seen = []

    def spy(sentences, *options):
        seen.extend(sentences)
        return train(seen, *options)

    train = module.train_vocabulary
    monkeypatch.setattr(module, "train_vocabulary", spy)
    files["valid"] = files["train"]
    build(folder, files, None, replace(SETTINGS, vocabulary_pairs=100))
    assert seen == [side for pair in PAIRS[::3] for side in pair]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_size_of_units_shows_in_the_shards_alone(tmp_path, files, monkeypatch):
    found = []
    for name, size in (("one", 1000), ("many", 30)):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(chunks, "CHUNK_PAIRS", size)
        card = build(tmp_path / name, files, None, SETTINGS)
        kept = {k: v for k, v in content(tmp_path / name).items() if not k.startswith("train")}
        shards = card["splits"]["train"].pop("shards")
        assert shards == -(-len(PAIRS) // size)
        found.append((card, kept, decoded(tmp_path / name, "train")))
    assert found[0] == found[1]


@pytest.mark.parametrize("step", ["train_vocabulary", "encode", "write_ids"])
def test_work_that_was_stopped_goes_on(tmp_path, files, monkeypatch, step):
    monkeypatch.setattr(chunks, "CHUNK_PAIRS", 30)
    for name in ("straight", "stopped", "work"):
        (tmp_path / name).mkdir()
    build(tmp_path / "straight", files, None, SETTINGS)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, step, stop)
        build(tmp_path / "stopped", files, None, SETTINGS, tmp_path / "work")
    monkeypatch.setattr(chunks, "_clean_chunk", None)
    if step != "train_vocabulary":
        monkeypatch.setattr(module, "train_vocabulary", None)
    if step == "write_ids":
        monkeypatch.setattr(chunks, "write_ids", None)
    build(tmp_path / "stopped", files, None, SETTINGS, tmp_path / "work")
    assert content(tmp_path / "stopped") == content(tmp_path / "straight")


def test_other_sources(folder):
    class Listed:
        def pairs(self):
            return iter(PAIRS)

    card = build(folder, {"train": Listed(), "test": Listed()}, None, SETTINGS)
    assert decoded(folder, "test") == list(read_text(folder, "test")) == PAIRS
    assert card["splits"]["test"]["pairs"] == len(PAIRS)


def test_too_few_pairs_to_hold_out(folder, files):
    for paths in files["train"]:
        paths[0].write_text("".join(paths[0].read_text().splitlines(keepends=True)[:9]))
    with pytest.raises(UserError, match="at least 10 clean training pairs .* got 9"):
        build(folder, files, None, SETTINGS)


def test_nothing_left_after_cleaning(folder, files):
    with pytest.raises(UserError, match="none of 256 did .*'too_many_pieces': 236"):
        build(folder, files, None, Settings(vocabulary_size=50, max_length=1, valid_pairs=20))
