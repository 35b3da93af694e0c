"""The corpus folder: what is in it agrees with itself, with sacreBLEU, and with the grammar."""

import hashlib
import json
import math

import pytest
from sacrebleu.metrics import BLEU

from be_tracks.errors import UserError
from translation.synthetic.corpus import write_corpus

SIZES = {"train": 1500, "valid": 50, "test": 60}


@pytest.fixture(scope="module", params=["en-de", "en-fr"])
def corpus(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grammar") / request.param
    card = write_corpus(folder, request.param, **SIZES, seed=2)
    return folder, card


def lines(path):
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def truth_of(folder):
    return [json.loads(line) for line in lines(folder / "test.truth.jsonl")]


def test_files(corpus):
    folder, card = corpus
    target = card["pair"][-2:]
    texts = {f"{split}.{code}": size for split, size in SIZES.items() for code in ("en", target)}
    assert {path.name for path in folder.iterdir()} == {*texts, "test.truth.jsonl", "corpus.json"}
    assert {name: len(lines(folder / name)) for name in texts} == texts
    assert json.loads((folder / "corpus.json").read_text(encoding="utf-8")) == card


def test_hashes(corpus):
    folder, card = corpus
    for name, digest in card["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_truth_stands_beside_the_text(corpus):
    folder, card = corpus
    rows = truth_of(folder)
    assert [row["source"] for row in rows] == lines(folder / "test.en")
    assert [row["reference"] for row in rows] == lines(folder / f"test.{card['pair'][-2:]}")
    for row in rows:
        assert row["words"] == len(row["reference"].split())
        assert -math.inf < row["log_probability"] <= 0 <= row["entropy"]
        if row["entropy"] == 0:
            assert row["reference"] == row["best_translation"]


def test_card_sums_up_the_truth(corpus):
    folder, card = corpus
    rows = truth_of(folder)
    words = sum(row["words"] for row in rows)
    assert card["test_words"] == words
    assert card["entropy_per_word"] == pytest.approx(sum(row["entropy"] for row in rows) / words)
    surprise = -sum(row["log_probability"] for row in rows) / words
    assert card["reference_nll_per_word"] == pytest.approx(surprise)
    assert surprise == pytest.approx(card["entropy_per_word"], rel=0.4)


def test_oracle_bleu_is_sacrebleus(corpus):
    folder, card = corpus
    rows = truth_of(folder)
    best, references = ([row[key] for row in rows] for key in ("best_translation", "reference"))
    score = BLEU().corpus_score(best, [references]).score
    assert card["oracle_bleu"]["score"] == pytest.approx(score)
    assert "tok:13a" in card["oracle_bleu"]["signature"]
    assert 65 < score < 95


def test_card_says_what_was_held_out(corpus):
    _, card = corpus
    assert card["held_out"].keys() == {
        "adjective noun", "number noun", "subject verb", "verb object",
    }  # fmt: skip
    assert sum(map(len, card["held_out"].values())) > 100


@pytest.mark.parametrize("pair", ["en-de", "en-fr"])
def test_a_few_hundred_words(pair, tmp_path):
    card = write_corpus(tmp_path / "full", pair, train=6000, valid=1, test=1)
    assert all(250 <= types <= 500 for types in card["word_types"].values())


def test_the_same_bytes_by_seed(tmp_path):
    cards = [
        write_corpus(tmp_path / name, train=200, valid=5, test=1, seed=seed)
        for name, seed in (("first", 5), ("again", 5), ("other", 6))
    ]
    assert cards[0] == cards[1]
    assert cards[0]["files"] != cards[2]["files"]


def test_without_ambiguity_the_best_translator_makes_no_mistake(tmp_path):
    card = write_corpus(
        tmp_path / "sure", train=800, valid=20, test=30, ambiguity=False, simple=True
    )
    assert card["oracle_bleu"]["score"] == pytest.approx(100)
    assert card["entropy_per_word"] == card["reference_nll_per_word"] == 0
    assert all(types < 150 for types in card["word_types"].values())
    assert lines(tmp_path / "sure" / "test.de") == [
        row["best_translation"] for row in truth_of(tmp_path / "sure")
    ]


def test_an_older_corpus_is_replaced(tmp_path):
    folder = tmp_path / "corpus"
    write_corpus(folder, "en-fr", train=200, valid=5, test=1)
    write_corpus(folder, "en-de", train=200, valid=5, test=1)
    assert {path.suffix for path in folder.iterdir()} == {".en", ".de", ".jsonl", ".json"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pair": "en-es"}, "out of en-de, en-fr; got 'en-es'"),
        ({"train": 0}, "at least 1 sentence for train; got 0"),
        ({"test": -3}, "at least 1 sentence for test; got -3"),
        ({"train": 2, "valid": 1, "test": 50}, "different sentences for test"),
    ],
)
def test_bad_settings_leave_nothing_behind(settings, message, tmp_path):
    with pytest.raises(UserError, match=message):
        write_corpus(tmp_path / "corpus", **{"train": 50, "valid": 2, "test": 2, **settings})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("beside_a_card", [False, True])
def test_a_folder_with_something_else_is_left_alone(beside_a_card, tmp_path):
    (tmp_path / "thesis.tex").write_text("all my work")
    if beside_a_card:
        (tmp_path / "corpus.json").write_text("{}")
    with pytest.raises(UserError, match="thesis.tex. Choose another folder"):
        write_corpus(tmp_path, train=50, valid=2, test=2)
    assert (tmp_path / "thesis.tex").read_text() == "all my work"


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="got a file"):
        write_corpus(tmp_path / "file", train=50, valid=2, test=2)
    with pytest.raises(UserError, match="cannot be written"):
        write_corpus(tmp_path / "file" / "corpus", train=200, valid=2, test=1)
    assert (tmp_path / "file").read_text() == "mine"
