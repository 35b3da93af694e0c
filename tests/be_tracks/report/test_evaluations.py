"""Evaluations are read as they are, and refused where a report cannot use them."""

import json

import pytest

from be_tracks.errors import UserError
from be_tracks.report.evaluations import VERSION, read_evaluations, refuse_damaged


@pytest.fixture
def folder(tmp_path):
    """A function: writes what an evaluation holds, or raw text, and gives its folder."""

    def write(content, name="one"):
        path = tmp_path / name
        path.mkdir()
        text = content if isinstance(content, str) else json.dumps({"version": VERSION, **content})
        (path / "evaluation.json").write_text(text, encoding="utf-8")
        return path

    return write


def read(*folders):
    """Read evaluations whose test set is known by its `words` if at all."""
    return read_evaluations(folders, lambda content: {"words": content.get("words")})


def test_the_order_and_all_values_are_kept(folder):
    first, second = {"name": "b", "kept": [1, 2.5e-3, None, -4]}, {"name": "a", "words": 10**30}
    systems = read(folder(first, "one"), str(folder(second, "two")))
    assert list(systems) == ["b", "a"]
    assert systems["b"] == {"version": VERSION, **first}
    assert isinstance(systems["b"]["kept"][0], int) and systems["a"]["words"] == 10**30


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"a":' * 100_000, "cannot be read"),
        ("[]", "expected a JSON object, got list"),
        ("3", "got int"),
        ('{"name": "before there were versions"}', "got none"),
        ('{"version": 0, "name": "a"}', "version 1, got 0"),
        ('{"version": "1", "name": "a"}', "version 1, got '1'"),
        ('{"version": 1}', "expected 'name' in it, got none"),
        *(
            (f'{{"version": 1, "nll": {number}}}', f"finite numbers, got {number}")
            for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")
        ),
        ('{"version": 1, "nll": ' + "9" * 400 + "}", "expected finite numbers, got 99999"),
        ('{"version": 1, "nll": ' + "9" * 5000 + "}", "expected finite numbers, got 99999"),
    ],
)
def test_bad_files_say_what_to_do(folder, text, message):
    with pytest.raises(UserError, match=rf"one/evaluation.json: .*{message}.*; evaluate again\."):
        read(folder(text))


def test_what_is_no_readable_file(folder, tmp_path):
    with pytest.raises(UserError, match="nowhere/evaluation.json: there is no such file; expected"):
        read(tmp_path / "nowhere")
    (tmp_path / "deep" / "evaluation.json").mkdir(parents=True)
    with pytest.raises(UserError, match="directory.*; evaluate again"):
        read(tmp_path / "deep")
    path = folder("")
    (path / "evaluation.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(UserError, match="cannot be read .*; evaluate again"):
        read(path)


def test_a_missing_key_is_named_with_its_file_when_asked_for(folder):
    system = read(folder({"name": "a", "bleu": {"score": 3.0}}))["a"]
    assert system["bleu"]["score"] == 3.0 and system.get("nll") is None
    with pytest.raises(UserError, match=r"one/evaluation.json: expected 'nll' .*evaluate again"):
        system["nll"]
    with pytest.raises(UserError, match=r"one/evaluation.json: expected 'interval' in it"):
        system["bleu"]["interval"]


def test_names_and_test_sets_that_do_not_go_together(folder):
    one, two = folder({"name": "a", "words": 1}), folder({"name": "a", "words": 1}, "two")
    with pytest.raises(UserError, match="two/evaluation.json: .*'a' as in .*one/evaluation.json"):
        read(one, two)
    silent, other = folder({"name": "b"}, "three"), folder({"name": "c", "words": 2}, "four")
    assert list(read(one, silent)) == ["a", "b"]
    with pytest.raises(UserError, match="four/.*expected the test set of .*one/.*'words' differs"):
        read(one, silent, other)


def test_values_that_cannot_be_shown():
    with pytest.raises(UserError, match="first, second: .*ValueError.*'f'.*; evaluate again"):
        with refuse_damaged(["first", "second"]):
            format("high", ".3f")
    with pytest.raises(UserError, match="^of its own$"), refuse_damaged(["first"]):
        raise UserError("of its own")
