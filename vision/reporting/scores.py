"""The figure of scores: accuracy, NLL, ECE and DEE of all systems side by side."""

from be_tracks.report.scores import Mark, Panel, draw_scores
from vision.reporting.summary import interval

PANELS = {
    "accuracy": "Accuracy\nhigher is better",
    "nll": "NLL, nats per image\nlower is better",
    "ece": "Calibration error (ECE)\nlower is better",
}
EQUIVALENT = "Deep-ensemble equivalent (DEE)\nnetworks, higher is better"


def scores_figure(systems: dict[str, dict]) -> bytes:
    """Draw the scores of all systems, with 95 % intervals where they are known.

    Rings are the accuracies and NLLs of an ensemble's members, each on its own. The DEE is left
    out where no system has one.

    Args:
        systems: `{name: evaluation}`.

    Returns:
        The bytes of a PNG file.
    """
    panels = [
        Panel(title, [_mark(system, key) for system in systems.values()], share=key == "accuracy")
        for key, title in PANELS.items()
    ]
    if any(system.get("dee") for system in systems.values()):
        panels.append(Panel(EQUIVALENT, [_equivalent(system) for system in systems.values()]))
    return draw_scores(list(systems), panels, "its members, each alone")


def _mark(system: dict, key: str) -> Mark:
    alone = system["members_alone"].get(key, []) if system["ensemble_size"] > 1 else []
    return Mark(system[key], interval(system, key), alone)


def _equivalent(system: dict) -> Mark:
    dee = system.get("dee")
    if not dee:
        return Mark(None)
    return Mark(dee["dee"], [dee["low"], dee["high"]], at_least=bool(dee.get("at_least")))
