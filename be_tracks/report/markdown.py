"""What the pages of a report share: tables in Markdown, scores with intervals, safe names."""

from collections.abc import Callable, Iterable, Mapping

ABSENT = "–"
# What the reliability figure shows; `unit` is what is counted.
CALIBRATION = (
    "A bar is how often the system is right, among {unit} that it is about as sure of. On the"
    " diagonal it is right as often as it is sure. Hatching from the bar up to its confidence:"
    " surer than right. Hatching on the upper end of the bar, down to its confidence: more often"
    " right than sure. Below: the number of {unit} per bin."
)

# Counts that differ by no more than this factor are called equal.
EQUAL = 1.02
EQUALLY = "equal within 2 %"
PREFIXES = ("", "k", "M", "G", "T", "P", "E")


def table(
    systems: Mapping[str, dict],
    columns: Mapping[str, Callable[[dict], str]],
    corner: str = "system",
) -> str:
    """Make a Markdown table with one row per system.

    Args:
        systems: `{name: system}`; the names may hold anything.
        columns: `{heading: function}` from a system to the text of its cell.
        corner: the heading above the names.
    """
    rows = [[corner, *columns], ["---", *["---:"] * len(columns)]]
    for name, system in systems.items():
        rows.append([plain(name), *(cell(system) for cell in columns.values())])
    return "\n".join(_row(row) for row in rows)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def plain(name: str) -> str:
    """Keep a name from breaking a table or turning into markup."""
    name = " ".join(name.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join("\\" + c if c in r"\|*_`[" else c for c in name)


def number(value: float | None, form: str) -> str:
    """Format a number, or show that there is none."""
    return ABSENT if value is None else format(value, form)


def with_interval(score: float, interval: list[float] | None, form: str) -> str:
    """Format a score and, in brackets, its interval where there is one."""
    if not interval:
        return format(score, form)
    return f"{score:{form}} [{interval[0]:{form}}, {interval[1]:{form}}]"


def amount(value: float, unit: str = "") -> str:
    """Write a count with the decimal prefix that keeps it short: `271.1 k`, `1.084 MB`."""
    power = 0
    while abs(value) >= 999.95 and power < len(PREFIXES) - 1:
        value, power = value / 1000, power + 1
    form = "#.4g" if power else ".4g"
    return f"{value:{form}} {PREFIXES[power]}{unit}".rstrip()


def how_matched(systems: Mapping[str, dict], key: str, what: str) -> str:
    """Say of one quantity of training which systems took about as much of it.

    Args:
        systems: `{name: evaluation}`.
        key: of the quantity, under `training`.
        what: it is called.
    """
    groups = [
        (amount(systems[names[0]]["training"][key]), ", ".join(f"**{plain(n)}**" for n in names))
        for names in groups_by(systems, key)
    ]
    if len(groups) == 1:
        most = max(system["training"][key] for system in systems.values())
        return f"- {what}: {EQUALLY}, {amount(most)}."
    return f"- {what}: {'; '.join(f'{count} for {names}' for count, names in groups)}."


def groups_by(systems: Mapping[str, dict], key: str) -> list[list[str]]:
    """Put systems together that took about as much of a quantity of training.

    Returns:
        Groups of names, the smallest count first, the names of each in the order given. There is
        one group where all counts are equal within `EQUAL`.
    """
    counts = {name: system["training"][key] for name, system in systems.items()}
    groups: list[list[str]] = []
    for name in sorted(counts, key=counts.__getitem__):
        if groups and counts[name] <= EQUAL * counts[groups[-1][0]]:
            groups[-1].append(name)
        else:
            groups.append([name])
    return [[name for name in counts if name in group] for group in groups]
