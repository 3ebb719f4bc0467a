"""Sup-norm error of a ticket: `bracket` gives certified bounds on sup ‖f(X) − g(X)‖_max."""

from slth.supnorm.bracket import Bracket, bracket

__all__ = ["Bracket", "bracket"]
