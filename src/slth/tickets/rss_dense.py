"""The random-subset-sum ticket of a dense network: every weight a subset sum of products u·v."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from slth import checks, seeding
from slth.networks.architectures import linear
from slth.tickets.pairs import BlockedPairs
from slth.tickets.prediction import Prediction, Success, levels, of_products

SAMPLES = ("products", "rows")


@dataclass(frozen=True)
class RSSDense(BlockedPairs):
    """Tickets of dense ReLU networks, 2ℓ layers, edges pruned, d = 1, the inputs split by sign.

    coefficients: "products" is the theorem: U and V ~ U[-1, 1], so that a weight W_ij has about n
    candidates V_ih·a_h of its own, h in the block of input j. "rows" is what the authors' published
    code does: all weights of a row (one output i) choose among the same n coefficients, drawn
    from U[min W, max W] of the layer; here as a network, U = ±1 (n hidden units of each sign an
    input) and V_ih the h-th coefficient of row i, negated for the − units. Its n is exact, its
    weights are neither independent nor products, and no theorem covers it.
    nonnegative_input, readout: as in `BlockedPairs`; readout="ticket" imitates every layer.

    Source: Pensia, Rajput, Nagle, Vishwakarma, Papailiopoulos, NeurIPS 2020. Cost: c_in·c_out·(1 or
    2) problems per layer, solved c_out at a time.
    """

    name: ClassVar[str] = "rss_dense"
    source: ClassVar[str] = "Pensia, Rajput, Nagle, Vishwakarma, Papailiopoulos, NeurIPS 2020"
    statement: ClassVar[str] = "n = C log(d_in d_out ℓ/min(eps, delta)) a weight (memory)"
    label: ClassVar[str | dict[str, str]] = "RSS, dense"
    words: ClassVar[str | dict[str, str]] = "RSS in dense layers"
    family: ClassVar[str] = "single weights"
    rate: ClassVar[str] = "candidates"
    random_sums: ClassVar[bool] = True
    law: ClassVar[str] = "uniform"

    coefficients: str = "products"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.choice("coefficients", self.coefficients, SAMPLES)

    def read(self, target: nn.Sequential) -> list[Any]:
        layers = super().read(target)
        if not all(layer.dense for layer in layers):
            raise ValueError("target: got a convolution, takes dense layers; use rss_convolution")
        return layers

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        if self.coefficients == "products":
            return super().sample_source(target, n, seed)
        layers, tail = self.split(target)
        return nn.Sequential(*_row_source(layers, checks.integer("n", n, low=1), seed), *tail)

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n by the quenched formula for u·v, targets averaged.

        For "rows" no theorem: n is None.
        """
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        layers = self.split(target)[0]
        largest = max(layer.weight.numel() for layer in layers)
        order = math.log(largest * len(layers) / min(eps, delta))
        if self.coefficients == "rows":
            return Prediction(self.statement, order, None, "none", problems, d)

        return of_products(self.statement, order, problems, d, eps, delta, success)


def _row_source(layers: Sequence[Any], n: int, seed: int) -> list[nn.Module]:
    """U = ±1 and V_ih shared by the inputs: n coefficients a row, from U[min W, max W]."""
    modules: list[nn.Module] = []
    for i, layer in enumerate(layers):
        c_out, c_in = layer.weight.shape
        low, high = float(layer.weight.min()), float(layer.weight.max())
        rng = seeding.generator(seed, "source", n, i, "rows")
        shared = torch.from_numpy(rng.uniform(low, high, (c_out, n)))
        V = torch.cat([shared, -shared], dim=1).repeat(1, c_in)
        signs = torch.from_numpy(np.repeat([1.0, -1.0], n))
        U = signs.repeat(c_in)[:, None].repeat(1, c_in)
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [linear(U), nn.ReLU(), linear(V)]
        modules += [nn.ReLU()] if layer.relu else []
    return modules
