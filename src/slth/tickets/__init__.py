"""The ticket room: `build` and its stages, the constructions, what to measure on a ticket."""

from slth.tickets.base import Construction
from slth.tickets.control import random_control
from slth.tickets.effective import effective_kernels, per_entry_tolerance
from slth.tickets.empty import EmptySubsetWarning
from slth.tickets.measure import accuracy, data_error, decisions
from slth.tickets.predicted import predicted_width
from slth.tickets.problems import SubsetProblems, solve_problems
from slth.tickets.registry import CONSTRUCTIONS, get
from slth.tickets.stages import assemble, build, sample_source, subset_problems
from slth.tickets.store import load
from slth.tickets.ticket import Ticket
from slth.tickets.whole.ticket import WholeTicket

__all__ = [
    "CONSTRUCTIONS",
    "Construction",
    "EmptySubsetWarning",
    "SubsetProblems",
    "Ticket",
    "WholeTicket",
    "accuracy",
    "assemble",
    "build",
    "data_error",
    "decisions",
    "effective_kernels",
    "get",
    "load",
    "per_entry_tolerance",
    "predicted_width",
    "random_control",
    "sample_source",
    "solve_problems",
    "subset_problems",
]


def __dir__() -> list[str]:
    return __all__
