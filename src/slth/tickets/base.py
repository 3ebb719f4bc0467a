"""What a construction is: three stages around the solving of subset problems."""

import abc
import dataclasses
from typing import Any, ClassVar

import pandas as pd
from torch import nn

from slth.tickets.problems import SubsetProblems
from slth.tickets.ticket import Ticket


class Construction(abc.ABC):
    """A way to cut a ticket out of a random network. One file each, one line in the registry.

    A subclass is a frozen dataclass whose fields are its options. Its stages are functions of
    their arguments alone, so a pipeline may run them in different jobs.
    """

    name: ClassVar[str]
    source: ClassVar[str]

    @abc.abstractmethod
    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        """Sample the random network, once."""

    @abc.abstractmethod
    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        """State the subset problems whose solutions say what is kept."""

    @abc.abstractmethod
    def assemble(
        self, target: nn.Sequential, source: nn.Sequential, solutions: pd.DataFrame
    ) -> Ticket:
        """Turn solved problems, rows in any order, into a ticket."""

    def options(self) -> dict[str, Any]:
        """Return the options by name."""
        return dataclasses.asdict(self)  # type: ignore[call-overload]
