"""Tables of results: a row for each variant, its mean and standard deviation over seeds."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: Its heading.
        key: Where results hold the number: keys joined by dots, such as "scores.nll".
        digits: Digits after the point.
        better: "higher", "lower", or "" where neither is.
        scale: Factor on the number.
    """

    title: str
    key: str
    digits: int = 4
    better: str = ""
    scale: float = 1.0

    def value(self, result: Mapping) -> float | None:
        """The number of one result, or None where it has none."""
        for key in self.key.split("."):
            if not isinstance(result, Mapping) or key not in result:
                return None
            result = result[key]
        return None if result is None else result * self.scale


@dataclass(frozen=True)
class Table:
    """An ablation as it is shown.

    Attributes:
        name: File name of its figure.
        title: Of the ablation.
        rows: `(label, name of a trial)` in order; results of one task hold the trials.
        columns: What is shown of each.
        seeds: How many seeds each row should have.
    """

    name: str
    title: str
    rows: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    seeds: int = 3


def score_columns(ood: Sequence[str], digits: int = 4) -> list[Column]:
    """What every table of ensembles shows: quality, calibration, and how far members differ.

    Args:
        ood: Names of the out-of-distribution sets that results tell apart by entropy.
        digits: Of the NLLs.
    """
    return [
        Column("accuracy", "scores.accuracy", 4, "higher"),
        Column("NLL", "scores.nll", digits, "lower"),
        Column("calibrated NLL", "scores.calibrated_nll", digits, "lower"),
        Column("DEE", "scores.dee", 2, "higher"),
        Column("ECE", "scores.ece", 4, "lower"),
        Column("member NLL", "scores.member_nll", digits, "lower"),
        Column("disagreement", "scores.disagreement", 4),
        Column("pairwise KL", "scores.pairwise_kl", 3),
        *(
            Column(f"AUROC {name}", f"out_of_distribution.{name}.entropy.auroc", 3, "higher")
            for name in ood
        ),
        Column("cosine, begin", "gradient_cosine.begin", 2),
        Column("cosine, end", "gradient_cosine.end", 2),
    ]


def values(column: Column, results: Mapping[int, Mapping]) -> list[float]:
    """The numbers of one column over the seeds of a row, in the order of seeds."""
    found = [column.value(results[seed]) for seed in sorted(converged(results))]
    return [value for value in found if value is not None]


def converged(results: Mapping[int, Mapping]) -> dict[int, Mapping]:
    """The results of a row, by seed, that do not say `diverged`."""
    return {seed: result for seed, result in results.items() if not result.get("diverged")}


def markdown(table: Table, results: Mapping[str, Mapping[int, Mapping]]) -> str:
    """The table in Markdown: mean ± standard deviation over seeds, and the number of seeds.

    Args:
        table: What to show.
        results: Of `read_results`.

    Returns:
        Lines of a Markdown table. A row without any result says "missing"; one with fewer seeds
        than the table asks for says how many it has, and how many of them diverged.
    """
    lines = [
        "| " + " | ".join(["", *(column.title for column in table.columns), "seeds"]) + " |",
        "| --- |" + " ---: |" * (len(table.columns) + 1),
    ]
    for label, name in table.rows:
        found = results.get(name, {})
        diverged = len(found) - len(converged(found))
        if converged(found):
            cells = [_cell(column, values(column, found)) for column in table.columns]
        else:
            cells = ["diverged" if diverged else "missing"] * len(table.columns)
        seeds = str(len(found)) + (f" of {table.seeds}" if len(found) < table.seeds else "")
        seeds += f", {diverged} diverged" if diverged else ""
        lines.append("| " + " | ".join([label, *cells, seeds]) + " |")
    return "\n".join(lines)


def _cell(column, numbers):
    if not numbers:
        return "–"
    text = f"{statistics.fmean(numbers):.{column.digits}f}"
    if len(numbers) > 1:
        text += f" ± {statistics.stdev(numbers):.{column.digits}f}"
    return text
