"""Reading of parallel text: what a line is, and every way a file can be wrong."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from be_tracks.errors import UserError
from translation.data.text import (
    as_paths,
    count_words,
    is_visible,
    normalise_space,
    read_lines,
    read_pairs,
    read_tabbed,
)


def write(path, data):
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"one", ["one"]),
        (b"one\n", ["one"]),
        (b"one\n\ntwo\n", ["one", "", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"in\rside\n", ["in\rside"]),
        (b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", ["one", "\ufefftwo"]),
        ("Grüße\n日本\n".encode(), ["Grüße", "日本"]),
    ],
)
def test_known_lines(tmp_path, name, data, lines):
    assert list(read_lines(write(tmp_path / name, data))) == lines


@pytest.mark.parametrize("mark", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d"])
def test_only_a_newline_ends_a_line(tmp_path, mark):
    path = write(tmp_path / "a.txt", f"be{mark}fore\nafter\n".encode())
    assert list(read_lines(path)) == [f"be{mark}fore", "after"]


@given(lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\ufeff"))))
def test_what_is_written_is_read(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    write(path, "".join(line + "\n" for line in lines).encode())
    assert list(read_lines(path)) == lines


def test_lines_come_before_the_file_is_read_whole(tmp_path):
    path = write(tmp_path / "a.txt", b"good\n" * 10 + b"\xff\n")
    lines = read_lines(path)
    assert [next(lines) for _ in range(10)] == ["good"] * 10


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere.txt: there is no such file"):
        list(read_lines(tmp_path / "nowhere.txt"))


def test_folder_is_no_file(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        list(read_lines(tmp_path))


@pytest.mark.parametrize("name", ["bad.txt", "bad.txt.gz"])
def test_invalid_utf8_names_file_line_and_byte(tmp_path, name):
    path = write(tmp_path / name, b"one\ntwo\nth\xfcr\n")
    with pytest.raises(UserError, match=rf"{name}, line 3: .*byte 0xfc .*byte offset 10 "):
        list(read_lines(path))


def test_damaged_gzip(tmp_path):
    whole = gzip.compress(bytes(range(97, 123)) * 100)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    plain = tmp_path / "plain.gz"
    plain.write_bytes(b"not compressed\n")
    for path in (cut, plain):
        with pytest.raises(UserError, match=f"{path.name}: expected a whole gzip file"):
            list(read_lines(path))


def test_pairs_of_several_files(tmp_path):
    left = [write(tmp_path / "a.en", b"1\n2\n"), write(tmp_path / "b.en.gz", b"3\n")]
    right = [write(tmp_path / "a.de.gz", b"I\nII\n"), write(tmp_path / "b.de", b"III\n")]
    assert list(read_pairs(left, right)) == [("1", "I"), ("2", "II"), ("3", "III")]
    assert list(read_pairs(str(left[0]), right[0])) == [("1", "I"), ("2", "II")]


@pytest.mark.parametrize(("left", "right"), [(5, 3), (3, 5), (0, 1), (4, 3)])
def test_unequal_files_give_both_counts(tmp_path, left, right):
    source = write(tmp_path / "a.en", b"x\n" * left)
    target = write(tmp_path / "a.de", b"y\n" * right)
    with pytest.raises(UserError, match=rf"got {left} in .*a\.en and {right} in .*a\.de"):
        list(read_pairs(source, target))


def test_equal_totals_do_not_hide_unequal_files(tmp_path):
    two, one = write(tmp_path / "two", b"x\nx\n"), write(tmp_path / "one", b"x\n")
    with pytest.raises(UserError, match="as many lines"):
        list(read_pairs([two, one], [one, two]))


def test_unequal_numbers_of_files(tmp_path):
    path = write(tmp_path / "a", b"x\n")
    with pytest.raises(UserError, match="got 2 and 1"):
        list(read_pairs([path, path], [path]))


SGM = """<srcset setid="newstest2014" srclang="any">
<doc sysid="ref" docid="1">
<p>
<seg id="1">First, "quoted" &amp; whole.</seg>
<seg id="2"> <b>Second</b> </seg>
</p>
<SEG id="3"></SEG>
</doc>
"""


@pytest.mark.parametrize("name", ["a.sgm", "a.en.sgm.gz"])
def test_segments_of_wmt_files(tmp_path, name):
    found = list(read_lines(write(tmp_path / name, SGM.encode())))
    assert found == ['First, "quoted" &amp; whole.', "<b>Second</b>", ""]


def test_pairs_with_a_tab(tmp_path):
    first = write(tmp_path / "a.tsv.gz", b"1\tI\n2\tII\tCC-BY\tmore\n\t\n")
    second = write(tmp_path / "b.tsv", b"3\t III\r\n")
    pairs = [("1", "I"), ("2", "II"), ("", ""), ("3", " III")]
    assert list(read_tabbed([first, second])) == pairs
    assert list(read_tabbed([])) == []


def test_a_line_without_a_tab_is_named(tmp_path):
    path = write(tmp_path / "a.tsv", b"1\tI\n2 II\n")
    with pytest.raises(UserError, match=r"a\.tsv, line 2: .* got no tab"):
        list(read_tabbed(path))


def test_one_path_or_several(tmp_path):
    assert as_paths("a") == as_paths(["a"]) == [tmp_path.__class__("a")]


def test_white_space():
    assert normalise_space(" a\t b\u00a0c\x85d\u3000") == "a b c d"
    assert normalise_space(" \t\u2028") == ""


@pytest.mark.parametrize(
    ("sentence", "visible"),
    [
        ("", False),
        (" \t", False),
        ("a", True),
        ("\u200b", False),
        ("\ufeff", False),
        ("\u200e\u200f\u00a0", False),
        ("\u3164\u2800", False),
        ("\u0301", False),
        ("。", True),
        ("\u200bя", True),
        ("🙂", True),
    ],
)
def test_what_is_visible(sentence, visible):
    assert is_visible(sentence) is visible


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("", 0),
        ("one two - three", 4),
        ("voilà où", 2),
        ("狗看见猫。", 4),
        ("我有 iPhone 15 手机", 6),
        ("これはペンです。", 7),
        ("Это собака", 2),
        ("안녕 하세요", 2),
        ("ไก่", 2),  # two letters and a tone mark
    ],
)
def test_words_of_known_sentences(sentence, words):
    assert count_words(sentence) == words


def test_characters_per_word():
    weights = {"han": 1.5, "kana": 2.5, "thai, lao, burmese, khmer": 4.0}
    assert count_words("三个字 a", weights) == pytest.approx(3)
    assert count_words("かなかなか", weights) == pytest.approx(2)
    assert count_words("plain words", weights) == 2
