"""The binary ticket by counting: weights ±1 with one scale a layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.stats import binom
from torch import nn

from slth import checks
from slth.networks.residual import nested
from slth.networks.sources import random_source
from slth.solvers._base import Solver
from slth.tickets.choosing import Counting
from slth.tickets.pairs import PAIR, BlockedPairs
from slth.tickets.prediction import Prediction, Success, levels, smallest

REACH = 4.0  # α = REACH·max|w|/n: a weight needs n/4 of its about n/2 candidates of its sign


@dataclass(frozen=True)
class BinaryPolynomial(BlockedPairs):
    """Tickets of ±1 weights: a weight is α times a number of kept units, counted.

    The source's weights are signs, those of each V times one scale, α = 4 max|K|/n of its layer:
    the gain that the theorem allows, which depends on the target through max|K| (and on nothing
    else of it) and is fixed before any sign is drawn. `BlockedPairs` says how a layer is
    imitated; a candidate a_h·V_h is ±α, the sum α·(an integer), so |error| ≤ α/2 = 2 max|K|/n once
    the pool holds enough of the sign: n grows like 1/eps. Options: those of `BlockedPairs`.

    Source: Diffenderfer, Kailkhura, ICLR 2021. Cost: n a problem, no search.
    """

    name: ClassVar[str] = "binary_polynomial"
    source: ClassVar[str] = "Diffenderfer, Kailkhura, ICLR 2021"
    statement: ClassVar[str] = "n = poly(d, ℓ, 1/eps, log(1/delta)), polynomial (memory)"
    label: ClassVar[str | dict[str, str]] = "binary, counting"
    words: ClassVar[str | dict[str, str]] = "binary counting"
    family: ClassVar[str] = "symmetry, signs"
    rate: ClassVar[str] = "power"
    law: ClassVar[str] = "signs"

    def solver(self) -> Solver:
        return Counting()

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        layers, tail = self.split(target)
        source = random_source(layers, n, seed, self.law)
        kernels = list(source.parameters())[1::2]
        with torch.no_grad():
            for V, scale in zip(kernels, scales(layers, n), strict=True):
                V.mul_(scale)
        return nn.Sequential(*nested(target, source, PAIR), *tail)

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n exactly, from α/2 ≤ eps and the counts, Binomial(2n, 1/4)."""
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        layers, _ = self.split(target)
        parts = [
            np.tile(layer.weight.abs().flatten().numpy(), len(self.signs(layers, i)))
            for i, layer in enumerate(layers)
        ]

        def missed(n: int) -> float:
            total = 0.0
            for weights, alpha in zip(parts, scales(layers, n), strict=True):
                needed = np.ceil((weights - eps) / alpha)
                total += float(binom.cdf(needed - 1, 2 * n, 0.25).sum())
            return total

        largest = max(float(w.max()) for w in parts)
        n = smallest(missed, delta, max(1, math.ceil(REACH * largest / (2 * eps))))
        return Prediction(self.statement, 1 / eps, n, "exact" if n else "none", problems, d)


def scales(layers: Sequence[Any], n: int) -> list[float]:
    """α of each layer: 4 max|K|/n, 1/n where K is zero."""
    n = checks.integer("n", n, low=1)
    largest = [float(layer.weight.abs().max()) for layer in layers]
    return [REACH * top / n if top else 1.0 / n for top in largest]
