"""A beam from long to short candidates: a solver, and `search` for pools of scaled directions."""

from slth.solvers.beam.pool import Found, search, used

__all__ = ["Found", "search", "used"]
