"""Token ids on disk: what is written is read, in the right type, whole or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from be_keras.tracks.errors import UserError
from translation.corpus import ShardWriter, TokenCorpus, id_type

PAIRS = [([5, 6, 7], [8]), ([], []), ([9], [4, 4])]


def write(folder, pairs, vocabulary_size=100, split="train"):
    with ShardWriter(folder, split, vocabulary_size) as writer:
        for source, target in pairs:
            writer.append(source, target)
    return writer


def listed(corpus):
    return [tuple(side.tolist() for side in corpus.pair(i)) for i in range(len(corpus))]


def test_known_bytes(tmp_path):
    writer = write(tmp_path, PAIRS)
    assert (writer.pairs, writer.tokens) == (3, [4, 3])
    ids = (tmp_path / "train.ids.uint16").read_bytes()
    assert ids == b"\5\0\6\0\7\0\x08\0\x09\0\4\0\4\0"
    offsets = np.frombuffer((tmp_path / "train.offsets.int64").read_bytes(), "<i8")
    assert offsets.tolist() == [0, 3, 4, 4, 4, 5, 7]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "train.ids.uint16",
        "train.offsets.int64",
    ]


def test_known_corpus(tmp_path):
    write(tmp_path, PAIRS)
    corpus = TokenCorpus(tmp_path, "train")
    assert len(corpus) == 3
    assert corpus.lengths().tolist() == [[3, 1], [0, 0], [1, 2]]
    assert listed(corpus) == PAIRS


@pytest.mark.parametrize("pairs", [[], [([], [])], [([], [])] * 4])
def test_empty(tmp_path, pairs):
    write(tmp_path, pairs)
    corpus = TokenCorpus(tmp_path, "train")
    assert corpus.lengths().shape == (len(pairs), 2)
    assert listed(corpus) == pairs


@pytest.mark.parametrize(
    ("size", "kind", "width"), [(65535, "uint16", 2), (65536, "uint32", 4), (200_000, "uint32", 4)]
)
def test_type_follows_the_vocabulary(tmp_path, size, kind, width):
    assert id_type(size) == kind
    write(tmp_path, [([size - 1], [0])], size)
    assert (tmp_path / f"train.ids.{kind}").stat().st_size == 2 * width
    assert listed(TokenCorpus(tmp_path, "train")) == [([size - 1], [0])]


sentences = st.lists(st.integers(0, 69_999), max_size=6)


@given(pairs=st.lists(st.tuples(sentences, sentences), max_size=8))
def test_what_is_written_is_read(tmp_path_factory, pairs):
    folder = tmp_path_factory.mktemp("corpus")
    write(folder, pairs, 70_000)
    corpus = TokenCorpus(folder, "train")
    assert listed(corpus) == pairs
    assert corpus.lengths().tolist() == [[len(source), len(target)] for source, target in pairs]


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), ShardWriter(tmp_path, "train", 10) as writer:
        writer.append([5], [6])
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_the_older_split(tmp_path):
    write(tmp_path, PAIRS)
    with pytest.raises(ValueError, match="from 0 to 9, got 5 to 10 in pair 1"):
        write(tmp_path, [([5], [6]), ([5], [10])], 10)
    assert listed(TokenCorpus(tmp_path, "train")) == PAIRS


def test_negative_id(tmp_path):
    with pytest.raises(ValueError, match="got -1"):
        write(tmp_path, [([-1], [5])])


@pytest.mark.parametrize("index", [-1, 3])
def test_pair_out_of_range(tmp_path, index):
    write(tmp_path, PAIRS)
    with pytest.raises(IndexError, match=f"0 to 2, got {index}"):
        TokenCorpus(tmp_path, "train").pair(index)


def test_missing_split(tmp_path):
    write(tmp_path, PAIRS)
    with pytest.raises(UserError, match="'test'"):
        TokenCorpus(tmp_path, "test")
    (tmp_path / "train.offsets.int64").unlink()
    with pytest.raises(UserError, match="'train'"):
        TokenCorpus(tmp_path, "train")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("train.ids.uint16", b"\0" * 12),
        ("train.ids.uint16", b"\0" * 13),
        ("train.ids.uint16", b""),
        ("train.offsets.int64", b"\0" * 48),
        ("train.offsets.int64", b"\0" * 50),
        ("train.offsets.int64", b""),
    ],
)
def test_damaged_files(tmp_path, name, data):
    write(tmp_path, PAIRS)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match="prepare the data again"):
        TokenCorpus(tmp_path, "train")
