"""Writes the tables of docs/results.md from the JSON files under docs/results.

A table stands between two comment lines that name its folder; everything else in the page is
left alone. `--check` changes nothing and fails where a table is not what its files say.
"""

import argparse
import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
MARKED = re.compile(r"(<!-- table: ([\w/-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEADER = (
    "| run | unique tokens | row tokens | BLEU | chrF | NLL | member NLL | ECE | ECE of end marks "
    "| Brier | disagreement | mutual information | parameters |"
)


def table(folder: Path, names: list[str]) -> str:
    """Give a Markdown table of evaluations; one without a file shows as missing.

    Args:
        folder: holds `NAME.json`, each the `evaluation.json` of a run.
        names: the rows, in order.
    """
    lines = [HEADER, "| --- |" + " ---: |" * (HEADER.count("|") - 2)]
    for name in names:
        path = folder / f"{name}.json"
        found = path.exists()
        lines.append(row(json.loads(path.read_text())) if found else f"| {name} | missing |")
    return "\n".join(lines) + "\n"


def row(found: dict) -> str:
    """One evaluation as a row; intervals in brackets are 95 %, by bootstrap over sentences."""
    low, high = found["bleu"]["interval"]
    nll = found["intervals"]["nll"]
    several = found["ensemble_size"] > 1
    cells = [
        found["name"],
        f"{found['training']['unique_tokens'] / 1e6:.2f} M",
        f"{found['training']['row_tokens'] / 1e6:.2f} M",
        f"{found['bleu']['score']:.1f} [{low:.1f}, {high:.1f}]",
        f"{found['chrf']['score']:.1f}",
        f"{found['nll']:.3f} [{nll[0]:.3f}, {nll[1]:.3f}]",
        f"{found['member_nll']:.3f}" if several else "–",
        f"{found['ece']:.4f}",
        f"{found['ece_eos']:.4f}",
        f"{found['brier']:.4f}",
        f"{found['disagreement']:.4f}" if several else "–",
        f"{found['mutual_information']:.4f}" if several else "–",
        f"{found['parameters']:,}",
    ]
    return "| " + " | ".join(cells) + " |"


def rewritten(page: str) -> str:
    """A page with every marked table made anew; the marker names folder and rows."""

    def replace(match):
        folder, *names = match[2].split("/")
        return match[1] + table(DOCS / "results" / folder, names) + match[3]

    return MARKED.sub(replace, page)


def main() -> int:
    """Rewrite the page, or check it; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    check = parser.parse_args().check
    path = DOCS / "results.md"
    page = path.read_text(encoding="utf-8")
    new = rewritten(page)
    if check and new != page:
        print(f"{path} differs from its files; run scripts/make_tables.py", file=sys.stderr)
        return 1
    if not check:
        path.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
