"""The tables of the page, read back cell by cell."""

import re

import pytest

from vision.reporting import tables
from vision.reporting.summary import summarise


@pytest.fixture
def report(systems, evaluation):
    """The systems of a report, a name among them that could break a table."""
    odd = evaluation("a|b", corruptions=None, ood={}, dee=None, intervals={})
    return summarise({**systems, "a|b": odd}, "")["systems"]


def cells(text, name):
    """Find a row of a table: `{heading: cell}`."""
    lines = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in text.splitlines()]
    (row,) = [line for line in lines if line[0] == name]
    return dict(zip(lines[0], row, strict=True))


def test_scores_stand_with_their_intervals_and_diversity_beside_accuracy(report):
    system = report["be4"]
    row = cells(tables.on_test_images(report), "be4")
    assert list(row)[1:3] == ["accuracy, % ↑", "disagreement, %"]
    low, high = system["intervals"]["accuracy"]
    expected = f"{100 * system['accuracy']:.2f} [{100 * low:.2f}, {100 * high:.2f}]"
    assert row["accuracy, % ↑"] == expected
    assert row["disagreement, %"] == f"{100 * system['disagreement']:.2f}"
    assert row["calibrated NLL ↓"] == f"{system['calibrated_nll']:.4f}"
    assert row["NLL ↓"].startswith(f"{system['nll']:.4f} [")
    assert row["DEE ↑"].startswith(f"{system['dee']['dee']:.1f} [")


def test_what_a_system_lacks_is_a_dash(report):
    on_test, beyond = tables.on_test_images(report), tables.beyond_test_images(report)
    row = cells(on_test, r"a\|b")
    assert row["disagreement, %"] == row["mutual information"] == row["DEE ↑"] == "–"
    assert row["NLL ↓"] == f"{report['a|b']['nll']:.4f}"  # no interval
    assert set(list(cells(beyond, r"a\|b").values())[1:]) == {"–"}


def test_an_equivalent_at_the_end_of_the_curve_is_at_least_that(report):
    report["be4"]["dee"] = {"dee": 8.0, "low": 6.5, "high": 8.0, "at_least": True}
    assert cells(tables.on_test_images(report), "be4")["DEE ↑"] == "≥ 8.0 [6.5, 8.0]"


def test_beyond_the_test_images(report):
    report["single"]["human"] = {"images": 200, "cross_entropy": 0.51234, "entropy": 0.2}
    row = cells(tables.beyond_test_images(report), "be4")
    found = report["be4"]["ood"]["other things"]["scores"]
    low, high = found["entropy"]["auroc_interval"]
    shown = f"{found['entropy']['auroc']:.3f} [{low:.3f}, {high:.3f}]"
    assert row["other things: AUROC by entropy ↑"] == shown
    by_information = f"{found['mutual_information']['auroc']:.3f} ["
    assert row["other things: AUROC by mutual information ↑"].startswith(by_information)
    mean = report["be4"]["corruptions"]["mean"]
    accuracy, ece = 100 * mean["accuracy"], mean["ece"]
    shown = f"{accuracy:.2f} [{0.9 * accuracy:.2f}, {1.1 * accuracy:.2f}]"
    assert row["corrupted: accuracy, % ↑"] == shown
    assert row["corrupted: ECE ↓"] == f"{ece:.4f} [{0.9 * ece:.4f}, {1.1 * ece:.4f}]"
    assert row["mCE ↓"] == f"{report['be4']['mce']:.3f}"
    assert row["cross-entropy to people ↓"] == "–"
    alone = cells(tables.beyond_test_images(report), "single")
    assert alone["cross-entropy to people ↓"] == "0.5123" and alone["mCE ↓"] == "1.000"
    assert alone["other things: AUROC by mutual information ↑"] == "–"  # it has no members


def test_nothing_beyond_the_test_images_is_no_table(report):
    assert tables.beyond_test_images({"a|b": report["a|b"]}) == ""


def test_members_stand_alone(report):
    system = report["be4"]
    text = tables.members_alone(report)
    assert "| single |" not in text and "| pair |" in text
    row = cells(text, "be4")
    low, high = (100 * f(system["members_alone"]["accuracy"]) for f in (min, max))
    assert row["accuracy of one alone, %"] == f"{low:.2f} to {high:.2f}"
    gain = 100 * (system["accuracy"] - system["member_accuracy"])
    assert gain > 0 and row["gain by averaging, points"] == f"+{gain:.2f}"
    assert row["gain by averaging, nats"] == f"{system['member_nll'] - system['nll']:+.4f}"


def test_costs(report):
    report["single"]["testing"] = {"seconds": 0.0, "images": 200, "peak_memory_bytes": None}
    assert cells(tables.costs(report), "be4") == {
        "system": "be4",
        "parameters": "270.0 k (1.06×)",
        "weight memory": "1.080 MB (1.06×)",
        "checkpoint": "2.200 MB (1.07×)",
        "peak memory in training": "–",
        "training, s": "322",
        "MACs of training": "1.500 T",
        "test images a second": "400",
        "peak memory in testing": "1.200 GB",
    }
    unknown = cells(tables.costs(report), "single")
    assert unknown["test images a second"] == unknown["peak memory in testing"] == "–"
