"""All figures of a report, each only where there is something to show."""

from be_tracks.report.reliability import reliability_figure
from vision.reporting.corruptions import corrupted, kinds_figure, severity_figure
from vision.reporting.curves import diversity_figure, rejection_figure
from vision.reporting.ood import ood_figure
from vision.reporting.scores import scores_figure
from vision.reporting.summary import ensembles, ood_sets

# What each shows, for readers who do not see it.
FIGURES = {
    "scores.png": "Accuracy, NLL, ECE and DEE of all systems with their intervals",
    "diversity.png": "Divergence between members by confidence, one line per ensemble",
    "reliability.png": "Accuracy by confidence, one diagram per system",
    "rejection.png": "Accuracy of the images kept by the share rejected, one line per system",
    "corruptions.png": "Accuracy, NLL and ECE by severity of corruption, one line per system",
    "by_corruption.png": "Accuracy under each corruption, one column per system",
    "ood.png": "Entropy of test and OOD images, one panel per system and set",
}


def draw_figures(systems: dict[str, dict]) -> dict[str, bytes]:
    """Draw what the evaluations allow.

    Args:
        systems: `{name: evaluation}`.

    Returns:
        The bytes of PNG files by name, a part of `FIGURES`.
    """
    figures = {
        "scores.png": scores_figure(systems),
        "reliability.png": reliability_figure(systems, "images"),
        "rejection.png": rejection_figure(systems),
    }
    if ensembles(systems):
        figures["diversity.png"] = diversity_figure(systems)
    if corrupted(systems):
        figures["corruptions.png"] = severity_figure(systems)
        figures["by_corruption.png"] = kinds_figure(systems)
    if ood_sets(systems):
        figures["ood.png"] = ood_figure(systems)
    return figures
