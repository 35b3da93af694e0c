"""Tables of rows are what a reader would write; the figure shows what the rows hold."""

import pytest


@pytest.fixture
def report(benchmark):
    return benchmark("report")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("graph", "graph"),
        (1234567, "1,234,567"),
        (1.0, "1.00"),
        (0.01234, "0.0123"),
        (0.001, "0.00100"),
        (7.51e-07, "7.5e-07"),
        (0.0, "0"),
        (0, "0"),
        (12.345, "12.3"),
        (999.4, "999"),
        (999.6, "1,000"),
        (1234.5, "1,234"),
        ([64, 32, 3], "64 × 32 × 3"),
        ([0.98, 1.125], "0.980 to 1.12"),
    ],
)
def test_values_as_text(report, value, text):
    assert report.cell(value) == text


def test_a_table(report):
    rows = [
        {"layer": "dense", "plain_ms": 2.0, "peer": None},
        {"layer": "conv", "plain_ms": 30.0, "peer": 1.5},
    ]
    assert report.table(rows) == (
        "| layer | plain ms | peer |\n| --- | ---: | ---: |\n"
        "| dense | 2.00 | – |\n| conv | 30.0 | 1.50 |\n"
    )


def test_rows_are_printed_while_they_come(report, capsys):
    def rows():
        yield {"a": 1}
        assert capsys.readouterr().out == "| a |\n| ---: |\n| 1 |\n"
        yield {"a": 2}

    assert report.show(rows()) == [{"a": 1}, {"a": 2}]
    assert capsys.readouterr().out == "| 2 |\n"


def test_one_column_for_each_number_of_members(report):
    rows = [
        {"network": name, "members": members, "ratio": ratio, "members_ms": 1.0}
        for name, members, ratio in (("mlp", 1, 1.1), ("mlp", 2, 0.9), ("cnn", 1, 1.0))
    ]
    assert report.across_members(rows, "ratio") == [
        {"network": "mlp", "M = 1": 1.1, "M = 2": 0.9},
        {"network": "cnn", "M = 1": 1.0},
    ]


def test_a_figure(report, tmp_path):
    cost = [
        {
            "network": "mlp",
            "members": members,
            "members_parameters": 100 + members,
            "separate_parameters": 100 * members,
            "members_mb": 20.0,
            "one_by_one_mb": 10.0,
            "separate_mb": 5.0 * members,
        }
        for members in (1, 2)
    ]
    times = [
        {
            "network": "mlp",
            "fixed": fixed,
            "compiler": "graph",
            "pass": "forward + backward",
            "members": members,
            "members_ms": 1.0,
            "separate_ms": 2.0,
        }
        for fixed in ("rows", "examples")
        for members in (1, 2)
    ]
    path = tmp_path / "cost.png"
    report.draw_cost({"cost": cost, "times": times}, path)
    assert path.stat().st_size > 20_000


def test_the_figure_of_growth_has_a_panel_for_each_number_of_images(report, tmp_path, monkeypatch):
    """What was measured with one number of members is left out."""
    drawn, lines = [], report._lines

    def recorded(panel, rows, key, *style):
        drawn.append((key, *style, [row["members"] for row in rows]))
        lines(panel, rows, key, *style)

    monkeypatch.setattr(report, "_lines", recorded)
    sizes = [
        {"model": name, "members": m, "members_parameters": 100 + m, "separate_parameters": 100 * m}
        for name, m in (("resnet20", 2), ("resnet20", 4), ("wrn28-10", 4))
    ]
    times = [
        {"model": "resnet20", "members": m, "images": images, "compiler": compiler}
        | {"members_ms": 1.0 * m, "separate_ms": 2.0 * m}
        for m in (2, 4)
        for images in (1, 64)
        for compiler in ("graph", "xla")
    ]
    path = tmp_path / "growth.png"
    report.draw_growth({"sizes": sizes, "times": times}, path)
    of_times = [("{}_ms", style, [2, 4]) for style in ("-", "--")]
    assert drawn == [("{}_parameters", [2, 4]), *of_times, *of_times]
    assert path.stat().st_size > 20_000
