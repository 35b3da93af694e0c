"""JSON files: sound ones come back, and every kind of damage is named with what to do."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from be_tracks.errors import UserError
from be_tracks.json_files import read_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_was_written_comes_back(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "content.json"
    path.write_text(json.dumps(content))
    assert read_json(path, "missing", "mend it.") == content


DAMAGE = {
    "empty": b"",
    "cut": b'{"a": 1',
    "not UTF-8": b'{"a": "\xff"}',
    "nested without end": b'{"a":' * 200_000,
    "no number": b'{"a": NaN}',
    "too large": b'{"a": 1e999}',
    "too large an integer": b'{"a": ' + b"9" * 5000 + b"}",
    "a list": b"[1]",
    "a number": b"1",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage(tmp_path, kind):
    path = tmp_path / "file.json"
    path.write_bytes(DAMAGE[kind])
    with pytest.raises(UserError, match=r"file.json: (cannot be read|expected).*; make it again."):
        read_json(path, "missing", "make it again.")


def test_no_such_file(tmp_path):
    with pytest.raises(UserError, match="^it is not there$"):
        read_json(tmp_path / "nowhere" / "file.json", "it is not there", "make it again.")
    os.mkdir(tmp_path / "folder")
    with pytest.raises(UserError, match="folder: cannot be read .*; make it again."):
        read_json(tmp_path / "folder", "it is not there", "make it again.")
