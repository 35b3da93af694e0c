"""The report as one page of Markdown that a newcomer can read."""

from collections.abc import Callable

from be_tracks.report.markdown import (
    ABSENT,
    CALIBRATION,
    how_matched,
    number,
    plain,
    table,
    with_interval,
)
from translation.reporting.learning import with_history
from translation.reporting.summary import score_and_interval

LEGEND = """\
## How to read it

- **BLEU, chrF** (0 to 100): overlap of the translations with the references, in words and in
  characters. In brackets the 95 % interval of a bootstrap over sentences; systems whose intervals
  overlap widely may be equally good.
- **NLL** (nats per token): how surprised the system is by the reference, each token given the ones
  before it. Ensembles are scored by the mean of their members' probabilities.
- **Member NLL**: the same for the members, each alone, on average. What NLL is below it is what
  averaging gained.
- **ECE** (0 to 1): how far confidence and accuracy lie apart, on average over the bins of the
  diagrams. 0 means that of all tokens given 70 %, 70 % are right.
- **Brier** (0 to 2): squared distance between probabilities and what came. It wants systems that
  are sure and right.
- **Disagreement** (0 to 1): how often two members would choose different tokens. Members that never
  disagree are one network.
- **Mutual information** (nats per token): the part of the uncertainty that comes from the members'
  differing, not from the text.
- **Size**: parameters and checkpoint, and how many times those of the smallest system."""

LEARNING = """\
## Learning

The scores of the validation text while each system was trained, by the target tokens it had read.

![NLL, BLEU, ECE and disagreement of the validations](learning.png)"""

TRUTH_LEGEND = """\
- **Excess NLL** (nats per word): NLL beyond what the references cost the distribution that they
  were drawn from. 0 is a perfect model; on average nothing can go below.
- **Of best BLEU**: the system's BLEU as a share of the best possible translator's, who knows the
  distribution. Chance choices between right translations keep even that one below 100."""


def page(report: dict) -> str:
    """Write the page.

    Args:
        report: from `summarise`.

    Returns:
        Markdown that shows `reliability.png`, `scores.png` and `learning.png`, where there is
        a history to show, from its own folder.
    """
    systems, truth = report["systems"], report["truth"]
    parts = [
        "# Translation report",
        _compared(systems),
        _scores(systems),
        "![BLEU, NLL and ECE of all systems with their intervals](scores.png)",
        _matched(systems),
        *([LEARNING] if with_history(systems) else []),
        *([_against_truth(systems, truth)] if truth else []),
        "## Calibration",
        CALIBRATION.format(unit="tokens"),
        "![Accuracy by confidence, one diagram per system](reliability.png)",
        LEGEND + ("\n" + TRUTH_LEGEND if truth else ""),
        _signatures(systems),
        f"Written by {report['created_by']}; all figures are in `report.json`.",
    ]
    return "\n\n".join(parts) + "\n"


def _compared(systems: dict[str, dict]) -> str:
    """Say what was compared."""
    words = next(iter(systems.values()))["words"]
    number = "One system" if len(systems) == 1 else f"{len(systems)} systems"
    lines = [
        f"{number} translated the same test set, {words:,} words of reference, and gave every"
        " token of the references a probability.",
        "",
    ]
    for name, system in systems.items():
        lines.append(f"- **{plain(name)}**: {_kind(system)}")
    return "\n".join(lines)


def _kind(system: dict) -> str:
    """Describe one system in words."""
    size = system["ensemble_size"]
    if size == 1:
        return "one network"
    how = {
        "shared": ", each trained on every sentence",
        "split": ", the sentences of each step divided among them",
    }.get(system["members"], "")
    return f"BatchEnsemble of {size} members{how}"


def _scores(systems: dict[str, dict]) -> str:
    """Make the table of all scores."""
    columns: dict[str, Callable[[dict], str]] = {
        "BLEU ↑": lambda s: _score(s, "bleu", ".1f"),
        "chrF ↑": lambda s: _score(s, "chrf", ".1f"),
        "NLL ↓": lambda s: _score(s, "nll", ".3f"),
        "member NLL ↓": lambda s: _of_members(s, "member_nll"),
        "ECE ↓": lambda s: f"{s['ece']:.4f}",
        "Brier ↓": lambda s: f"{s['brier']:.4f}",
        "disagreement": lambda s: _of_members(s, "disagreement"),
        "mutual information": lambda s: _of_members(s, "mutual_information"),
        "parameters": lambda s: f"{s['parameters'] / 1e6:.3f} M ({s['parameters_ratio']:.3f}×)",
        "checkpoint": lambda s: (
            f"{s['checkpoint_bytes'] / 1e6:.2f} MB ({s['checkpoint_ratio']:.3f}×)"
        ),
    }
    return "## Scores\n\n" + table(systems, columns)


def _matched(systems: dict[str, dict]) -> str:
    """Say in what the systems' training was alike."""
    quantities = {
        "unique_tokens": "Target tokens read (unique)",
        "member_tokens": "Member tokens (target tokens, once for each member that reads them)",
    }
    lines = [how_matched(systems, key, what) for key, what in quantities.items()]
    return "\n".join(["## What training was matched in", "", *lines])


def _against_truth(systems: dict[str, dict], truth: dict) -> str:
    """Compare with the distribution that the test set was drawn from."""
    intro = (
        "The test set is drawn from a distribution that is known. Its entropy is"
        f" {truth['entropy_per_word']:.4f} nats per word, its references cost it"
        f" {truth['reference_nll_per_word']:.4f}, and the best possible translator reaches"
        f" {truth['oracle_bleu']['score']:.1f} BLEU."
    )
    columns: dict[str, Callable[[dict], str]] = {
        "NLL per word ↓": lambda s: f"{s['nll_per_word']:.4f}",
        "excess NLL per word ↓": lambda s: number(s.get("excess_nll_per_word"), ".4f"),
        "of best BLEU ↑": lambda s: number(s.get("bleu_of_oracle"), ".1%"),
    }
    return "## Against the truth\n\n" + intro + "\n\n" + table(systems, columns)


def _signatures(systems: dict[str, dict]) -> str:
    """List the sacreBLEU signatures, each once."""
    lines = ["## Signatures", ""]
    for key, label in (("bleu", "BLEU"), ("chrf", "chrF")):
        for signature in dict.fromkeys(system[key]["signature"] for system in systems.values()):
            lines.append(f"- {label}: `{signature}`")
    return "\n".join(lines)


def _score(system: dict, key: str, form: str) -> str:
    return with_interval(*score_and_interval(system, key), form)


def _of_members(system: dict, key: str) -> str:
    """Show what only an ensemble has."""
    return ABSENT if system["ensemble_size"] == 1 else f"{system[key]:.4f}"
