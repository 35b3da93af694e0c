"""The verb translate: what goes in line by line comes out line by line, and nothing else does."""

import io
import os
import sys

import pytest

from translation.decoding.decoder import LENGTHS, Decoder
from translation.training.loading import load_translator


@pytest.fixture
def echo(monkeypatch):
    """Makes the decoder repeat each sentence in brackets."""

    def translate(self, sentences, progress=None):
        return [f"[{sentence}]" for sentence in sentences]

    monkeypatch.setattr(Decoder, "translate", translate)


def test_greedy_and_beam(ensemble, command):
    lines = ["ka ru lo", "", "mi sa " * LENGTHS[-1], "vi to ne"]
    model, vocabulary, _ = load_translator(ensemble)
    decoder = Decoder(model, vocabulary, beam_size=2, length_penalty=1.0, max_extra=3)
    expected = decoder.translate(lines)
    words = ("translate", "--model", ensemble, "--max-extra", 3)
    status, out, err = command(
        *words, "--beam-size", 2, "--length-penalty", 1, stdin="\n".join(lines).encode()
    )
    assert status == 0 and out == "".join(f"{line}\n" for line in expected)
    assert f"longer than {LENGTHS[-1]} pieces, and cut there: 1" in err
    status, out, err = command(*words, "--beam-size", 1, stdin=b"ka ru lo\n")
    assert status == 0 and out.count("\n") == 1
    assert "cut" not in err and "best.keras, M = 2" in err


def test_only_line_feeds_end_a_line(ensemble, command, echo):
    text = "\ufeffone\r\ntwo\x85\u2028\x0bthree\n\n last \nend"
    status, out, _ = command("translate", "--model", ensemble, stdin=text.encode())
    assert status == 0
    assert out == "[one]\n[two\x85\u2028\x0bthree]\n[]\n[ last ]\n[end]\n"


def test_blocks_keep_the_order(ensemble, command, echo, monkeypatch):
    monkeypatch.setattr("translation.translate.BLOCK", 3)
    text = "".join(f"{i}\n" for i in range(10))
    _, out, _ = command("translate", "--model", ensemble, stdin=text.encode())
    assert out == "".join(f"[{i}]\n" for i in range(10))


def test_nothing_in_nothing_out(ensemble, command):
    assert command("translate", "--model", ensemble)[:2] == (0, "")


def test_output_is_utf_8_in_any_locale(ensemble, command, echo, monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\r\n")
    monkeypatch.setattr(sys, "stdout", output)
    command("translate", "--model", ensemble, stdin="für\n".encode())
    assert output.buffer.getvalue() == "[für]\n".encode()


def test_invalid_utf_8_names_the_line(ensemble, command, echo):
    status, out, err = command("translate", "--model", ensemble, stdin=b"good\nb\xffd\n")
    assert status == 2 and out == "[good]\n"
    assert "standard input, line 2: expected UTF-8, got invalid start byte at byte 1" in err


def test_a_reader_that_has_gone(ensemble, command, echo, monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        status, _, err = command("translate", "--model", ensemble, stdin=b"one\n")
    assert status == 1 and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "nowhere"], "nowhere: expected the folder of a training run"),
        (["--beam-size", "0"], "--beam-size must be from 1 to 1,000; got 0"),
        (["--length-penalty", "-1"], "--length-penalty must be from 0 to 1,000; got -1.0"),
        (["--length-penalty", "nan"], "--length-penalty must be from 0 to 1,000; got nan"),
        (["--max-extra", "-1"], "--max-extra must be from 0 to 10,000; got -1"),
        (["--max-extra", "99999999"], "--max-extra must be from 0 to 10,000; got 99999999"),
    ],
)
def test_mistakes(ensemble, command, words, message):
    status, out, err = command("translate", "--model", ensemble, *words, stdin=b"ka\n")
    assert status == 2 and out == ""
    assert message in err and "Traceback" not in err


def test_lines_before_an_invalid_byte_are_translated(ensemble, command, echo, monkeypatch):
    monkeypatch.setattr("translation.translate.BLOCK", 3)
    status, out, err = command("translate", "--model", ensemble, stdin=b"a\nb\nc\nd\ne\xff\nf\n")
    assert status == 2 and out == "[a]\n[b]\n[c]\n[d]\n" and "standard input, line 5" in err
