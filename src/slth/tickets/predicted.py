"""The width that a theorem, or the project's own formula, asks of a construction."""

from torch import nn

from slth.tickets.base import Construction
from slth.tickets.prediction import Prediction


def predicted_width(
    construction: Construction, target: nn.Sequential, eps: float, delta: float = 0.01
) -> Prediction:
    """Return what width a ticket of target needs for tolerance eps a problem and failure delta.

    delta: expected number of missed problems that is allowed, in (0, 1). Raises ValueError or
    TypeError naming a wrong argument, and what the construction cannot imitate in ``target``.
    Cost: some seconds where the quenched formula is searched, else none to speak of.
    """
    from slth.theory.quenched import success_probability  # scipy.stats: most of a second to load

    return construction.width(target, eps, delta, success_probability)
