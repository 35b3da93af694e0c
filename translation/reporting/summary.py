"""The report as data: every system's evaluation, and what only a comparison can tell."""

SCHEMA = 1


def summarise(systems: dict[str, dict], created_by: str) -> dict:
    """Sum up evaluations.

    Args:
        systems: `{name: evaluation}` from `read_evaluations`, which gain keys.
        created_by: str, product and version.

    Returns:
        The content of `report.json`: `schema`, `systems`, `truth`, `created_by`. A system keeps
        all of its evaluation and gains `parameters_ratio` and `checkpoint_ratio` to the smallest
        system; where the truth about the test set is known, also `excess_nll_per_word` (nats over
        what the references cost the true distribution) and `bleu_of_oracle` (its BLEU as a share
        of the best possible translator's, None if that is 0).
    """
    smallest = {
        key: min(system[key] for system in systems.values())
        for key in ("parameters", "checkpoint_bytes")
    }
    for system in systems.values():
        system["parameters_ratio"] = system["parameters"] / smallest["parameters"]
        system["checkpoint_ratio"] = system["checkpoint_bytes"] / smallest["checkpoint_bytes"]
        if truth := system.get("truth"):
            oracle = truth["oracle_bleu"]["score"]
            system["excess_nll_per_word"] = system["nll_per_word"] - truth["reference_nll_per_word"]
            system["bleu_of_oracle"] = system["bleu"]["score"] / oracle if oracle else None
    return {
        "schema": SCHEMA,
        "systems": systems,
        "truth": next((s["truth"] for s in systems.values() if s.get("truth")), None),
        "created_by": created_by,
    }


def test_set(evaluation: dict) -> dict:
    """The references, by their number of words, and what is known about them."""
    return {"words": evaluation["words"], "truth": evaluation.get("truth")}


def score_and_interval(system: dict, key: str) -> tuple[float, list[float] | None]:
    """Look up one score of a system and its 95 % interval, None where none was measured."""
    if key in ("bleu", "chrf"):
        return system[key]["score"], system[key].get("interval")
    return system[key], (system.get("intervals") or {}).get(key)
