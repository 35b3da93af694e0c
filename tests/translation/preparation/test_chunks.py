"""Units of the training pairs: the same corpus whatever their size, and no step done twice."""

import random

import pytest

from translation.data.token_shards import TokenCorpus
from translation.data.vocabulary import train_vocabulary
from translation.preparation import chunks as module
from translation.preparation.chunks import HELD_OUT, REPEAT, TRAIN, clean, encode, is_worth_keeping
from translation.preparation.cleaning import Cleaner
from translation.preparation.process_pool import Workers
from translation.preparation.sources import TextFiles

RULES = {"max_words": 6, "max_ratio": 3.0, "keep_duplicates": False, "languages": ("en", "de")}


def corpus(count):
    """Short pairs of few words, so that many repeat, are empty, identical or too long."""
    draw = random.Random(0)

    def side():
        return " ".join(draw.choices("abc", k=draw.choice((0, 1, 1, 1, 2, 3, 7))))

    return [(side(), side()) for _ in range(count)]


PAIRS = corpus(300)


class Counted(TextFiles):
    """Counts how often it is read."""

    reads = 0

    def pairs(self):
        self.reads += 1
        return super().pairs()


@pytest.fixture
def source(tmp_path):
    paths = tmp_path / "a.en", tmp_path / "a.de"
    for path, lines in zip(paths, zip(*PAIRS, strict=True), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines))
    return Counted(*paths)


@pytest.fixture
def work(tmp_path):
    (tmp_path / "work" / "made").mkdir(parents=True)
    return tmp_path / "work"


@pytest.fixture(params=[13, 299, 300, 10_000])
def size(request, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_PAIRS", request.param)
    return request.param


def expected(**rules):
    cleaner = Cleaner(**{**RULES, **rules})
    return list(cleaner.clean(PAIRS)), cleaner


@pytest.mark.parametrize("keep_duplicates", [False, True])
def test_clean_is_the_cleaner_over_all(source, work, size, keep_duplicates):
    rules = {**RULES, "keep_duplicates": keep_duplicates}
    pairs, cleaner = expected(keep_duplicates=keep_duplicates)
    text = clean(work, source, rules, Workers(1))
    assert list(text.pairs(TRAIN)) == pairs
    assert (text.read, text.removed, text.kept) == (300, cleaner.removed, len(pairs))
    assert text.removed["duplicate"] > 0 or keep_duplicates
    assert all(text.removed[rule] > 0 for rule in ("empty", "too_many_words", "identical"))
    assert text.chunks == -(-300 // size)
    # Units see their own repeats; those of an earlier chunk are told afterwards.
    assert len(list(text.pairs(REPEAT))) <= cleaner.removed["duplicate"]
    assert not list(text.pairs(HELD_OUT))


def test_pairs_held_out(source, work, size):
    pairs, _ = expected()
    text = clean(work, source, RULES, Workers(1))
    chosen = sorted(random.Random(1).sample(range(len(pairs)), 20))
    text.hold_out(module.np.array(chosen))
    assert list(text.pairs(HELD_OUT)) == [pairs[i] for i in chosen]
    assert list(text.pairs(TRAIN)) == [p for i, p in enumerate(pairs) if i not in set(chosen)]


def test_encoded_shards(source, work, size):
    pairs, _ = expected()
    text = clean(work, source, RULES, Workers(1))
    path = work / "made" / "v.model"
    model = train_vocabulary(["a b c"] * 9, path, 9)
    counts, dropped = encode(text, work / "made", (path, model.sha256), 5, Workers(1))
    found = TokenCorpus(work / "made", "train")
    rows = [tuple(model.decode(found.pair(i))) for i in range(len(found))]
    short = [pair for pair in pairs if max(map(len, model.encode(pair))) < 5]
    assert 0 < len(short) < len(pairs)
    assert rows == short and dropped == len(pairs) - len(short)
    lengths = found.lengths()
    assert counts == {
        "pairs": len(short),
        "source_tokens": lengths[:, 0].sum(),
        "target_tokens": lengths[:, 1].sum(),
        "longest": lengths.max() + 1,
    }


@pytest.mark.parametrize("step", ["_clean_chunk", "_encode_chunk"])
@pytest.mark.parametrize("stop", [0, 1, 3])
def test_what_is_done_is_not_done_again(source, work, monkeypatch, step, stop):
    monkeypatch.setattr(module, "CHUNK_PAIRS", 50)
    path = work / "made" / "v.model"
    key = train_vocabulary(["a b c"] * 9, path, 9).sha256
    done, function = [], getattr(module, step)

    def stopping(folder, *task):
        if len(done) == stop:
            raise KeyboardInterrupt
        done.append(task[0])
        return function(folder, *task)

    def go():
        text = clean(work, source, RULES, Workers(1))
        return text, encode(text, work / "made", (path, key), 50, Workers(1))

    monkeypatch.setattr(module, step, stopping)
    with pytest.raises(KeyboardInterrupt):
        go()
    assert is_worth_keeping(work) == (step == "_encode_chunk" or stop > 1)
    stop, reads = 100, source.reads
    text, (counts, _) = go()
    assert source.reads - reads == (step == "_clean_chunk")
    pairs, cleaner = expected()
    assert (text.removed, counts["pairs"]) == (cleaner.removed, len(pairs))
    if step == "_clean_chunk":
        assert done == list(range(6))
    calls = len(done)
    assert go()[1][0] == counts and source.reads - reads == (step == "_clean_chunk")
    assert step != "_clean_chunk" or len(done) == calls


def test_no_pairs(work):
    text = clean(work, TextFiles((), ()), RULES, Workers(1))
    assert (text.chunks, text.read, text.kept, list(text.pairs(TRAIN))) == (0, 0, 0, [])


def test_nothing_is_left_but_units(source, work, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_PAIRS", 200)
    clean(work, source, RULES, Workers(1))
    parts = ("cleaned.json", "hashes.npy", "source.txt", "target.txt")
    assert {path.name for path in work.iterdir()} == {
        *("made", "read.json", "repeats.npy"),
        *(f"0000{chunk}.{part}" for chunk in (0, 1) for part in parts),
    }
