"""Sup-norm error of a ticket: `bracket` gives certified bounds on sup ‖f(X) − g(X)‖_max."""

from slth.supnorm._agreement import Agreement, agreement
from slth.supnorm._around import bracket_around
from slth.supnorm._bracket import Bracket, bracket
from slth.supnorm._exact import exact

__all__ = ["Agreement", "Bracket", "agreement", "bracket", "bracket_around", "exact"]


def __dir__() -> list[str]:
    return __all__
