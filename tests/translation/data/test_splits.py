"""One split: text untouched, ids of every pair, counts, and pairs too long."""

import pytest

from translation.data.splits import read_text, text_paths, write_ids, write_text
from translation.data.token_shards import TokenCorpus
from translation.data.vocabulary import train_vocabulary

PAIRS = [("a b c", "x y"), ("", ""), (" a\x85 b", "y\u2028 \r"), ("c b a c", "x x x x x")]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """Every character of the text above is a piece, and nothing longer is."""
    text = [" ".join(pair) for pair in PAIRS]
    return train_vocabulary(text, tmp_path_factory.mktemp("v") / "v.model", 11)


def test_text_is_untouched(tmp_path):
    assert write_text(tmp_path, "test", iter(PAIRS)) == 4
    source, target = text_paths(tmp_path, "test")
    assert source.read_bytes() == b"a b c\n\n a\xc2\x85 b\nc b a c\n"
    assert target.read_bytes() == b"x y\n\ny\xe2\x80\xa8 \r\nx x x x x\n"


def test_text_is_read_back(tmp_path):
    pairs = [pair for pair in PAIRS if "\r" not in pair[1]]
    write_text(tmp_path, "valid", pairs)
    assert list(read_text(tmp_path, "valid")) == pairs


def test_no_text(tmp_path):
    assert write_text(tmp_path, "test", []) == 0
    assert list(read_text(tmp_path, "test")) == []


def test_ids_of_every_pair(tmp_path, vocabulary):
    counts, dropped = write_ids(tmp_path, "test", PAIRS, vocabulary)
    corpus = TokenCorpus(tmp_path, "test")
    ids = [[side.tolist() for side in corpus.pair(i)] for i in range(4)]
    assert ids == [vocabulary.encode(pair) for pair in PAIRS]
    lengths = corpus.lengths()
    assert counts == {
        "pairs": 4,
        "source_tokens": lengths[:, 0].sum(),
        "target_tokens": lengths[:, 1].sum(),
        "longest": lengths.max() + 1,
    }
    assert dropped == 0


def test_pairs_too_long_are_dropped_and_counted(tmp_path, vocabulary):
    lengths = [max(map(len, vocabulary.encode(pair))) + 1 for pair in PAIRS]
    limit = max(lengths) - 1
    counts, dropped = write_ids(tmp_path, "train", PAIRS, vocabulary, limit)
    kept = [length for length in lengths if length <= limit]
    assert (counts["pairs"], dropped) == (len(kept), len(PAIRS) - len(kept))
    assert dropped > 0
    assert counts["longest"] == max(kept) <= limit
    counts, dropped = write_ids(tmp_path, "train", PAIRS, vocabulary, limit + 1)
    assert (counts["pairs"], dropped) == (4, 0)


def test_more_pairs_than_a_chunk(tmp_path, vocabulary):
    pairs = [("a b", "x")] * 5000
    counts, _ = write_ids(tmp_path, "train", iter(pairs), vocabulary)
    assert counts["pairs"] == len(TokenCorpus(tmp_path, "train")) == 5000


def test_progress_is_on_standard_error(tmp_path, capfd):
    write_text(tmp_path, "test", iter(PAIRS))
    out, err = capfd.readouterr()
    assert out == "" and "read test: 4 pairs" in err
