"""The tables of the pages are those that experiments/make_tables.py makes of the raw files."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from experiments.overview import NETWORKS
from experiments.sweeps import SWEEPS
from experiments.trial import Trial, read_results

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "experiments" / "make_tables.py"


def load_script():
    spec = importlib.util.spec_from_file_location("make_tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluation(name="one", ensemble_size=4):
    return {
        "name": name,
        "ensemble_size": ensemble_size,
        "bleu": {"score": 36.04, "interval": [34.96, 37.12]},
        "chrf": {"score": 60.2},
        "nll": 1.5,
        "intervals": {"nll": [1.45, 1.55]},
        "member_nll": 1.52,
        "ece": 0.01234,
        "ece_eos": 0.002,
        "brier": 0.4,
        "disagreement": 0.0812,
        "mutual_information": 0.01,
        "parameters": 5_239_688,
        "training": {"unique_tokens": 4_500_000, "member_tokens": 18_000_000},
    }


def test_the_pages_are_what_their_files_say():
    done = subprocess.run(
        [sys.executable, "-m", "experiments.make_tables", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_what_pages_show_of_evaluations_is_taken_in(tmp_path, monkeypatch):
    script = load_script()
    (tmp_path / "results").mkdir()
    for name in ("two", "one"):
        (tmp_path / name).mkdir()
        content = {**evaluation(name), "tokens": 5}
        (tmp_path / name / "evaluation.json").write_text(json.dumps(content))
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables", "--evaluations", "set", str(tmp_path)])
    assert script.main() == 0
    lines = (tmp_path / "results" / "set.jsonl").read_text().splitlines()
    assert list(map(json.loads, lines)) == [evaluation("one"), evaluation("two")]


def test_check_notices_a_changed_figure(tmp_path, monkeypatch):
    script = load_script()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "set.jsonl").write_text(json.dumps(evaluation()) + "\n")
    page = tmp_path / "results.md"
    marker = "<!-- excerpt: set\nrows: one\ncolumns: bleu.score : .1f = BLEU\n-->"
    page.write_text(f"before\n{marker}\nold\n<!-- end -->\nafter\n")
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables", "--check"])
    assert script.main() == 1
    assert "old" in page.read_text()
    monkeypatch.setattr(sys, "argv", ["make_tables"])
    assert script.main() == 0
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "| one | 36.0 |" in text
    monkeypatch.setattr(sys, "argv", ["make_tables", "--check"])
    assert script.main() == 0


def test_the_figure_of_validations(tmp_path, monkeypatch):
    script = load_script()
    (tmp_path / "results").mkdir()
    found = evaluation()
    page = tmp_path / "results.md"
    page.write_text("<!-- learning: set/one/gone -->\n<!-- end -->\n")
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables"])
    for tokens, shown in (([10], "missing"), ([10, 20], "(figures/set.png)")):
        found["training"]["validations"] = {"tokens": tokens, "nll": [2.0, 1.0][: len(tokens)]}
        (tmp_path / "results" / "set.jsonl").write_text(json.dumps(found) + "\n")
        assert script.main() == 0
        assert shown in page.read_text()
        assert (tmp_path / "figures" / "set.png").exists() == (len(tokens) > 1)


def test_pages_of_results_lead_to_figures_above(tmp_path, monkeypatch):
    script = load_script()
    (tmp_path / "results" / "benchmarks").mkdir(parents=True)
    content = (ROOT / "docs" / "results" / "benchmarks" / "members.json").read_text()
    (tmp_path / "results" / "benchmarks" / "members.json").write_text(content)
    page = tmp_path / "results" / "cost.md"
    page.write_text("<!-- figure: members/cost -->\n<!-- end -->\n")
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables"])
    assert script.main() == 0
    assert "](../figures/cost.png)" in page.read_text()
    assert (tmp_path / "figures" / "cost.png").exists()


def test_tables_and_figures_of_experiments(tmp_path, monkeypatch):
    script = load_script()
    name = SWEEPS["fashion-mlp"].table("fashion-mlp", "initializer").rows[0][1]
    line = {"name": name, "seed": 0, "scores": {"nll": 0.25, "dee": 1.5}}
    folder = tmp_path / "results" / "members"
    folder.mkdir(parents=True)
    (folder / "fashion-mlp.jsonl").write_text(json.dumps(line) + "\n")
    page = tmp_path / "members.md"
    page.write_text("a\n<!-- trials: fashion-mlp/initializer -->\n<!-- end -->\nb\n")
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables"])
    assert script.main() == 0
    text = page.read_text()
    assert "| one network | – | 0.2500 | – | 1.50 |" in text and "| missing |" in text
    assert (tmp_path / "figures" / "fashion-mlp-initializer.png").stat().st_size > 10_000
    monkeypatch.setattr(sys, "argv", ["make_tables", "--check"])
    assert script.main() == 0
    page.write_text(text.replace("0.2500", "0.2400"))
    assert script.main() == 1


def test_an_overview_of_several_networks(tmp_path, monkeypatch):
    script = load_script()
    assert len(NETWORKS) == 4
    for nll, task in enumerate(NETWORKS):
        rows = dict(SWEEPS[task].table(task, "initializer").rows)
        for seed in range(2):
            scores = {"scores": {"calibrated_nll": nll + 2.0 * seed, "dee": 1.5}}
            if task == "fashion-cnn" and seed:
                scores = {"diverged": True}
            trial = Trial(task, rows["one network"], seed)
            trial.write(tmp_path / "results" / "members", {}, scores)
    page = tmp_path / "members.md"
    page.write_text("<!-- overview: initializer -->\n<!-- end -->\n")
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables"])
    assert script.main() == 0
    text = page.read_text()
    assert "| calibrated NLL, MLP | calibrated NLL, CNN |" in text
    nlls = "1.0000 ± 1.4142 | 1.0000 | 3.0000 ± 1.4142 | 4.000 ± 1.414 |"
    assert nlls in next(line for line in text.splitlines() if line.startswith("| one network"))
    assert "| random signs, mean | missing |" in text and "N(1, 0.05)" not in text
    for score in ("nll", "disagreement"):
        path = tmp_path / "figures" / f"overview-initializer-{score}.png"
        assert path.stat().st_size > 10_000


def test_every_trial_fits_its_time():
    folder = ROOT / "docs" / "results" / "members"
    paths = sorted(folder.glob("*.jsonl"))
    assert paths
    for path in paths:
        for name, seeds in read_results(folder, path.stem).items():
            for seed, result in seeds.items():
                assert result["cpu_seconds"] <= 20 * 60, (path, name, seed)


def test_tables_and_the_figure_of_benchmarks(tmp_path, monkeypatch):
    script = load_script()
    row = {"network": "mlp", "members": 2}
    setting = {"fixed": "rows", "compiler": "graph", "pass": "forward + backward"}
    content = {
        "cost": [{**row, "members_parameters": 1200, "members_mb": 2.5}],
        "times": [{**row, **setting, "members_ms": 3.0, "separate_ms": 4.0, "ratio": 0.75}],
    }
    markers = ("rows: members/cost", "across: members/times", "figure: members/cost")
    page = tmp_path / "benchmarks.md"
    page.write_text("".join(f"<!-- {marker} -->\nold\n<!-- end -->\n" for marker in markers))
    monkeypatch.setattr(script, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_tables"])
    assert script.main() == 0
    assert page.read_text().count("missing") == 3
    (tmp_path / "results" / "benchmarks").mkdir(parents=True)
    (tmp_path / "results" / "benchmarks" / "members.json").write_text(json.dumps(content))
    assert script.main() == 0
    text = page.read_text()
    assert "| network | members | members parameters | members mb |" in text
    assert "| mlp | 2 | 1,200 | 2.50 |" in text
    assert "| mlp | rows | graph | forward + backward | 0.750 |" in text and "M = 2" in text
    assert "![What M members cost](figures/cost.png)" in text
    assert (tmp_path / "figures" / "cost.png").stat().st_size > 10_000
    monkeypatch.setattr(sys, "argv", ["make_tables", "--check"])
    assert script.main() == 0


def test_the_figure_of_scale(tmp_path):
    sizes = {"step_ms": 410, "peak_mb": 1769, "gradient_mb": 30.3}
    names = ("one network", "1 split", "4 split", "4 shared")
    content = {"members": [{"members": name, **sizes} for name in names]}
    load_script().report.FIGURES["scale"](content, tmp_path / "scale.png")
    assert (tmp_path / "scale.png").stat().st_size > 5_000
