"""The tables of the page: scores on the test images and beyond them, members alone, and costs."""

from collections.abc import Callable

from be_tracks.report.markdown import ABSENT, amount, number, plain, table, with_interval
from vision.reporting.corruptions import corrupted
from vision.reporting.summary import ensembles, interval, ood_sets

Columns = dict[str, Callable[[dict], str]]


def on_test_images(systems: dict[str, dict]) -> str:
    """Scores on the test images; how far members differ stands beside the ensemble's accuracy."""
    columns: Columns = {
        "accuracy, % ↑": lambda s: _scaled(s, "accuracy", 100, ".2f"),
        "disagreement, %": lambda s: _of_members(s, f"{100 * s['disagreement']:.2f}"),
        "mutual information": lambda s: _of_members(s, f"{s['mutual_information']:.4f}"),
        "NLL ↓": lambda s: _scaled(s, "nll", 1, ".4f"),
        "calibrated NLL ↓": lambda s: f"{s['calibrated_nll']:.4f}",
        "DEE ↑": lambda s: _equivalent(s.get("dee")),
        "ECE ↓": lambda s: _scaled(s, "ece", 1, ".4f"),
        "Brier ↓": lambda s: f"{s['brier']:.4f}",
    }
    return table(systems, columns)


def beyond_test_images(systems: dict[str, dict]) -> str:
    """Scores on OOD and corrupted images and against people; empty where none was measured."""
    columns: Columns = {}
    for name in ood_sets(systems):
        columns[f"{plain(name)}: AUROC by entropy ↑"] = lambda s, name=name: _auroc(
            s, name, "entropy"
        )
        columns[f"{plain(name)}: AUROC by mutual information ↑"] = lambda s, name=name: _of_members(
            s, _auroc(s, name, "mutual_information")
        )
    if corrupted(systems):
        columns |= {
            "corrupted: accuracy, % ↑": lambda s: _corrupted(s, "accuracy", 100, ".2f"),
            "corrupted: NLL ↓": lambda s: _corrupted(s, "nll", 1, ".4f"),
            "corrupted: ECE ↓": lambda s: _corrupted(s, "ece", 1, ".4f"),
        }
    if any(system.get("mce") is not None for system in systems.values()):
        columns["mCE ↓"] = lambda s: number(s.get("mce"), ".3f")
    if any(system.get("human") for system in systems.values()):
        columns["cross-entropy to people ↓"] = lambda s: number(
            (s.get("human") or {}).get("cross_entropy"), ".4f"
        )
    return table(systems, columns) if columns else ""


def members_alone(systems: dict[str, dict]) -> str:
    """The members of every ensemble, each alone, and how they differ."""
    columns: Columns = {
        "members": lambda s: str(s["ensemble_size"]),
        "accuracy of one alone, %": lambda s: _range(s["members_alone"]["accuracy"], 100, ".2f"),
        "gain by averaging, points": lambda s: (
            f"{100 * (s['accuracy'] - s['member_accuracy']):+.2f}"
        ),
        "NLL of one alone": lambda s: _range(s["members_alone"]["nll"], 1, ".4f"),
        "gain by averaging, nats": lambda s: f"{s['member_nll'] - s['nll']:+.4f}",
        "disagreement, %": lambda s: f"{100 * s['disagreement']:.2f}",
        "pairwise KL": lambda s: f"{s['pairwise_kl']:.4f}",
    }
    return table(ensembles(systems), columns, "ensemble")


def costs(systems: dict[str, dict]) -> str:
    """What each system takes to keep, to train and to run."""
    columns: Columns = {
        "parameters": lambda s: _size(s, "parameters", "parameters_ratio"),
        "weight memory": lambda s: _size(s, "weight_bytes", "weight_ratio", "B"),
        "checkpoint": lambda s: _size(s, "checkpoint_bytes", "checkpoint_ratio", "B"),
        "peak memory in training": lambda s: _peak(s["training"].get("peak_memory_bytes")),
        "training, s": lambda s: f"{s['training']['seconds']:,.0f}",
        "MACs of training": lambda s: amount(s["training"]["macs"]),
        "test images a second": lambda s: _speed(s["testing"]),
        "peak memory in testing": lambda s: _peak(s["testing"].get("peak_memory_bytes")),
    }
    return table(systems, columns)


def _scaled(system: dict, key: str, factor: float, form: str) -> str:
    bounds = [factor * bound for bound in interval(system, key) or []]
    return with_interval(factor * system[key], bounds, form)


def _of_members(system: dict, text: str) -> str:
    """Show what only an ensemble has."""
    return ABSENT if system["ensemble_size"] == 1 else text


def _equivalent(dee: dict | None) -> str:
    if not dee:
        return ABSENT
    text = with_interval(dee["dee"], [dee["low"], dee["high"]], ".1f")
    return f"≥ {text}" if dee.get("at_least") else text


def _auroc(system: dict, name: str, score: str) -> str:
    detected = (system.get("ood") or {}).get(name)
    if not detected:
        return ABSENT
    scores = detected["scores"][score]
    return with_interval(scores["auroc"], scores.get("auroc_interval"), ".3f")


def _corrupted(system: dict, key: str, factor: float, form: str) -> str:
    corruptions = system.get("corruptions")
    if not corruptions:
        return ABSENT
    bounds = [factor * bound for bound in (corruptions.get("intervals") or {}).get(key) or []]
    return with_interval(factor * corruptions["mean"][key], bounds, form)


def _range(values: list[float], factor: float, form: str) -> str:
    return f"{factor * min(values):{form}} to {factor * max(values):{form}}"


def _size(system: dict, key: str, ratio: str, unit: str = "") -> str:
    return f"{amount(system[key], unit)} ({system[ratio]:.2f}×)"


def _speed(testing: dict) -> str:
    return f"{testing['images'] / testing['seconds']:,.0f}" if testing["seconds"] > 0 else ABSENT


def _peak(size: float | None) -> str:
    return ABSENT if size is None else amount(size, "B")
