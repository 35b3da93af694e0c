"""Token ids on disk: what is written is read, in the right type, whole or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from be_tracks.errors import UserError
from translation.data.token_shards import ShardWriter, TokenCorpus, id_type

PAIRS = [([5, 6, 7], [8]), ([], []), ([9], [4, 4])]


IDS, OFFSETS = "train-00000-of-00001.ids.npy", "train-00000-of-00001.offsets.npy"


def write(folder, pairs, vocabulary_size=100, split="train", shard=(0, 1)):
    with ShardWriter(folder, split, vocabulary_size, *shard) as writer:
        for source, target in pairs:
            writer.append(source, target)
    return writer


def listed(corpus):
    return [tuple(side.tolist() for side in corpus.pair(i)) for i in range(len(corpus))]


def test_known_files(tmp_path):
    writer = write(tmp_path, PAIRS)
    assert (writer.pairs, writer.tokens) == (3, [4, 3])
    assert sorted(path.name for path in tmp_path.iterdir()) == [IDS, OFFSETS]
    ids, offsets = np.load(tmp_path / IDS), np.load(tmp_path / OFFSETS)
    assert (ids.dtype, offsets.dtype) == (np.uint16, np.int64)
    assert ids.tolist() == [5, 6, 7, 8, 9, 4, 4]
    assert offsets.tolist() == [0, 3, 4, 4, 4, 5, 7]


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
    ("size", "kind"), [(65535, "uint16"), (65536, "uint32"), (200_000, "uint32")]
)
def test_type_follows_the_vocabulary(tmp_path, size, kind):
    assert id_type(size) == kind
    write(tmp_path, [([size - 1], [0])], size)
    assert np.load(tmp_path / IDS).dtype == kind
    assert listed(TokenCorpus(tmp_path, "train")) == [([size - 1], [0])]


@pytest.mark.parametrize("cuts", [(1, 2), (0, 1), (0, 3), (3, 3), (2, 2)])
def test_shards_are_one_corpus(tmp_path, cuts):
    first, last = cuts
    parts = [PAIRS[:first], PAIRS[first:last], PAIRS[last:]]
    for number, part in enumerate(parts):
        write(tmp_path, part, shard=(number, 3))
    corpus = TokenCorpus(tmp_path, "train")
    assert listed(corpus) == PAIRS
    assert corpus.lengths().tolist() == [[3, 1], [0, 0], [1, 2]]
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_shard_is_missed(tmp_path, number):
    for other in {0, 1, 2} - {number}:
        write(tmp_path, PAIRS, shard=(other, 3))
    with pytest.raises(UserError, match="of-00003.* is missing; prepare the data again"):
        TokenCorpus(tmp_path, "train")


@pytest.mark.parametrize(("length", "kind"), [(65534, np.uint16), (65535, np.int64)])
def test_lengths_leave_room_for_an_end_mark(tmp_path, length, kind):
    write(tmp_path, [([], [7] * length)])
    lengths = TokenCorpus(tmp_path, "train").lengths()
    assert lengths.dtype == kind
    assert (lengths + 1).tolist() == [[1, length + 1]]


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
    (tmp_path / OFFSETS).unlink()
    with pytest.raises(UserError, match="'train'"):
        TokenCorpus(tmp_path, "train")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(6, np.uint16),
        np.zeros(8, np.uint16),
        np.zeros(7, np.int64),
        np.zeros((7, 1), np.uint16),
        np.zeros((), np.uint16),
    ],
)
def test_ids_that_do_not_belong(tmp_path, array):
    write(tmp_path, PAIRS)
    np.save(tmp_path / IDS, array)
    with pytest.raises(UserError, match="prepare the data again"):
        TokenCorpus(tmp_path, "train")


@pytest.mark.parametrize("offsets", [[], [0, 3], [0, 3, 4, 4, 4, 5], [0, 3, 4, 4, 4, 5, 8]])
def test_offsets_that_do_not_belong(tmp_path, offsets):
    write(tmp_path, PAIRS)
    np.save(tmp_path / OFFSETS, np.array(offsets, np.int64))
    with pytest.raises(UserError, match="do not belong together .* prepare the data again"):
        TokenCorpus(tmp_path, "train")


@pytest.mark.parametrize("name", [IDS, OFFSETS])
@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_damaged_files(tmp_path, name, size):
    write(tmp_path, PAIRS)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:size])
    with pytest.raises(UserError, match="expected a whole NumPy array .* prepare the data again"):
        TokenCorpus(tmp_path, "train")
