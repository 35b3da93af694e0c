"""The learning figure: the validation's scores by the tokens that training had read."""

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from be_tracks.report.style import legend, line_styles, percent, png, tidy

# Key of the log, title, whether it is a share. What no system has is left out.
PANELS = (
    ("nll", "NLL, nats per token (lower is better)", False),
    ("bleu", "BLEU, greedy search (higher is better)", False),
    ("ece", "ECE (lower is better)", True),
    ("disagreement", "disagreement of members (0: one network)", True),
)


def with_history(systems: dict[str, dict]) -> dict[str, dict]:
    """The systems that were validated more than once, and say so."""
    return {
        name: system
        for name, system in systems.items()
        if len(system["training"].get("validations", {}).get("tokens", ())) > 1
    }


def learning_figure(systems: dict[str, dict]) -> bytes:
    """Draw the scores of every validation, one line a system.

    Args:
        systems: `{name: evaluation}`, each with several `training.validations`.

    Returns:
        The bytes of a PNG file.
    """
    lines = {
        key: {
            name: system["training"]["validations"][key]
            for name, system in systems.items()
            if _has(system, key)
        }
        for key, _, _ in PANELS
    }
    panels = [panel for panel in PANELS if lines[panel[0]]]
    figure = Figure(figsize=(4.3 * len(panels), 4.4), layout="constrained")
    styles = line_styles(systems)
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (key, title, share) in zip(grid, panels, strict=True):
        for name, values in lines[key].items():
            axes.plot(systems[name]["training"]["validations"]["tokens"], values, **styles[name])
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("target tokens read (unique)")
        axes.set_xlim(left=0)
        if key != "nll":
            axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        if share:
            axes.yaxis.set_major_formatter(percent())
        tidy(axes)
    legend(figure, styles, below=True)
    return png(figure)


def _has(system, key):
    if key == "disagreement" and system["ensemble_size"] == 1:
        return False
    return key in system["training"]["validations"]
