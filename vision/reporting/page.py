"""The report as one page of Markdown that a newcomer can read."""

from collections.abc import Collection

from be_tracks.report.markdown import CALIBRATION, groups_by, how_matched, plain
from vision.reporting import legend, tables
from vision.reporting.corruptions import corrupted
from vision.reporting.figures import FIGURES
from vision.reporting.summary import ensembles, ood_sets

# Members that disagree on a smaller share of the images are nearly one network.
NEARLY_ONE = 0.01

KINDS = {
    "single": "one network",
    "deep-ensemble": "deep ensemble of {size} networks, trained apart",
    "bagging": "{size} networks, each trained on its own draw of the training images (bagging)",
    "mc-dropout": "one network, its dropout left on and sampled {size} times",
    "batch-ensemble": "BatchEnsemble of {size} members{how}",
    "batch-ensemble-dropout": "BatchEnsemble{how}, its dropout left on: {size} predictions",
}
HOW = {
    "shared": ", each trained on every image",
    "split": ", the images of each step divided among them",
}


def page(report: dict, figures: Collection[str]) -> str:
    """Write the page.

    Args:
        report: from `summarise`.
        figures: names of the figures that there are, some of `FIGURES`.

    Returns:
        Markdown that shows the figures from its own folder.
    """
    systems = report["systems"]
    sections = {
        "": _compared(systems, report["data"]),
        "Comparison": _comparison(systems),
        "How members differ": _diversity(systems),
        "Calibration": CALIBRATION.format(unit="images"),
        "Rejecting the least certain images": "A system that knows when it may be wrong gains fast"
        " as the images it is least confident of are left to somebody else.",
        "Corrupted images": _corruptions(systems),
        "Out-of-distribution images": "Images of none of the classes (OOD). A system should"
        " be less certain of them than of the test images: the less the two histograms overlap, the"
        " better.",
        "What the systems cost": tables.costs(systems),
        "What training was matched in": _matched(systems),
        "How to read it": _legend(report),
    }
    shown = {
        "Comparison": ["scores.png"],
        "How members differ": ["diversity.png"],
        "Calibration": ["reliability.png"],
        "Rejecting the least certain images": ["rejection.png"],
        "Corrupted images": ["corruptions.png", "by_corruption.png"],
        "Out-of-distribution images": ["ood.png"],
    }
    parts = ["# Vision report"]
    for heading, text in sections.items():
        images = [name for name in shown.get(heading, []) if name in figures]
        if not text or (heading in shown and not images):
            continue
        parts += [f"## {heading}"] if heading else []
        parts += [text, *(f"![{FIGURES[name]}]({name})" for name in images)]
    parts.append(f"Written by {report['created_by']}; all figures are in `report.json`.")
    return "\n\n".join(parts) + "\n"


def _compared(systems: dict[str, dict], data: dict) -> str:
    """Say what was compared."""
    number = "One system" if len(systems) == 1 else f"{len(systems)} systems"
    lines = [
        f"{number} classified the same {data['images']:,} test images of {plain(data['name'])},"
        f" {data['classes']} classes.",
        "",
    ]
    for name, system in systems.items():
        lines.append(f"- **{plain(name)}**: {kind(system)}; model {plain(system['model'])}")
    return "\n".join(lines)


def kind(system: dict) -> str:
    """Describe one system in words."""
    how = HOW.get(str(system.get("members")), "")
    size = system["ensemble_size"]
    if system["method"] not in KINDS:
        return f"{plain(system['method'])}, {size} predictions averaged"
    return KINDS[system["method"]].format(size=size, how=how)


def _comparison(systems: dict[str, dict]) -> str:
    """Both tables of scores."""
    beyond = tables.beyond_test_images(systems)
    parts = ["On the test images:", tables.on_test_images(systems)]
    return "\n\n".join([*parts, *(["Beyond the test images:", beyond] if beyond else [])])


def _diversity(systems: dict[str, dict]) -> str:
    """Say of every ensemble how far its members differ, and which are nearly one network."""
    if not ensembles(systems):
        return ""
    text = "Averaging helps only as far as members differ."
    for name, system in ensembles(systems).items():
        if system["disagreement"] < NEARLY_ONE:
            text += (
                f" The members of **{plain(name)}** disagree on"
                f" {100 * system['disagreement']:.2f} % of the images: they are nearly one network."
            )
    return f"{text}\n\n{tables.members_alone(systems)}"


def _corruptions(systems: dict[str, dict]) -> str:
    """Say what the corruption figures show."""
    if not corrupted(systems):
        return ""
    first = next(iter(corrupted(systems).values()))["corruptions"]
    return (
        f"{first['images']:,} of the {plain(first['source'])}, changed by"
        f" {len(first['by_name'])} kinds of corruption. Systems should lose"
        " little accuracy, and become less sure as they are more often wrong. Severity 0 is the"
        " whole test set as it is."
    )


def _matched(systems: dict[str, dict]) -> str:
    """Say in what the systems' training was alike."""
    quantities = {"unique_examples": "Images that each network reads", "macs": "MACs of training"}
    equal = {key: len(groups_by(systems, key)) == 1 for key in quantities}
    lines = [how_matched(systems, key, what) for key, what in quantities.items()]
    return "\n".join([_in_words(**equal), "", *lines])


def _in_words(unique_examples: bool, macs: bool) -> str:
    if unique_examples and macs:
        return "The systems are compute-matched, and read equally many examples."
    if unique_examples:
        return "The systems read equally many examples; their compute differs."
    if macs:
        return "The systems are compute-matched; the examples they read differ."
    return (
        "Neither examples nor compute are equal: systems may be better because they were trained"
        " for longer."
    )


def _legend(report: dict) -> str:
    """Explain the measures that the page shows."""
    systems = report["systems"]
    people = next((s["human"] for s in systems.values() if s.get("human")), None)
    lines = [legend.ALWAYS]
    if ensembles(systems):
        lines.append(legend.OF_MEMBERS)
    if ood_sets(systems):
        lines.append(legend.OF_OOD)
    if corrupted(systems):
        lines.append(legend.OF_CORRUPTIONS)
    if any(system["mce"] is not None for system in systems.values()):
        lines.append(legend.OF_MCE.format(reference=plain(report["mce_reference"])))
    if people:
        lines.append(legend.OF_PEOPLE.format(entropy=people["entropy"]))
    return "\n".join(lines)
