"""Cleaning: each rule alone, their order, and counts that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.preparation.cleaning import RULES, Cleaner, broken_rule


def words(count, word="w"):
    return " ".join([word] * count)


@pytest.mark.parametrize(
    ("source", "target", "rule"),
    [
        ("a", "b", None),
        ("", "b", "empty"),
        ("a", "", "empty"),
        ("", "", "empty"),
        (words(250), words(250, "v"), None),
        (words(251), words(250, "v"), "too_many_words"),
        (words(250), words(251, "v"), "too_many_words"),
        (words(33), words(11, "v"), None),
        (words(34), words(11, "v"), "length_ratio"),
        (words(11, "v"), words(34), "length_ratio"),
        (words(10), "v", None),
        (words(11), "v", "length_ratio"),
        ("same", "same", "identical"),
        ("same", "Same", None),
        ("f\xc3\xbcr", "for", "damaged_encoding"),
        ("for", "m\ufffdssen", "damaged_encoding"),
        ("be\x07fore", "a", "control_characters"),
        ("a", "be\x07fore", "control_characters"),
        ("Москва", "a", None),
        ("\u200b", "b", "empty"),
        ("a", "\u200e\ufeff", "empty"),
        (words(20), "狗" * 30, None),
        (words(20), "狗" * 91, "length_ratio"),
        (words(20), "かな" * 25, None),
        (words(20), "กขค" * 27, None),
        ("…", "。", None),
        ("狗" * 376, words(200), "too_many_words"),
    ],
)
def test_known_pairs(source, target, rule):
    assert broken_rule(source, target) == rule


def test_limits_are_options():
    assert broken_rule(words(6), words(5), max_words=5) == "too_many_words"
    assert broken_rule(words(6), words(5), max_ratio=1.1, ratio_words=5) == "length_ratio"


@pytest.mark.parametrize(
    ("languages", "rule"), [(("en", "ru"), None), (("ru", "en"), "other_script"), (("", ""), None)]
)
def test_the_script_of_each_side(languages, rule):
    assert broken_rule("Moscow", "Москва", languages=languages) == rule
    cleaner = Cleaner(languages=languages)
    assert len(list(cleaner.clean([("Moscow", "Москва")]))) == (rule is None)


def test_cleaner_counts_and_normalises():
    cleaner = Cleaner(max_words=3)
    pairs = [
        (" a  b\u00a0", "c\x85d"),
        (" ", "x"),
        ("a a a a", "x"),
        ("s ", " s"),
        ("a b", "c d"),
        ("a b", "other"),
    ]
    assert list(cleaner.clean(pairs)) == [("a b", "c d"), ("a b", "other")]
    assert cleaner.removed == {
        "empty": 1,
        "too_many_words": 1,
        "length_ratio": 0,
        "identical": 1,
        "damaged_encoding": 0,
        "control_characters": 0,
        "other_script": 0,
        "duplicate": 1,
    }
    assert (cleaner.read, cleaner.kept) == (6, 2)


def test_duplicates_are_pairs_not_joined_text():
    assert len(list(Cleaner().clean([("a b", "c"), ("a", "b c")]))) == 2


def test_duplicates_are_seen_across_files():
    cleaner = Cleaner()
    assert list(cleaner.clean([("a", "b")])) == [("a", "b")]
    assert list(cleaner.clean([("a", "b")])) == []


def test_duplicates_may_be_kept():
    cleaner = Cleaner(keep_duplicates=True)
    assert list(cleaner.clean([("a", "b")] * 3)) == [("a", "b")] * 3
    assert cleaner.removed["duplicate"] == 0


def test_hashes_of_what_is_kept():
    pairs = [("a", "b"), ("c", "d"), ("a", "b"), ("", ""), ("a b", "")]
    cleaner = Cleaner()
    list(cleaner.clean(pairs))
    assert (cleaner.hashes.dtype, len(set(cleaner.hashes))) == ("uint64", 2)
    # By hand: printf 'a\nb' | b2sum -l 64
    assert cleaner.hashes[0] == int.from_bytes(bytes.fromhex("a76de9f2d561975f"), "little")
    other = Cleaner()
    list(other.clean(pairs[1:2]))
    assert other.hashes.tolist() == cleaner.hashes[1:].tolist()


sides = st.text("ab \t", max_size=12)


@given(st.lists(st.tuples(sides, sides), max_size=30))
def test_every_pair_is_kept_or_counted_once(pairs):
    cleaner = Cleaner(max_words=4)
    kept = list(cleaner.clean(pairs))
    assert cleaner.read == len(pairs)
    assert cleaner.kept == len(kept) == len(pairs) - sum(cleaner.removed.values())
    assert tuple(cleaner.removed) == RULES
    assert len(set(kept)) == len(kept)
    assert list(Cleaner(max_words=4).clean(kept)) == kept
