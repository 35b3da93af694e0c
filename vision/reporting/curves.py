"""Figures of one panel, one line a system: how members differ, and what rejecting images gains."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from be_tracks.report.style import legend, line_styles, percent, png, tidy
from vision.reporting.summary import ensembles

# A mean over fewer images says nothing.
FEWEST = 10


def diversity_figure(systems: dict[str, dict]) -> bytes:
    """Draw the mean pairwise KL of each ensemble's members by the ensemble's confidence.

    Bins of fewer than 10 images are left out. The legend holds the share of images on which two
    members disagree.

    Args:
        systems: `{name: evaluation}`; single networks have no line.

    Returns:
        The bytes of a PNG file.
    """
    figure, axes = _panel()
    styles, labels = line_styles(systems), {}
    for name, system in ensembles(systems).items():
        bins = system["divergence"]
        filled = [place for place, count in enumerate(bins["count"]) if count >= FEWEST]
        x, y = ([bins[key][place] for place in filled] for key in ("confidence", "pairwise_kl"))
        axes.plot(x, y, **styles[name], clip_on=False)  # a mark at 0 shows whole
        labels[f"{name}\n{system['disagreement']:.2%} disagreement"] = styles[name]
    axes.set(xlim=(0, 1.02), xlabel="confidence of the ensemble")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("mean KL divergence between two members, nats")
    axes.set_title("How far members differ, by how sure the ensemble is (0: one network)", size=11)
    axes.xaxis.set_major_formatter(percent())
    legend(figure, labels)
    return png(figure)


def rejection_figure(systems: dict[str, dict]) -> bytes:
    """Draw the accuracy of the images that are kept when the least confident are rejected.

    Args:
        systems: `{name: evaluation}`.

    Returns:
        The bytes of a PNG file.
    """
    figure, axes = _panel()
    styles = line_styles(systems)
    for name, system in systems.items():
        axes.plot(system["rejection"]["rejected"], system["rejection"]["accuracy"], **styles[name])
    axes.set(
        xlabel="images rejected, the least confident first", ylabel="accuracy of the images kept"
    )
    axes.set_title("Accuracy of the images that are kept (higher is better)", size=11)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(percent())
    legend(figure, styles)
    return png(figure)


def _panel() -> tuple[Figure, Axes]:
    """A figure of one panel with room for a legend on its right."""
    figure = Figure(figsize=(9.6, 4.8), layout="constrained")
    axes = figure.subplots()
    tidy(axes)
    return figure, axes
