"""How benchmarks show their rows: Markdown tables of any dicts, and the figure of the cost of M.

Takes rows as the JSON files hold them; matplotlib is needed for the figure alone.
"""

from pathlib import Path

# The line of each way to run M networks: key of its numbers, label, colour.
WAYS = (
    ("members", "members in one pass", "#4477aa"),
    ("one_by_one", "member by member", "#228833"),
    ("separate", "separate networks", "#cc6677"),
)


def table(rows):
    """Give a Markdown table of dicts with the same keys; a column a key."""
    return "\n".join([header(rows[0]), *(line(row) for row in rows)]) + "\n"


def show(rows):
    """Print rows as a table while they come, and give them as a list."""
    found = []
    for row in rows:
        print(line(row) if found else f"{header(row)}\n{line(row)}", flush=True)
        found.append(row)
    return found


def header(row):
    """The two lines above rows like this one; numbers stand to the right."""
    titles = [key.replace("_", " ") for key in row]
    sides = ["---" if isinstance(value, str) else "---:" for value in row.values()]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (titles, sides))


def line(row):
    """One row in Markdown."""
    return "| " + " | ".join(cell(value) for value in row.values()) + " |"


def cell(value):
    """A value of a row as text: three digits of a float, two of a tiny one; a range or a shape."""
    if value is None or isinstance(value, str):
        return value or "–"
    if isinstance(value, list):
        shape = all(isinstance(each, int) for each in value)
        return (" × " if shape else " to ").join(cell(each) for each in value)
    if isinstance(value, int) or value == 0 or abs(value) >= 999.5:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".") if abs(value) >= 1e-3 else f"{value:.1e}"


def across_members(rows, key):
    """One row for all M: the column `key` becomes one column for each number of members.

    Args:
        rows: Dicts of "members", of `key` and of strings, which tell the settings apart.
        key: What to show.

    Returns:
        Dicts of the settings and of "M = 1", "M = 2" and so on, in the order they came.
    """
    found = {}
    for row in rows:
        settings = {name: value for name, value in row.items() if isinstance(value, str)}
        wide = found.setdefault(tuple(settings.values()), settings)
        wide[f"M = {row['members']}"] = row[key]
    return list(found.values())


def draw_cost(content, path: str | Path) -> None:
    """Draw what M members cost as an image: parameters, memory, and time of training.

    Args:
        content: Of `members.py`: "cost" and "times".
        path: The image to write, .png or .svg.
    """
    import matplotlib  # an extra: tables do without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    networks = list(dict.fromkeys(row["network"] for row in content["cost"]))
    figure, panels = pyplot.subplots(
        len(networks), 4, figsize=(13, 3.2 * len(networks)), squeeze=False, layout="constrained"
    )
    for network, (parameters, memory, *times) in zip(networks, panels, strict=True):
        cost = [row for row in content["cost"] if row["network"] == network]
        _lines(parameters, cost, "{}_parameters")
        _lines(memory, cost, "{}_mb")
        parameters.set_title(f"{network}: parameters", fontsize=10)
        memory.set_title(f"{network}: peak memory of prediction, MB", fontsize=10)
        for panel, fixed in zip(times, ("rows", "examples"), strict=True):
            _draw_times(panel, content["times"], network, fixed)
    handles, labels = panels[0][1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(WAYS), fontsize=9)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def draw_growth(content, path: str | Path) -> None:
    """Draw how a prediction grows with the members, as an image: weights, and times by images.

    Args:
        content: Of `prediction.py`: "sizes" and "times".
        path: The image to write, .png or .svg.
    """
    import matplotlib  # an extra: tables do without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    times = content["times"]
    # What was measured with one number of members alone does not grow.
    sizes = [row for row in content["sizes"] if _members_of(content["sizes"], row["model"]) > 1]
    models = list(dict.fromkeys(row["model"] for row in sizes))
    batches = sorted({row["images"] for row in times})
    figure, panels = pyplot.subplots(
        len(models),
        1 + len(batches),
        figsize=(3.6 * (1 + len(batches)), 3.2 * len(models)),
        squeeze=False,
        layout="constrained",
    )
    for model, (weights, *by_batch) in zip(models, panels, strict=True):
        _lines(weights, [row for row in sizes if row["model"] == model], "{}_parameters")
        weights.set_title(f"{model}: parameters", fontsize=10)
        for panel, images in zip(by_batch, batches, strict=True):
            for compiler, style in (("graph", "-"), ("xla", "--")):
                settings = {"model": model, "images": images, "compiler": compiler}
                _lines(panel, [r for r in times if settings.items() <= r.items()], "{}_ms", style)
            many = "1 image" if images == 1 else f"{images} images"
            panel.set_title(f"{model}: {many}, ms\n(graph solid, XLA dashed)", fontsize=10)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(WAYS), fontsize=9)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def draw_scale(content, path: str | Path) -> None:
    """Draw how a training step grows with the members, as an image: its time and its memory.

    Args:
        content: Of `scale.py`: "members".
        path: The image to write, .png or .svg.
    """
    import matplotlib  # an extra: tables do without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    one = next(row for row in content["members"] if row["members"] == "one network")
    figure, panels = pyplot.subplots(1, 2, figsize=(7, 3.2), layout="constrained")
    titles = {"step_ms": "step, ms", "peak_mb": "peak memory, MB"}
    for panel, (key, title) in zip(panels, titles.items(), strict=True):
        panel.axhline(one[key], color="0.4", linestyle="--", label="one network")
        for ways, label, colour in (
            ("split", "split batches", "#4477aa"),
            ("shared", "repeated batches", "#cc6677"),
        ):
            rows = [row for row in content["members"] if row["members"].endswith(ways)]
            sizes = [int(row["members"].split()[0]) for row in rows]
            panel.plot(sizes, [row[key] for row in rows], marker="o", color=colour, label=label)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("members M", fontsize=9)
        panel.set_xticks([1, 2, 4, 8])
        panel.set_ylim(bottom=0)
        panel.tick_params(labelsize=8)
        panel.grid(color="0.9")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _members_of(rows, model):
    """How many numbers of members rows of a model have."""
    return len({row["members"] for row in rows if row["model"] == model})


# The figure of each benchmark that has one.
FIGURES = {"members": draw_cost, "prediction-growth": draw_growth, "scale": draw_scale}


def _draw_times(panel, rows, network, fixed):
    """Training times; what XLA compiles is dashed."""
    for compiler, style in (("graph", "-"), ("xla", "--")):
        settings = {
            "network": network,
            "fixed": fixed,
            "compiler": compiler,
            "pass": "forward + backward",
        }
        shown = [row for row in rows if settings.items() <= row.items()]
        _lines(panel, shown, "{}_ms", style)
    panel.set_title(
        f"{network}: training, ms, the same {fixed}\n(graph solid, XLA dashed)", fontsize=10
    )


def _lines(panel, rows, key, style="-"):
    """A line for each way that the rows know, over the number of members; both axes are logs."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    for way, label, colour in WAYS:
        name = key.format(way)
        points = [(row["members"], row[name]) for row in rows if name in row]
        if points:
            panel.plot(*zip(*points, strict=True), style, marker="o", color=colour, label=label)
    panel.set_xscale("log", base=2)
    panel.set_yscale("log")
    panel.set_xlabel("members M", fontsize=9)
    panel.xaxis.set_major_formatter("{x:.0f}")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter(EngFormatter(sep=""))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.tick_params(labelsize=8)
    panel.grid(color="0.9")
