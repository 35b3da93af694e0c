"""What a comparison adds to evaluations, worked by hand."""

import copy

import pytest

from translation.reporting.summary import score_and_interval, summarise


def test_adds_ratios_and_distances_to_the_truth(systems, truth):
    summary = summarise(systems, "be_keras 1.0")
    assert summary["schema"] == 1 and summary["created_by"] == "be_keras 1.0"
    assert summary["truth"] == truth
    ensemble = summary["systems"]["be4"]
    assert ensemble["parameters_ratio"] == pytest.approx(1.025)
    assert ensemble["checkpoint_ratio"] == pytest.approx(1.05)
    assert ensemble["excess_nll_per_word"] == pytest.approx(0.04)
    assert ensemble["bleu_of_oracle"] == pytest.approx(0.75)
    assert summary["systems"]["single"]["parameters_ratio"] == 1.0


def test_keeps_the_evaluations_whole(systems):
    before = copy.deepcopy(systems)
    summary = summarise(systems, "")
    for name, system in before.items():
        assert system.items() <= summary["systems"][name].items()


def test_without_truth_nothing_is_said_of_it(evaluation):
    summary = summarise({"a": evaluation("a")}, "")
    assert summary["truth"] is None
    assert not {"excess_nll_per_word", "bleu_of_oracle"} & set(summary["systems"]["a"])


def test_a_translator_of_no_bleu_gives_no_share(evaluation, truth):
    truth["oracle_bleu"]["score"] = 0.0
    summary = summarise({"a": evaluation("a", truth=truth)}, "")
    assert summary["systems"]["a"]["bleu_of_oracle"] is None


def test_scores_are_found_with_their_intervals(evaluation):
    system = evaluation("a")
    assert score_and_interval(system, "bleu") == (30.0, [29.0, 31.0])
    assert score_and_interval(system, "nll") == (1.8, [1.75, 1.85])
    assert score_and_interval(system, "ece") == (0.05, None)
