"""The page says what was measured, in words that a reader can trust."""

import pytest

from vision.reporting.figures import FIGURES
from vision.reporting.page import kind, page
from vision.reporting.summary import summarise


def text_of(systems, figures=FIGURES):
    return page(summarise(systems, "be_keras 1.0"), figures)


def test_it_names_every_system_and_shows_every_figure(systems):
    text = text_of(systems)
    for name in systems:
        assert f"- **{name}**: " in text and text.count(f"\n| {name} | ") >= 3
    shown = [line for line in text.splitlines() if line.startswith("![")]
    assert sorted(line[line.index("(") + 1 : -1] for line in shown) == sorted(FIGURES)
    assert text.startswith("# Vision report\n\n3 systems classified the same 200 test images of")
    assert "Written by be_keras 1.0" in text


def test_only_figures_that_there_are(systems):
    text = text_of(systems, ["scores.png", "ood.png"])
    assert "(scores.png)" in text and "(ood.png)" in text
    assert "(corruptions.png)" not in text and "## Corrupted images" not in text


def test_a_single_network_is_not_told_of_members(evaluation):
    bare = evaluation("a", corruptions=None, ood={}, dee=None)
    text = text_of({"a": bare}, ["scores.png", "reliability.png", "rejection.png"])
    assert "One system classified" in text and "- **a**: one network; model resnet20" in text
    for absent in ("How members differ", "mCE", "AUROC", "people", "Beyond", "Pairwise"):
        assert absent not in text


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"method": "single", "ensemble_size": 1}, "one network"),
        ({"method": "deep-ensemble"}, "deep ensemble of 4 networks, trained apart"),
        ({"method": "mc-dropout"}, "one network, its dropout left on and sampled 4 times"),
        ({"method": "batch-ensemble"}, "BatchEnsemble of 4 members"),
        ({"method": "batch-ensemble", "members": "split"}, "the images of each step divided"),
        ({"method": "batch-ensemble", "members": "shared"}, "each trained on every image"),
        ({"method": "batch-ensemble-dropout"}, "dropout left on: 4 predictions"),
        ({"method": "bagging"}, "its own draw of the training images"),
        ({"method": "{new}"}, "{new}, 4 predictions averaged"),
    ],
)
def test_methods_are_told_in_words(changes, expected):
    assert expected in kind({"ensemble_size": 4, "members": None} | changes)


def test_it_says_where_members_are_nearly_one_network(systems):
    assert "nearly one network" not in text_of(systems)
    systems["be4"]["disagreement"] = 0.0042
    text = text_of(systems)
    assert "The members of **be4** disagree on 0.42 % of the images: they are nearly one" in text
    assert text.count("nearly one network") == 1


@pytest.mark.parametrize(
    "examples, macs, expected",
    [
        (128_000, 1.5e12, "compute-matched, and read equally many examples."),
        (128_000, 6e12, "read equally many examples; their compute differs."),
        (32_000, 1.5e12, "compute-matched; the examples they read differ."),
        (32_000, 6e12, "Neither examples nor compute are equal"),
    ],
)
def test_it_says_what_training_was_matched_in(systems, examples, macs, expected):
    systems["be4"]["training"] |= {"unique_examples": examples, "macs": macs}
    text = text_of(systems)
    assert expected in text
    equal = "MACs of training: equal within 2 %, 1.500 T."
    apart = "MACs of training: 1.500 T for **single**, **pair**; 6.000 T for **be4**."
    assert (equal if macs == 1.5e12 else apart) in text


def test_the_legend_explains_what_is_there(systems):
    systems["be4"]["human"] = {"images": 200, "cross_entropy": 0.5, "entropy": 0.25}
    text = text_of(systems)
    assert "as a multiple of those of\n  single, then" in text
    assert "disagreement leaves, 0.2500, is the least possible" in text
    for measure in ("DEE", "Disagreement", "AUROC", "Pairwise KL", "Corrupted"):
        assert f"- **{measure}**" in text


def test_the_number_of_corrupted_images_is_told(systems):
    systems["single"]["corruptions"]["images"] = 1000
    assert "1,000 of the test images, changed by 3 kinds" in text_of(systems)


def test_a_name_breaks_nothing(evaluation):
    odd = "a|b\n*c* <script>"
    text = text_of({odd: evaluation(odd, 2)})
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith(r"| a\|b \*c\* &lt;script> |")]
    assert len(rows) == 4
