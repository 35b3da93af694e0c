"""The columns of `Records`: flat, in order, in pieces or at once, and the same from a file."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from be_keras.metrics import Records, ensemble_records


def token_batch(examples=5, seed=0):
    """Records `(B, T)` of random token logits, as tensors, and a mask of real tokens."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(examples, 3, 4, 6)).astype("float32")
    labels = rng.integers(0, 6, (examples, 4))
    keep = np.arange(4) < rng.integers(1, 5, (examples, 1))
    return ensemble_records(logits, labels, outputs="logits"), keep


def assert_same(left, right):
    assert left.keys() == right.keys()
    for name, column in left.items():
        assert column.dtype == right[name].dtype, name
        np.testing.assert_array_equal(column, right[name], err_msg=name)


def test_tokens_are_kept_in_order_with_their_group():
    records = Records()
    records.append(
        {"label": np.array([[1, 2, 0], [3, 0, 0]])},
        keep=np.array([[True, True, False], [True, False, False]]),
        group=np.array([7, 9]),
    )
    records.append(
        {"label": ops.convert_to_tensor([[4, 5, 6]])},
        keep=ops.convert_to_tensor([[False, True, True]]),
        group=[11],
    )
    columns = records.columns()
    assert columns["label"].tolist() == [1, 2, 3, 5, 6]
    assert columns["group"].tolist() == [7, 7, 9, 11, 11]
    assert len(records) == 5


def test_without_a_mask_everything_is_kept():
    records = Records()
    records.append({"label": np.array([[1, 2], [3, 4]])})
    assert records.columns()["label"].tolist() == [1, 2, 3, 4]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 11), max_size=4))
def test_pieces_equal_the_whole(cuts):
    batch, keep = token_batch(12)
    batch = {name: ops.convert_to_numpy(array) for name, array in batch.items()}
    group = np.arange(12)
    whole, pieces = Records(), Records()
    whole.append(batch, keep, group)
    bounds = [0, *sorted(set(cuts)), 12]
    for start, stop in zip(bounds, bounds[1:], strict=False):
        part = slice(start, stop)
        pieces.append({name: array[part] for name, array in batch.items()}, keep[part], group[part])
    assert len(pieces) == len(whole) == keep.sum()
    assert_same(pieces.columns(), whole.columns())


def test_reading_between_appends_changes_nothing():
    batch, keep = token_batch()
    read, unread = Records(), Records()
    for records in (read, unread):
        records.append(batch, keep)
    read.columns()["label"] = None
    for records in (read, unread):
        records.append(batch, keep)
    assert_same(read.columns(), unread.columns())


def test_select():
    records = Records({"label": np.array([3, 2, 3]), "confidence": np.array([0.1, 0.2, 0.3])})
    end_of_sentence = records.select(records.columns()["label"] == 3)
    assert len(end_of_sentence) == 2
    assert end_of_sentence.columns()["confidence"].tolist() == [0.1, 0.3]
    assert len(records) == 3


def test_save_and_load(tmp_path):
    batch, keep = token_batch()
    records = Records()
    records.append(batch, keep, group=np.arange(5))
    path = tmp_path / "records.npz"
    records.save(path)
    assert_same(Records.load(path).columns(), records.columns())
    assert [file.name for file in tmp_path.iterdir()] == ["records.npz"]


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "records.npz"
    Records({"label": np.array([1])}).save(path)

    def write_a_little(file, **columns):
        file.write(b"PK")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", write_a_little)
    with pytest.raises(KeyboardInterrupt):
        Records({"label": np.array([2])}).save(path)
    assert Records.load(path).columns()["label"].tolist() == [1]


def test_empty_records(tmp_path):
    records = Records()
    assert len(records) == 0
    assert records.columns() == {}
    records.save(tmp_path / "empty.npz")
    assert len(Records.load(tmp_path / "empty.npz")) == 0


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_file_that_holds_no_records(tmp_path, content):
    path = tmp_path / "records.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged or was not written"):
        Records.load(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        Records.load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"records": {}}, "at least one array"),
        ({"records": {"a": np.zeros((2, 3)), "b": np.zeros((2, 2))}}, "one shape"),
        ({"records": {"a": np.zeros((2, 3))}, "keep": np.ones(2, bool)}, "one shape"),
        ({"records": {"a": np.zeros((2, 3))}, "group": np.zeros(3)}, r"shape \(2,\)"),
        ({"records": {"a": np.zeros((2, 3))}, "group": np.zeros((2, 3))}, r"shape \(2,\)"),
    ],
)
def test_a_batch_that_does_not_fit(arguments, message):
    records = Records()
    with pytest.raises(ValueError, match=message):
        records.append(**arguments)
    assert len(records) == 0


def test_batches_must_have_the_same_columns():
    records = Records({"a": np.zeros(2)})
    with pytest.raises(ValueError, match=r"Expected \['a'\], received \['a', 'group'\]"):
        records.append({"a": np.zeros(2)}, group=np.arange(2))


def test_columns_must_be_flat_and_of_one_length():
    with pytest.raises(ValueError, match="one length"):
        Records({"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(ValueError, match="1-D"):
        Records({"a": np.zeros((2, 2))})


@pytest.mark.parametrize("chosen", [[0, 1], [True], [True, False, True]])
def test_select_needs_a_boolean_mask(chosen):
    with pytest.raises(ValueError, match="boolean mask"):
        Records({"a": np.zeros(2)}).select(chosen)
