"""A bracket that closes."""

from matplotlib.axes import Axes

from slth.plot._axes import axes_of
from slth.supnorm import Bracket


def trace(bracket: Bracket, ax: Axes | None = None) -> Axes:
    """Draw both ends of a bracket against the boxes that were looked at; returns the axes.

    bracket: of `slth.supnorm.bracket` with ``input_splits``; without, its ends alone, as levels.
    Raises TypeError naming the argument.

    >>> from torch import nn
    >>> f = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1)).double()
    >>> b = slth.supnorm.bracket(f, f, input_shape=(1,), input_splits=8)
    >>> slth.plot.trace(b).get_xlabel()
    'boxes'
    """
    if not isinstance(bracket, Bracket):
        raise TypeError(f"bracket: got {type(bracket).__name__}, takes a slth.supnorm.Bracket")
    axes = axes_of(ax)
    if bracket.trace:
        boxes = [step.boxes for step in bracket.trace]
        axes.step(boxes, [step.upper for step in bracket.trace], where="post", label="upper")
        axes.step(boxes, [step.lower for step in bracket.trace], where="post", label="lower")
    else:
        axes.axhline(bracket.upper, label="upper")
        axes.axhline(bracket.lower, linestyle="--", label="lower")
    axes.set(xlabel="boxes", ylabel="largest difference of the networks")
    axes.legend()
    return axes
