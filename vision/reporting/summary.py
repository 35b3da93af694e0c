"""The report as data: every system's evaluation, and what only a comparison can tell."""

import statistics

SCHEMA = 1
SIZES = {
    "parameters": "parameters_ratio",
    "weight_bytes": "weight_ratio",
    "checkpoint_bytes": "checkpoint_ratio",
}


def summarise(systems: dict[str, dict], created_by: str) -> dict:
    """Sum up evaluations.

    Args:
        systems: `{name: evaluation}` from `read_evaluations`, which gain keys.
        created_by: str, product and version.

    Returns:
        The content of `report.json`: `schema`, `data` (the test set), `systems`, `mce_reference`
        (name of the first single network whose corruptions were measured, or None) and
        `created_by`. A system keeps all of its evaluation and gains `parameters_ratio`,
        `weight_ratio` and `checkpoint_ratio` to the smallest system, and `mce`, its mean
        corruption error, None where it or the reference has none.
    """
    smallest = {key: min(system[key] for system in systems.values()) for key in SIZES}
    reference = next(
        (n for n, s in systems.items() if s["ensemble_size"] == 1 and s.get("corruptions")), None
    )
    against = systems[reference]["corruptions"] if reference else None
    for system in systems.values():
        system.update({ratio: system[key] / smallest[key] for key, ratio in SIZES.items()})
        system["mce"] = mean_corruption_error(system.get("corruptions"), against)
    return {
        "schema": SCHEMA,
        "data": next(iter(systems.values()))["data"],
        "systems": systems,
        "mce_reference": reference,
        "created_by": created_by,
    }


def test_set(evaluation: dict) -> dict:
    """What was shown to a system; what was not is left out."""
    shown = {"data.sha256": evaluation["data"]["sha256"]}
    corruptions = evaluation.get("corruptions")
    if corruptions:
        shown["corruptions.by_name"] = sorted(corruptions["by_name"])
        for key in ("severities", "images", "source"):
            shown[f"corruptions.{key}"] = corruptions[key]
    for name, detected in (evaluation.get("ood") or {}).items():
        shown[f"ood.{name}.images"] = detected["images"]
    return shown


def mean_corruption_error(corruptions: dict | None, reference: dict | None) -> float | None:
    """Give the mean corruption error (Hendrycks & Dietterich, ICLR 2019).

    The errors over all severities of a corruption, as a multiple of the reference's; then the
    mean over the corruptions. 1 is as good as the reference, less is better.

    Args:
        corruptions: of an evaluation, or None.
        reference: of another, with the same corruptions, or None.

    Returns:
        None where either is None, or where the reference makes no error in some corruption.
    """
    if corruptions is None or reference is None:
        return None
    ratios = []
    for name, scores in corruptions["by_name"].items():
        errors, of_reference = (
            sum(1 - accuracy for accuracy in each["accuracy"])
            for each in (scores, reference["by_name"][name])
        )
        if not of_reference:
            return None
        ratios.append(errors / of_reference)
    return statistics.fmean(ratios)


def interval(system: dict, key: str) -> list[float] | None:
    """Look up the 95 % interval of one score, None where none was measured."""
    return (system.get("intervals") or {}).get(key)


def ensembles(systems: dict[str, dict]) -> dict[str, dict]:
    """Those systems that average more than one prediction."""
    return {name: system for name, system in systems.items() if system["ensemble_size"] > 1}


def ood_sets(systems: dict[str, dict]) -> list[str]:
    """Names of the sets of OOD images, in the order in which they come up."""
    return list(dict.fromkeys(key for s in systems.values() for key in s.get("ood") or {}))
