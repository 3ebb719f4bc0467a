"""Equivariant tickets: what is pruned are coefficients in an equivariant basis."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from slth.networks.equivariant_layers import as_plain, invariant_tail, read_equivariant
from slth.tickets.base import Comparable
from slth.tickets.pairs import BlockedPairs
from slth.tickets.prediction import Prediction, Success, levels, of_products
from slth.tickets.ticket import Ticket


@dataclass(frozen=True)
class Equivariant(BlockedPairs):
    """Tickets of equivariant networks that are equivariant themselves, whatever is pruned.

    The target is a Sequential of `slth.networks.QuarterTurnConv` (C_4, quarter turns, regular
    fields) or `SetLinear` (permutations: Deep Sets, one hop on a graph), with ReLU between; a tail
    of InvariantMean and Linear is copied. The source replaces each layer by two of the same group,
    their coefficients U[-1, 1]: a pixelwise one to 2n fields of the input's kind for each input
    field, and one like the target's. Of the pixelwise layer only multiples of the identity are
    kept, a_h on one input field (a ReLU commutes with the group's permutations), and each target
    coefficient ψ is a subset sum of about n products a_h·V_h, d = 1, as in `BlockedPairs`.
    nonnegative_input: as there. readout: "exact" only.

    Source: Ferbach, Tsirigotis, Gidel, Bose, ICLR 2023, for any group with such a basis; C_N with
    N ≠ 4 needs interpolated kernels, which commute with the group only up to their own error.
    Cost: one d = 1 problem a coefficient and sign.
    """

    name: ClassVar[str] = "equivariant"
    source: ClassVar[str] = "Ferbach, Tsirigotis, Gidel, Bose, ICLR 2023"
    statement: ClassVar[str] = "n = C log(coefficients ℓ/min(eps, delta)) a coefficient (memory)"
    label: ClassVar[str | dict[str, str]] = "equivariant"
    words: ClassVar[str | dict[str, str]] = "equivariant coefficients"
    family: ClassVar[str] = "symmetry, signs"
    rate: ClassVar[str] = "candidates"
    random_sums: ClassVar[bool] = True
    law: ClassVar[str] = "uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.readout != "exact":
            raise ValueError(f"readout: got {self.readout!r}, equivariant takes 'exact' only")

    def read(self, target: nn.Sequential) -> list[Any]:
        return read_equivariant(target)

    def split(self, target: nn.Sequential) -> tuple[list[Any], list[nn.Module]]:
        layers = self.read(target)
        return layers, [copy.deepcopy(module).double() for module in invariant_tail(target)]

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n by the quenched formula for u·v, targets averaged."""
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        layers = self.split(target)[0]
        largest = max(layer.weight.numel() for layer in layers)
        order = math.log(largest * len(layers) / min(eps, delta))

        return of_products(self.statement, order, problems, d, eps, delta, success)

    def comparable(self, ticket: Ticket, input_shape: Sequence[int]) -> Comparable:
        """Both networks as plain ones (`slth.networks.as_plain`); sets are flattened."""
        f, g = (as_plain(network, input_shape) for network in (ticket.target, ticket.ticket))
        shape = tuple(input_shape) if len(input_shape) == 3 else (math.prod(input_shape),)
        return Comparable(f, g, shape)
