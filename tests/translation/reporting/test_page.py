"""The page says what was measured, in words and tables that a reader can trust."""

import re

from translation.reporting.page import page
from translation.reporting.summary import summarise


def row(text, start):
    """Find the cells of the first table row that begins with `start`."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_table_shows_every_score(systems):
    assert row(page(summarise(systems, "")), "be4") == [
        "be4",
        "30.0 [29.0, 31.0]",
        "55.0 [54.0, 56.0]",
        "1.700 [1.750, 1.850]",
        "1.9000",
        "0.0500",
        "0.4500",
        "0.1250",
        "0.0200",
        "4.100 M (1.025×)",
        "16.80 MB (1.050×)",
    ]


def test_a_single_network_has_no_members_to_compare(systems):
    cells = row(page(summarise(systems, "")), "single")
    assert cells[4] == cells[7] == cells[8] == "–"


def test_it_says_what_was_compared_and_what_was_matched(systems):
    text = page(summarise(systems, "be_keras 1.0"))
    assert "2 systems translated the same test set, 1,000 words" in text
    assert "- **single**: one network\n" in text
    assert "- **be4**: BatchEnsemble of 4 members, the sentences of each step divided" in text
    assert "(unique): equal within 2 %, 2.000 M." in text
    assert "reads them): 2.000 M for **single**; 8.000 M for **be4**." in text
    assert "Written by be_keras 1.0" in text


def test_the_truth_has_its_section_only_where_it_is_known(systems, evaluation):
    text = page(summarise(systems, ""))
    assert "entropy is 2.0000 nats per word" in text and "reaches 40.0 BLEU" in text
    section = text[text.index("## Against the truth") :]
    assert row(section, "single") == ["single", "2.1600", "0.1000", "75.0%"]
    assert row(section, "be4") == ["be4", "2.1000", "0.0400", "75.0%"]
    alone = page(summarise({"a": evaluation("a")}, ""))
    assert "truth" not in alone and "Excess" not in alone
    assert "One system translated" in alone


def test_a_signature_stands_once(systems):
    text = page(summarise(systems, ""))
    assert text.count("`nrefs:1|tok:13a`") == 1 and text.count("`nrefs:1|nc:6`") == 1


def test_a_name_breaks_no_table(evaluation):
    text = page(summarise({"a|b\n*c*": evaluation("a|b\n*c*")}, ""))
    assert len(row(text, r"a\|b \*c\*")) == 11
