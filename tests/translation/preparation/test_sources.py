"""Files as a source: their pairs in order, and what the card says of them."""

import pytest

from be_tracks.errors import UserError
from translation.data.card import sha256
from translation.preparation.sources import TextFiles, describe_file


@pytest.fixture
def files(tmp_path):
    texts = {"a.en": "1\n2\n", "a.de": "I\nII\n", "b.tsv": "3\tIII\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: tmp_path / name for name in texts}


def test_pairs_of_all_files(files):
    source = TextFiles(files["a.en"], [files["a.de"]], [files["b.tsv"]])
    for _ in range(2):
        assert list(source.pairs()) == [("1", "I"), ("2", "II"), ("3", "III")]
    assert list(TextFiles((), (), files["b.tsv"]).pairs()) == [("3", "III")]


def test_description(files):
    described = {name: {"file": name, "sha256": sha256(path)} for name, path in files.items()}
    assert describe_file(files["a.en"]) == described["a.en"]
    sides = {"source": [described["a.en"]], "target": [described["a.de"]]}
    assert TextFiles(files["a.en"], files["a.de"]).describe() == sides
    source = TextFiles(files["a.en"], files["a.de"], files["b.tsv"])
    assert source.describe() == {**sides, "pairs": [described["b.tsv"]]}


def test_a_missing_file(files):
    source = TextFiles(files["a.en"], files["a.de"].with_name("c.de"))
    for use in (source.describe, lambda: list(source.pairs())):
        with pytest.raises(UserError, match="c.de: there is no such file"):
            use()
