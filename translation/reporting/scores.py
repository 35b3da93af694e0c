"""The figure of scores: BLEU, NLL and ECE of all systems side by side."""

from be_tracks.report.scores import Mark, Panel, draw_scores
from translation.reporting.summary import score_and_interval

PANELS = {
    "bleu": "BLEU (higher is better)",
    "nll": "NLL, nats per token (lower is better)",
    "ece": "ECE (lower is better)",
}


def scores_figure(systems: dict[str, dict]) -> bytes:
    """Draw the scores of all systems, with 95 % intervals where they are known.

    A ring beside the NLL of an ensemble is the mean NLL of its members, each on its own.

    Args:
        systems: `{name: evaluation}`.

    Returns:
        The bytes of a PNG file.
    """
    panels = [
        Panel(title, [_mark(system, key) for system in systems.values()])
        for key, title in PANELS.items()
    ]
    return draw_scores(list(systems), panels, "mean of its members, each alone")


def _mark(system: dict, key: str) -> Mark:
    """One score of a system and its interval; for an ensemble's NLL, its members' mean as well."""
    alone = [system["member_nll"]] if key == "nll" and system["ensemble_size"] > 1 else []
    return Mark(*score_and_interval(system, key), members=alone)
