"""The single-weight ticket: for each target weight, one hidden unit within eps of it."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

from slth.solvers._base import Solver
from slth.tickets.choosing import Single
from slth.tickets.pairs import BlockedPairs
from slth.tickets.prediction import Prediction, Success, levels, smallest


@dataclass(frozen=True)
class SingleWeight(BlockedPairs):
    """Tickets that keep, for each weight w and input sign, one hidden unit with |u·v − w| ≤ eps.

    The source is U[-1, 1] twice as deep as the target, dense or convolutional. No subset sum: the
    candidates a_h V_h of a weight are looked at in order until one is within eps ("sample until
    within eps"); where none is, the nearest is kept and the row counts as missed. A row's ``work``
    is the number looked at. Units are shared among the weights of one input channel, as V has an
    entry for each. Options: those of `BlockedPairs`.

    Source: Malach, Yehudai, Shalev-Shwartz, Shamir, ICML 2020, for |w| well below 1: the density
    of u·v, −½ ln|w|, vanishes at ±1. Cost: c_in·c_out·k²·(1 or 2) scans of n numbers per layer.
    """

    name: ClassVar[str] = "single_weight"
    source: ClassVar[str] = "Malach, Yehudai, Shalev-Shwartz, Shamir, ICML 2020"
    statement: ClassVar[str] = "n = poly(1/eps)·log(weights/delta), polynomial (memory)"
    label: ClassVar[str | dict[str, str]] = "one unit per weight"
    words: ClassVar[str | dict[str, str]] = "one unit per weight"
    family: ClassVar[str] = "single weights"
    rate: ClassVar[str] = "power"
    law: ClassVar[str] = "uniform"

    def subset_size(self) -> int:
        return 1

    def solver(self) -> Solver:
        return Single()

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n exactly, from P(|u·v − w| ≤ eps) of each weight.

        A pool has a binomial number of candidates, so a weight is missed with (1 − p/2)^{2n}.
        """
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        weights = self.values(target)
        p = product_cdf(weights + eps) - product_cdf(weights - eps)

        def missed(n: int) -> float:
            return float(np.exp(2 * n * np.log1p(-p / 2)).sum())

        order = math.log(problems / delta) / eps
        n = smallest(missed, delta) if p.min() > 0 else None
        return Prediction(self.statement, order, n, "exact" if n else "none", problems, d)


def product_cdf(x: np.ndarray) -> np.ndarray:
    """P(u·v ≤ x), u and v ~ U[-1, 1]: ½ + x(1 − ln|x|)/2 on [-1, 1]."""
    inside = np.clip(x, -1.0, 1.0)
    size = np.abs(inside)
    log = np.log(np.where(size > 0, size, 1.0))
    return 0.5 + 0.5 * inside * (1 - log)
