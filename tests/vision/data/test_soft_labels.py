"""Human labels: every format gives the same rows, and rows that are no distribution are named."""

import numpy as np
import pytest

from be_tracks.errors import UserError
from vision.data.soft_labels import check_order, read_soft_labels

COUNTS = np.array([[2, 6, 0], [1, 1, 2]])
SHARES = [[0.25, 0.75, 0.0], [0.25, 0.25, 0.5]]


@pytest.fixture
def write(tmp_path):
    """A function: writes soft labels as the ending of the name says, and gives the path."""

    def write(name, content):
        path = tmp_path / name
        if name.endswith(".npy"):
            np.save(path, content)
        elif name.endswith(".npz"):
            np.savez(path, labels=content)
        else:
            path.write_text(content)
        return path

    return write


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npy", COUNTS),
        ("a.npy", np.array(SHARES, np.float32)),
        ("a.npz", COUNTS.astype(np.uint8)),
        ("a.csv", "2,6,0\n1,1,2\n"),
        ("a.csv", "cat, dog, eel\n0.5, 1.5, 0\n\n10, 10, 2e1"),
        ("a.csv", "1,2,3x\n2,6,0\n1,1,2\n"),
    ],
)
def test_counts_become_shares(write, name, content):
    found = read_soft_labels(write(name, content), 2, 3)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, SHARES, rtol=1e-6)


def test_one_image(write):
    assert read_soft_labels(write("a.csv", "3,1"), 1, 2).tolist() == [[0.75, 0.25]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (COUNTS[:1], r"2 images and 3 classes in .*a.npy; got int64 \(1, 3\)"),
        (COUNTS.T, r"got int64 \(3, 2\)"),
        (np.array([0, 1]), r"got int64 \(2,\). Do they belong to this test set"),
        (COUNTS.astype(str), "got <U"),
        (COUNTS * 1j, "real numbers in .*; got complex"),
        (np.array([[1, 0, 0], [2, -1, 0]]), r"0 or more, .* \[2.0, -1.0, 0.0\] for image 1"),
        (np.array([[0, 0, 0], [2, 1, 0]]), "not all 0, .* for image 0"),
        (np.array([[1, np.nan, 0], [2, 1, 0]]), "nan, 0.0.* for image 0"),
        (np.array([[1, 0, 0], [np.inf, 1, 0]]), "inf, 1.0, .* for image 1"),
    ],
)
def test_wrong_arrays(write, content, message):
    with pytest.raises(UserError, match=message):
        read_soft_labels(write("a.npy", content), 2, 3)


def test_files_that_are_something_else(write, tmp_path):
    np.savez(tmp_path / "two.npz", a=COUNTS, b=COUNTS)
    with pytest.raises(UserError, match="one array in .*two.npz; got 2: a, b"):
        read_soft_labels(tmp_path / "two.npz", 2, 3)
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY")
    np.save(tmp_path / "pickled.npy", np.array([{}]))
    texts = {"empty.csv": "", "text.csv": "a,b\n1,c", "rows.csv": "1,2,3\n1,2"}
    for name, text in texts.items():
        write(name, text)
    for name in ("broken.npy", "pickled.npy", "nowhere.npy", "nowhere.csv", *texts):
        with pytest.raises(UserError, match=f"readable .npy, .npz or .csv file; got .*{name}"):
            read_soft_labels(tmp_path / name, 2, 3)


def test_the_order_is_that_of_the_labels():
    labels = np.arange(40) % 4
    soft = np.full((40, 4), 0.1)
    soft[np.arange(40), labels] = 0.7
    check_order(soft, labels, "people.npy")
    soft[:15] = soft[:15, ::-1]  # people disagree with 15 of 40: 62.5 % is half-way
    check_order(soft, labels, "people.npy")
    soft[15] = soft[15, ::-1]
    message = "at least 62.5% .* in people.npy it is that of 60.0%. .* another set, or .* order"
    with pytest.raises(UserError, match=message):
        check_order(soft, labels, "people.npy")
    check_order(soft[:19], labels[:19], "people.npy")  # too few to tell
    with pytest.raises(UserError, match="another order"):
        check_order(soft[:20], labels[:20], "people.npy")
