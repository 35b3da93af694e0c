"""Repeats: the same as remembering everything, whatever the cuts and the memory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from translation.preparation.deduplication import mark_repeats


def marked(folder, chunks, at_once):
    paths = []
    for number, chunk in enumerate(chunks):
        paths.append(folder / f"{number}.npy")
        np.save(paths[-1], np.array(chunk, np.uint64))
    count = mark_repeats(paths, folder / "marks.npy", at_once)
    marks = np.load(folder / "marks.npy")
    assert marks.dtype == bool and count == marks.sum()
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["marks.npy", *(path.name for path in paths)]
    )
    return marks.tolist()


def test_known_repeats(tmp_path):
    large = 2**64 - 1
    chunks = [[3, large, 3], [], [large, 0, 3], [7]]
    assert marked(tmp_path, chunks, 100) == [False, False, True, True, False, True, False]


def test_nothing(tmp_path):
    assert marked(tmp_path, [], 100) == []


hashes = st.one_of(st.integers(0, 8), st.integers(2**64 - 4, 2**64 - 1))


@given(chunks=st.lists(st.lists(hashes, max_size=12), max_size=5), at_once=st.integers(1, 40))
def test_the_first_of_equals_is_kept(tmp_path_factory, chunks, at_once):
    seen, expected = set(), []
    for one in (one for chunk in chunks for one in chunk):
        expected.append(one in seen)
        seen.add(one)
    assert marked(tmp_path_factory.mktemp("marks"), chunks, at_once) == expected


def test_no_share_is_larger_than_it_should_be(tmp_path, monkeypatch):
    sizes = []
    sort = np.argsort
    monkeypatch.setattr(np, "argsort", lambda x, **how: sizes.append(len(x)) or sort(x, **how))
    draw = np.random.default_rng(0)
    chunks = [draw.integers(0, 2**64, 2000, np.uint64) for _ in range(10)]
    assert not any(marked(tmp_path, chunks, 1000))
    assert len(sizes) == 20 and sum(sizes) == 20_000 and max(sizes) < 1200
