"""The axes that a picture is drawn on."""

from matplotlib import pyplot
from matplotlib.axes import Axes


def axes_of(ax: Axes | None) -> Axes:
    """Return ``ax``, or the axes of a new figure of pyplot; TypeError for anything else."""
    if ax is None:
        return pyplot.figure().add_subplot()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax: got {type(ax).__name__}, takes an axes of matplotlib, or None")
    return ax
