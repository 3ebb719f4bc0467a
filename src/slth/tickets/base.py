"""What a construction is: three stages around the solving of subset problems, and its theorem."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import pandas as pd
from torch import Tensor, nn

from slth.tickets.prediction import Prediction, Success
from slth.tickets.problems import SubsetProblems
from slth.tickets.ticket import Ticket

Kernels = tuple[Tensor, Tensor]


class Comparable(NamedTuple):
    """Two networks that `slth.supnorm.bracket` takes, on inputs of input_shape."""

    f: nn.Sequential
    g: nn.Sequential
    input_shape: tuple[int, ...]


class Construction(abc.ABC):
    """A way to cut a ticket out of a random network. One file each, one line in the registry.

    A subclass is a frozen dataclass whose fields are its options. Its stages are functions of
    their arguments alone, so a pipeline may run them in different jobs. statement: the theorem's
    width, from memory, with the constants it leaves open as letters.

    In print, as LaTeX, literals that are read without importing the class: label in tables and
    figures, words in prose (each by granularity where that is swept), family, the column of panels
    it is drawn in. rate: how the theorem says that the error falls, "power" (width of order 1/eps),
    "candidates" (halved by so many more), "digits" (halved by each) or "unknown". random_sums:
    whether its problems are random subset sums. blocked: whether the source is block-masked;
    without, no bracket is known.

    >>> slth.tickets.get("rss_dense").statement
    'n = C log(d_in d_out ℓ/min(eps, delta)) a weight (memory)'
    >>> slth.tickets.get("rss_dense").family
    'single weights'
    """

    name: ClassVar[str]
    source: ClassVar[str]
    statement: ClassVar[str]
    label: ClassVar[str | dict[str, str]]
    words: ClassVar[str | dict[str, str]]
    family: ClassVar[str]
    rate: ClassVar[str]
    random_sums: ClassVar[bool] = False
    blocked: ClassVar[bool] = True

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

    @abc.abstractmethod
    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """Say what width the theorem asks for: call `slth.tickets.predicted_width`.

        eps: tolerance of a problem. delta: expected number of missed problems that is allowed.
        success: `slth.theory.success_probability`, passed in so that a pipeline's construction
        jobs do not depend on the theory room.
        """

    @abc.abstractmethod
    def error_bound(self, ticket: Ticket, eps: float | None = None) -> float:
        """Bound ‖target(x) − ticket(x)‖_∞ over ‖x‖_∞ ≤ 1 (x ≥ 0 if so declared), closed form.

        eps: what every subset problem misses at most; None = what each layer's rows miss. With
        eps the build's tolerance it is the theorem's bound, and holds if every problem hit.
        """

    def effective(self, ticket: Ticket) -> list[Kernels] | None:
        """(K⁺, K⁻) of every imitated layer, `slth.tickets.effective_kernels`; None: no such form.

        The layer computes K⁺ ∗ x⁺ + K⁻ ∗ x⁻ in place of K ∗ x⁺ − K ∗ x⁻.
        """
        return None

    def comparable(self, ticket: Ticket, input_shape: Sequence[int]) -> Comparable | None:
        """(f, g, shape) for `slth.supnorm.bracket`, f = target and g = ticket; None: no such pair.

        input_shape: of the ticket's inputs. By default the networks themselves; a construction
        whose ticket is wider or whose modules are its own returns networks that compute the same
        functions, on inputs reshaped to ``shape``.
        """
        return Comparable(ticket.target, ticket.ticket, tuple(input_shape))

    def options(self) -> dict[str, Any]:
        """Return the options by name."""
        return dataclasses.asdict(self)  # type: ignore[call-overload]
