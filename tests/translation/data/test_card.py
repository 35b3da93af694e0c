"""The card: written and read, and what may be replaced."""

import os

import pytest

from be_tracks.errors import UserError
from translation.data.card import (
    CARD,
    FORMAT,
    PARTS,
    card_in_place,
    check_files,
    file_hashes,
    read_card,
    sha256,
    write_card,
)

ORIGIN = {"format": FORMAT, "settings": {"seed": 0}, "inputs": {"train": "ab"}}
REST = {"vocabulary": {}, "splits": {}}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "data").write_bytes(b"abc")
    write_card(tmp_path / "out", {**ORIGIN, **REST, "outputs": file_hashes(tmp_path / "out")})
    return tmp_path / "out"


def test_known_hash(folder):
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(folder / "data") == abc
    (folder / "inside").mkdir()
    assert file_hashes(folder) == {"data": abc, "inside": None}


def test_hash_of_no_file(tmp_path):
    with pytest.raises(UserError, match="nowhere: there is no such file"):
        sha256(tmp_path / "nowhere")
    with pytest.raises(UserError, match="cannot be read"):
        sha256(tmp_path)


def test_round_trip(tmp_path):
    card = {**dict.fromkeys(PARTS, {}), "format": FORMAT, "name": "Grüße", "counts": [1, 2.5]}
    write_card(tmp_path, card)
    assert read_card(tmp_path) == card
    assert "Grüße" in (tmp_path / CARD).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "got one without card.json"),
        ("{", "cannot be read"),
        ("[]", "expected a JSON object, got list"),
        ('{"format": 0}', f"card of format {FORMAT}"),
        ("{}", f"card of format {FORMAT}"),
        (f'{{"format": {FORMAT}, "settings": {{}}}}', "expected a dictionary 'vocabulary' in it"),
        ('{"a":' * 100_000, "cannot be read"),
    ],
)
def test_no_card(tmp_path, text, message):
    if text is not None:
        (tmp_path / CARD).write_text(text)
    with pytest.raises(UserError, match=message):
        read_card(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match="without card.json"):
        read_card(tmp_path / "nowhere")


@pytest.mark.parametrize("overwrite", [False, True])
def test_free_places(tmp_path, overwrite):
    (tmp_path / "empty").mkdir()
    assert card_in_place(tmp_path / "new", ORIGIN, overwrite) is None
    assert card_in_place(tmp_path / "empty", ORIGIN, overwrite) is None


@pytest.mark.parametrize("overwrite", [False, True])
def test_same_origin_is_already_there(folder, overwrite):
    assert card_in_place(folder, ORIGIN, overwrite) == read_card(folder)


def test_other_origin_needs_overwrite(folder):
    other = {**ORIGIN, "settings": {"seed": 1}}
    with pytest.raises(UserError, match="differs in settings; .* --overwrite"):
        card_in_place(folder, other, False)
    assert card_in_place(folder, other, True) is None


def test_an_older_format_needs_overwrite(folder):
    write_card(folder, {"format": FORMAT - 1, "outputs": file_hashes(folder)})
    with pytest.raises(UserError, match="differs in format, settings, inputs; .* --overwrite"):
        card_in_place(folder, ORIGIN, False)
    assert card_in_place(folder, ORIGIN, True) is None
    (folder / "mine").touch()
    with pytest.raises(UserError, match="got mine beside it"):
        card_in_place(folder, ORIGIN, True)
    write_card(folder, {"format": FORMAT - 1})
    with pytest.raises(UserError, match=f"card of format {FORMAT}"):
        card_in_place(folder, ORIGIN, True)


def test_damaged_files_need_overwrite(folder):
    (folder / "data").write_bytes(b"abd")
    with pytest.raises(UserError, match="differs in its files"):
        card_in_place(folder, ORIGIN, False)
    assert card_in_place(folder, ORIGIN, True) is None


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_others_put_there_is_never_given_up(folder, overwrite):
    (folder / "model.keras").write_text("days of training")
    with pytest.raises(UserError, match="got model.keras beside it"):
        card_in_place(folder, ORIGIN, overwrite)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_place_of_other_use_is_never_given_up(tmp_path, overwrite):
    (tmp_path / "thesis.tex").write_text("years of work")
    for place in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(UserError, match="choose another --out"):
            card_in_place(place, ORIGIN, overwrite)


@pytest.mark.parametrize("names", [None, ["data"]])
def test_files_are_compared_with_the_card(folder, names):
    card = read_card(folder)
    check_files(folder, card, names)
    (folder / "data").write_bytes(b"abd")
    with pytest.raises(UserError, match="data is not as it was written.*copy the folder again"):
        check_files(folder, card, names)
    check_files(folder, card, [])
    (folder / "data").unlink()
    with pytest.raises(UserError, match="data is missing"):
        check_files(folder, card, names)


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe: expected a file, which can be read twice"):
        sha256(tmp_path / "pipe")
