"""The verb prepare, from files to folder: what it holds, and that mistakes leave nothing."""

import argparse
import gzip
import random
from concurrent.futures.process import BrokenProcessPool

import pytest

from be_tracks.errors import UserError
from be_tracks.lock import locked
from translation.data.card import read_card
from translation.data.token_shards import TokenCorpus
from translation.data.vocabulary import Vocabulary
from translation.preparation import chunks as chunks
from translation.preparation import pipeline as build
from translation.prepare import add_arguments, prepare, run

SIZE = {"vocabulary_size": 60}
WORDS = [a + b for a in ("ka", "lo", "mi", "ne") for b in ("ru", "sa", "to", "vi")]


def sentences(count, seed):
    """Pairs of made words: the target is the source with its words in reverse, marked."""
    draw = random.Random(seed)
    rows = [draw.choices(WORDS, k=draw.randint(3, 8)) for _ in range(count)]
    return [(" ".join(row), " ".join(row[::-1]) + " !") for row in rows]


def write(folder, name, pairs):
    paths = folder / f"{name}.en", folder / f"{name}.de"
    for path, lines in zip(paths, zip(*pairs, strict=True), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return paths


@pytest.fixture
def place(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path


@pytest.fixture
def train(place):
    return write(place, "train", sentences(300, 0))


@pytest.fixture
def valid(place):
    return write(place, "valid", sentences(30, 1))


def parse(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_card_and_folder_agree(place, train, valid):
    dirty = [("", "x"), (sentences(1, 0)[0]), ("same", "same"), ("w " * 300, "x")]
    more = write(place, "more", dirty)
    out = place / "out"
    card = prepare(
        [train[0], more[0]], [train[1], more[1]], out, valid=valid, max_words=200, **SIZE
    )
    assert card == read_card(out)
    assert (card["source_language"], card["target_language"]) == ("en", "de")
    assert card["settings"]["max_words"] == 200
    assert card["cleaning"] == {
        "read": 304,
        "removed": {
            "empty": 1,
            "too_many_words": 1,
            "length_ratio": 0,
            "identical": 1,
            "damaged_encoding": 0,
            "control_characters": 0,
            "other_script": 0,
            "duplicate": 1,
            "too_many_pieces": 0,
        },
        "held_out": 0,
        "kept": 300,
    }
    assert [row["file"] for row in card["inputs"]["train"]["source"]] == ["train.en", "more.en"]
    vocabulary = Vocabulary(out / "vocabulary.model")
    assert card["vocabulary"] == {
        "size": 60,
        "sha256": vocabulary.sha256,
        "from": "the training text",
    }
    for split in ("train", "valid"):
        lengths = TokenCorpus(out, split).lengths()
        assert card["splits"][split]["pairs"] == len(lengths)
        assert card["splits"][split]["target_tokens"] == lengths[:, 1].sum()
    assert set(card["outputs"]) | {"card.json"} == {path.name for path in out.iterdir()}


def test_the_same_again_is_the_same(place, train, valid):
    for name in ("a", "b"):
        prepare(*train, place / name, valid=valid, **SIZE)
    assert content(place / "a") == content(place / "b")


def test_gzip_is_plain(place, train, valid):
    packed = []
    for path in train:
        packed.append(place / f"{path.name}.gz")
        packed[-1].write_bytes(gzip.compress(path.read_bytes()))
    plain = prepare(*train, place / "plain", valid=valid, **SIZE)
    assert prepare(*packed, place / "gzip", valid=valid, **SIZE)["outputs"] == plain["outputs"]


def test_test_text_is_never_touched(place, train):
    lines = [("", ""), ("ka\x85ru  lo ", "x\u2028"), ("same", "same"), ("ka " * 400, "ru")] * 2
    test = write(place, "test", lines)
    card = prepare(*train, place / "out", test=test, max_length=40, **SIZE)
    assert (place / "out" / "test.source.txt").read_bytes() == test[0].read_bytes()
    assert (place / "out" / "test.target.txt").read_bytes() == test[1].read_bytes()
    assert card["splits"]["test"]["pairs"] == len(TokenCorpus(place / "out", "test")) == 8
    assert card["splits"]["test"]["longest"] > 400 > card["splits"]["train"]["longest"]


def test_a_vocabulary_is_reused(place, train, valid):
    first = prepare(*train, place / "first", **SIZE)
    model = place / "first" / "vocabulary.model"
    card = prepare(*valid, place / "out", valid=valid, vocabulary=model)
    assert card["vocabulary"] == {**first["vocabulary"], "from": "a given file"}
    assert (place / "out" / "vocabulary.model").read_bytes() == model.read_bytes()
    assert card["inputs"]["vocabulary"]["sha256"] == first["vocabulary"]["sha256"]


def test_already_prepared(place, train, valid, capsys, monkeypatch):
    card = prepare(*train, place / "out", valid=valid, **SIZE)
    monkeypatch.setattr("translation.prepare.build", None)
    assert prepare(*train, place / "out", valid=valid, **SIZE) == card
    assert "already prepared" in capsys.readouterr().err


def test_overwrite(place, train, valid):
    out = place / "out"
    prepare(*train, out, valid=valid, **SIZE)
    before = content(out)
    with pytest.raises(UserError, match="differs in settings"):
        prepare(*train, out, valid=valid, vocabulary_size=70)
    train[0].write_text(train[0].read_text().replace("karu", "loru"))
    with pytest.raises(UserError, match="differs in inputs"):
        prepare(*train, out, valid=valid, **SIZE)
    assert content(out) == before
    card = prepare(*train, out, valid=valid, overwrite=True, vocabulary_size=70)
    assert card["vocabulary"]["size"] == Vocabulary(out / "vocabulary.model").size == 70


def spoil(path, data):
    path.write_bytes(data)


MISTAKES = {
    "missing file": (lambda s, t: s.unlink(), "train.en: there is no such file"),
    "unequal": (lambda s, t: spoil(t, b"x\n" * 7), "got 300 in .*train.en and 7 in .*train.de"),
    "not UTF-8": (lambda s, t: spoil(t, b"x\n\xe4\n"), "train.de, line 2: expected UTF-8"),
    "empty files": (lambda s, t: [spoil(s, b""), spoil(t, b"")], "at least 10 .* got 0"),
    "no clean pair": (lambda s, t: spoil(t, b"\n" * 300), "at least 10 .* got 0"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_files_leaves_nothing(place, train, name):
    make, message = MISTAKES[name]
    make(*train)
    with pytest.raises(UserError, match=message):
        prepare(*train, place / "work" / "out", **SIZE)
    assert not list((place / "work").iterdir())


def test_a_vocabulary_too_large_leaves_nothing(place, train):
    with pytest.raises(UserError, match="5000 is too large .* is the largest possible"):
        prepare(*train, place / "work" / "out", vocabulary_size=5000)
    assert not list((place / "work").iterdir())


def test_a_vocabulary_that_is_none_leaves_nothing(place, train):
    with pytest.raises(UserError, match="train.de: expected a SentencePiece model"):
        prepare(*train, place / "work" / "out", vocabulary=train[1])
    assert not list((place / "work").iterdir())


def test_empty_test_files(place, train):
    test = place / "none.en", place / "none.de"
    for path in test:
        path.touch()
    with pytest.raises(UserError, match="at least one line of test text"):
        prepare(*train, place / "work" / "out", test=test, **SIZE)
    assert not list((place / "work").iterdir())


def test_a_place_that_cannot_be_written(place, train):
    with pytest.raises(UserError, match="cannot be written"):
        prepare(*train, train[0] / "out", **SIZE)


@pytest.mark.parametrize("step", ["train_vocabulary", "write_ids"])
def test_an_interrupt_leaves_nothing(place, train, monkeypatch, step):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare(*train, place / "work" / "out", **SIZE)
    assert not list((place / "work").iterdir())


def test_the_command_line_does_the_same(place, train, valid, capsys):
    words = ["--source", train[0], "--target", train[1], "--vocabulary-size", 60]
    words += ["--valid-source", valid[0], "--valid-target", valid[1], "--keep-duplicates"]
    words += ["--source-language", "fr", "--target-language", "it", "--out", place / "a"]
    run(parse(*words))
    card = prepare(*train, place / "b", valid=valid, pair="fr-it", keep_duplicates=True, **SIZE)
    assert content(place / "a") == content(place / "b")
    out = capsys.readouterr().out
    assert "fr-it, 60 pieces" in out and "duplicate 0" in out
    assert f"{card['splits']['valid']['pairs']} pairs" in out


def test_pairs_with_a_tab(place, train, valid):
    pairs = sentences(300, 0)
    tabbed = place / "pairs.tsv"
    tabbed.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))
    run(parse("--pairs", tabbed, "--vocabulary-size", 60, "--out", place / "a"))
    apart = prepare(*train, place / "b", **SIZE)
    card = read_card(place / "a")
    assert card["outputs"] == apart["outputs"]
    assert [row["file"] for row in card["inputs"]["train"]["pairs"]] == ["pairs.tsv"]


def test_a_dataset(place, capsys):
    raw = place / "raw"
    raw.mkdir()
    for seed, name in enumerate(("europarl-v7", "commoncrawl", "news-commentary-v9")):
        write(raw, f"{name}.de-en", sentences(100, seed))
    write(raw, "newstest2013", sentences(20, 3))
    for role, lines in zip(("src.en", "ref.de"), zip(*sentences(30, 4), strict=True), strict=True):
        text = "".join(f'<seg id="1">{line}</seg>\n' for line in lines)
        (raw / f"newstest2014-deen-{role}.sgm").write_text(text)
    words = ["--dataset", "wmt14", "--raw", raw, "--pair", "en-de", "--vocabulary-size", 60]
    run(parse(*words, "--out", place / "out"))
    card = read_card(place / "out")
    assert {split: counts["pairs"] for split, counts in card["splits"].items()} == {
        **{"train": 300, "valid": 20},
        "test": 30,
    }
    assert (place / "out" / "test.target.txt").read_text() == "".join(
        f"{target}\n" for _, target in sentences(30, 4)
    )
    err = capsys.readouterr().err
    assert "newstest2013 in full has 3,000 pairs, got 20" in err
    assert "newstest2014 in full has 3,003 pairs, got 30" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected training text, got none"),
        (["--raw", "x"], "with --dataset alone"),
        (["--tfds-dir", "x"], "with --dataset alone"),
        (["--dataset", "wmt14", "--pairs", "x"], "leave out --source"),
        (["--dataset", "wmt14", "--pair", "en-cs"], "en-de or en-fr"),
        (["--source", "x"], "both --source and --target"),
        (["--workers", "0"], "--workers 1 or above, got 0"),
    ],
)
def test_options_that_do_not_fit(place, words, message):
    with pytest.raises(UserError, match=message):
        run(parse(*words, "--out", place / "work" / "out"))
    assert not list((place / "work").iterdir())


def stop(*_):
    raise KeyboardInterrupt


def test_a_large_preparation_goes_on_where_it_was(place, train, valid, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_PAIRS", 100)
    prepare(*train, place / "straight", valid=valid, **SIZE)
    out = place / "work" / "out"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(chunks, "write_ids", stop)
        prepare(*train, out, valid=valid, **SIZE)
    assert [path.name for path in out.parent.iterdir()] == [".out.unfinished"]
    # What a process that was killed may leave.
    (out.parent / ".out.unfinished" / "made" / ".partial-1-train.npy").touch()
    monkeypatch.setattr(chunks, "_clean_chunk", None)
    monkeypatch.setattr(build, "train_vocabulary", None)
    prepare(*train, out, valid=valid, **SIZE)
    assert content(out) == content(place / "straight")
    assert list(out.parent.iterdir()) == [out]


def test_other_text_starts_anew(place, train, valid, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_PAIRS", 100)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(chunks, "write_ids", stop)
        prepare(*train, place / "out", valid=valid, **SIZE)
    train[0].write_text(train[0].read_text().replace("karu", "kara"))
    card = prepare(*train, place / "out", valid=valid, **SIZE)
    vocabulary = Vocabulary(place / "out" / "vocabulary.model")
    corpus = TokenCorpus(place / "out", "train")
    first = vocabulary.decode(corpus.pair(0))[0]
    assert first == train[0].read_text().splitlines()[0]
    assert card["outputs"] == read_card(place / "out")["outputs"]


def test_a_mistake_after_much_work_leaves_nothing(place, train, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_PAIRS", 100)
    with pytest.raises(UserError, match="5000 is too large"):
        prepare(*train, place / "work" / "out", vocabulary_size=5000)
    assert not list((place / "work").iterdir())


def test_several_processes_do_the_same(place, train, valid, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_PAIRS", 100)
    for name, workers in (("a", 1), ("b", 3)):
        prepare(*train, place / name, valid=valid, workers=workers, **SIZE)
    assert content(place / "a") == content(place / "b")


def test_the_death_of_a_worker_keeps_the_work(place, train, valid, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_PAIRS", 100)

    def die(*_):
        raise BrokenProcessPool

    out = place / "work" / "out"
    with monkeypatch.context() as patch:
        patch.setattr(build, "encode", die)
        with pytest.raises(UserError, match="a worker process was killed.*fewer --workers"):
            prepare(*train, out, valid=valid, **SIZE)
    assert [path.name for path in out.parent.iterdir()] == [".out.unfinished"]
    prepare(*train, out, valid=valid, **SIZE)
    assert list(out.parent.iterdir()) == [out]


def test_options_may_name_several_files_or_be_repeated():
    args = parse("--source", "a", "b", "--source", "c", "--target", "d", "--out", "o")
    assert args.source == ["a", "b", "c"]
    assert (args.vocabulary_size, args.max_length, args.vocabulary_type) == (8000, 256, "bpe")


def test_help_says_the_defaults(capsys):
    with pytest.raises(SystemExit):
        parse("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert "special ones included (default: 8000)" in text
    assert "default: pairs held out of the training" in text


@pytest.mark.parametrize("split", ["valid", "test"])
def test_one_side_alone(place, train, split):
    words = ["--source", train[0], "--target", train[1], "--out", place / "out"]
    with pytest.raises(UserError, match=f"both --{split}-source and --{split}-target"):
        run(parse(*words, f"--{split}-source", train[0]))


def test_chinese_is_kept_and_comes_back(place):
    """Sound pairs stay, invisible lines go, and the vocabulary can spell its references."""
    draw = random.Random(0)
    nouns, others = "dog cat bird boy girl man".split(), "狗 猫 鸟 男孩 女孩 男人".split()
    rows = [draw.choices(range(6), k=12) for _ in range(200)]
    pairs = [(" ".join(nouns[i] for i in r), "，".join(others[i] for i in r) + "…½") for r in rows]
    blank = [("\u200b", "空。"), ("nothing.", "\ufeff"), ("\u200e\u200f", "也空。")]
    files = write(place, "train", pairs[:150] + blank)
    more = {name: write(place, name, pairs[150:]) for name in ("valid", "test")}
    card = prepare(*files, place / "out", pair="en-zh", vocabulary_size=60, **more)
    assert card["splits"]["train"]["pairs"] == 150 and card["cleaning"]["removed"]["empty"] == 3
    assert card["splits"]["test"]["ceiling"] == {"bleu": pytest.approx(100), "changed": 0}
    assert card["settings"]["normalization"] == "identity"


def test_the_ceiling_of_a_vocabulary_that_changes_its_references(place, capsys):
    pairs = [(source, target + "…") for source, target in sentences(300, 0)]
    files = write(place, "train", pairs)
    more = {f"--test-{side}": path for side, path in zip(("source", "target"), files, strict=True)}
    words = [word for pair in more.items() for word in pair]
    words += ["--source", files[0], "--target", files[1], "--out", place / "out"]
    run(parse(*words, "--vocabulary-size", 60, "--normalization", "nfkc"))
    ceiling = read_card(place / "out")["splits"]["test"]["ceiling"]
    assert ceiling["changed"] == 300 and 0 < ceiling["bleu"] < 99
    assert "through the vocabulary: BLEU" in capsys.readouterr().out


def test_two_preparations_of_one_folder_at_once(place, train):
    with locked(place / ".out.lock", "out"), pytest.raises(UserError, match="another process"):
        prepare(*train, place / "out", **SIZE)
    prepare(*train, place / "out", **SIZE)
    assert {path.name for path in place.iterdir()} == {"out", "train.de", "train.en", "work"}
