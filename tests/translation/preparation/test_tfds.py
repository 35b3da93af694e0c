"""tensorflow-datasets without a network: the real builder's features on made text, and what every
way to fail tells the user to do."""

import errno
import shutil
import sys

import pytest

from be_tracks.errors import UserError
from translation.preparation.tfds import TfdsPairs, explain

NAME = "wmt14_translate/de-en"
MADE = {
    "train": [(f"Satz {i}, größer", f"sentence {i}, larger") for i in range(2500)],
    "validation": [("Eins\nund zwei", "One and two"), (" Drei ", "Three")],
    "test": [("Vier", "Four")],
}


@pytest.fixture
def builder(monkeypatch):
    """The class of the real builder, which makes its text itself instead of downloading it."""
    wmt14 = pytest.importorskip("tensorflow_datasets.translate.wmt14")

    def split_generators(self, manager):
        def examples(split):
            for number, (german, english) in enumerate(MADE[split]):
                yield number, {"de": german, "en": english}

        return {split: examples(split) for split in MADE}

    monkeypatch.setattr(wmt14.Wmt14Translate, "_split_generators", split_generators)
    return wmt14.Wmt14Translate


def test_either_language_may_come_first(builder, tmp_path):
    for split, pairs in MADE.items():
        expected = sorted((german.replace("\n", " "), english) for german, english in pairs)
        there = list(TfdsPairs(NAME, split, ("de", "en"), tmp_path).pairs())
        back = list(TfdsPairs(NAME, split, ("en", "de"), tmp_path).pairs())
        assert sorted(there) == expected
        assert back == [pair[::-1] for pair in there]


def test_the_order_is_always_the_same(builder, tmp_path, monkeypatch):
    source = TfdsPairs(NAME, "train", ("en", "de"), tmp_path)
    first = list(source.pairs())
    monkeypatch.setattr(builder, "_split_generators", None)  # what is there is not made again
    assert list(source.pairs()) == list(source.pairs()) == first


def test_description(builder, tmp_path):
    source = TfdsPairs(NAME, "train", ("en", "de"), tmp_path)
    assert source.describe() == {"dataset": f"{NAME}/1.0.0", "split": "train"}
    assert not list(tmp_path.iterdir())


def chained(error, cause):
    error.__cause__ = cause
    return error


def named(name, message=""):
    return type(name, (Exception,), {})(message)


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (ConnectionError("no route to host"), "Check the network"),
        (TimeoutError(), "Check the network"),
        (named("DownloadError", "HTTP code: 404"), "Repeat the command later"),
        (named("NonMatchingChecksumError", "wrong checksum"), "Delete it from the folder"),
        (chained(named("ExtractError"), EOFError()), "Delete it from the folder"),
        (chained(named("ExtractError"), OSError(errno.ENOSPC, "full")), "Make room"),
        (OSError("Not enough disk space. Needed: 9 GiB"), "Make room"),
        (PermissionError(errno.EACCES, "denied"), "Choose another with --tfds-dir"),
        (FileNotFoundError(errno.ENOENT, "nothing there"), "Choose another with --tfds-dir"),
        (OSError(errno.EROFS, "read-only"), "Choose another with --tfds-dir"),
        (chained(RuntimeError("wrapped"), OSError(errno.EIO, "bad")), "Choose another with"),
        (AssertionError("you must manually download x"), "Do what the message says"),
        (MemoryError(), "Use a machine with more"),
    ],
)
def test_every_failure_says_what_to_do(builder, tmp_path, monkeypatch, error, cure):
    def fail(self, manager):
        raise error

    monkeypatch.setattr(builder, "_split_generators", fail)
    source = TfdsPairs(NAME, "train", ("en", "de"), tmp_path, instead="do the other thing")
    with pytest.raises(UserError) as caught:
        next(source.pairs())
    message = str(caught.value)
    assert message.startswith(f"{NAME} could not be prepared in {tmp_path}")
    assert cure in message and message.endswith(", or do the other thing.")
    assert type(error).__name__ in message and str(error) in message


def test_errors_of_the_library_are_those_named():
    tfds = pytest.importorskip("tensorflow_datasets")
    from tensorflow_datasets.core.download import download_manager, extractor

    other = explain(Exception())
    for kind in (
        tfds.download.DownloadError,
        download_manager.NonMatchingChecksumError,
        extractor.ExtractError,
        extractor.UnsafeArchiveError,
    ):
        assert explain(kind()) != other


def test_a_download_cut_short_goes_on(builder, tmp_path, monkeypatch):
    whole = builder._split_generators

    def stop(self, manager):
        raise ConnectionError

    monkeypatch.setattr(builder, "_split_generators", stop)
    source = TfdsPairs(NAME, "test", ("en", "de"), tmp_path)
    with pytest.raises(UserError):
        next(source.pairs())
    monkeypatch.setattr(builder, "_split_generators", whole)
    assert list(source.pairs()) == [("Four", "Vier")]


@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_in_place_of_the_folder(builder, tmp_path, below):
    (tmp_path / "file").write_text("mine")
    source = TfdsPairs(NAME, "test", ("en", "de"), tmp_path / "file" / below)
    with pytest.raises(UserError, match="the folder cannot be used .NotADirectoryError.*tfds-dir"):
        list(source.pairs())
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("damage", [b"", b'{"name": "wmt', b"\xff"])
def test_a_damaged_description(builder, tmp_path, damage):
    source = TfdsPairs(NAME, "test", ("en", "de"), tmp_path)
    list(source.pairs())
    (info,) = tmp_path.rglob("dataset_info.json")
    info.write_bytes(damage)
    for use in (source.describe, lambda: list(source.pairs())):
        with pytest.raises(UserError) as caught:
            use()
        assert f"what is prepared in {tmp_path / NAME} cannot be read" in str(caught.value)
        assert "Delete that folder and repeat the command" in str(caught.value)
    shutil.rmtree(tmp_path / NAME)
    assert list(source.pairs()) == [("Four", "Vier")]


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_split(builder, tmp_path, damage):
    source = TfdsPairs(NAME, "test", ("en", "de"), tmp_path)
    list(source.pairs())
    (records,) = tmp_path.rglob("*-test.tfrecord-*")
    if damage == "cut":
        records.write_bytes(records.read_bytes()[:-3])
    else:
        records.unlink()
    with pytest.raises(UserError, match=f"in {records.parent} cannot be read.*Delete that folder"):
        list(source.pairs())


def test_a_description_out_of_reach(tmp_path, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(tfds, "builder", refuse)
    with pytest.raises(UserError, match="cannot be read .*denied.*Choose another with --tfds-dir"):
        TfdsPairs(NAME, "test", ("en", "de"), tmp_path).describe()


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(UserError, match="needs tensorflow-datasets.*pip install"):
        TfdsPairs(NAME, "train", ("en", "de")).describe()
