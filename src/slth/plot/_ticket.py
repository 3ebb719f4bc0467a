"""What a ticket keeps, layer by layer."""

from matplotlib.axes import Axes

from slth.plot._axes import axes_of
from slth.tickets.methods import TicketMethods


def ticket(made: TicketMethods, ax: Axes | None = None) -> Axes:
    """Draw how many candidates a ticket keeps, layer by layer, and how well; returns the axes.

    made: of `slth.tickets.build`. Bars: members of all subsets of a layer; above each the median
    error of its problems. Raises TypeError naming the argument.

    >>> from torch import nn
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> made = slth.tickets.build("structured_convolution", net, n=20, granularity="entry")
    >>> ax = slth.plot.ticket(made)
    >>> len(ax.patches)
    2
    """
    if not isinstance(made, TicketMethods):
        raise TypeError(f"made: got {type(made).__name__}, takes a ticket of slth.tickets.build")
    table, axes = made.summary(), axes_of(ax)
    bars = axes.bar(range(len(table)), table["members"].to_numpy(float))
    axes.bar_label(bars, [f"{error:.1g}" for error in table["median_error"]])
    axes.margins(y=0.08)  # for the words above the highest bar
    axes.set_xticks(range(len(table)), [str(name) for name in table["layer"]])
    axes.set(xlabel="layer; above: median error", ylabel="candidates kept")
    return axes
