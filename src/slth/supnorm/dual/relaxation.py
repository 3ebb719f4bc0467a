"""The Lagrangian dual of a pair of networks: its value and its rounding."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple, affine_pair
from slth.supnorm.dual.blocks import Blocks, blocks
from slth.supnorm.dual.coordinates import Coordinates, entry, kernels, row_errors
from slth.supnorm.dual.stage import Allowed, Multipliers, Passed, Stage, adjoint, stage
from slth.supnorm.layers import Layer, Layers

_CUT = 0.75  # share of δ that ranges bound at first, where they are known to be narrower


@dataclass(frozen=True)
class Affine:
    """A layer pair without ReLU: z = K_f x, δ = (K_f − K_g) x + K_g Δ, passed back exactly."""

    f: Layer
    g: Layer
    whole: Coordinates

    @property
    def rows(self) -> int:
        """Number of outputs N."""
        return math.prod(self.f.geometry.out_shape)

    def back(self, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Linear form of the inputs, (T, M, 2), the bias terms, (T,), and the slack, (T,)."""
        of_z, of_delta = kernels(self.f, self.g, self.whole.signed)
        parts = [
            adjoint(self.f, a, c[..., 0]) + adjoint(self.f, b, c[..., 1])
            for a, b in zip(of_z, of_delta, strict=True)
        ]
        error = torch.stack(row_errors(self.f, self.g, self.whole), -1)
        # the adjoint sums over outputs what the row errors sum over inputs
        slack = (2 + c.shape[1] / self.f.terms) * (c.detach().abs() * error).sum((1, 2))
        return torch.stack(parts, -1), (c * self.shifts()).sum((1, 2)), slack

    def ahead(self, v: Tensor) -> Tensor:
        """Values (T, N, 2) of z and δ at inputs v (T, M, 2), rounded as they come."""
        apply, shape = self.f.geometry.apply, (len(v), *self.f.geometry.in_shape)
        first, second = (v[..., i].reshape(shape) for i in range(2))
        rows = [
            (apply(a, first) + apply(b, second)).flatten(1)
            for a, b in kernels(self.f, self.g, self.whole.signed)
        ]
        return torch.stack(rows, -1) + self.shifts()

    def shifts(self) -> Tensor:
        """Biases of z and δ: (N, 2)."""
        zero = torch.zeros(self.f.geometry.out_shape, dtype=torch.float64)
        first, second = zero + self.f.shift(), zero + self.g.shift()
        return torch.stack([first.flatten(), (first - second).flatten()], -1)


@dataclass(frozen=True)
class Dual:
    """Links of the chain from the input to f − g before the last ReLU, and the input's range.

    ranges: the pair before every ReLU, layer by layer.
    """

    links: Sequence[Stage | Affine]
    ranges: Sequence[Triple]

    @property
    def stages(self) -> list[Stage]:
        """The links with a ReLU, first layer first."""
        return [link for link in self.links if isinstance(link, Stage)]

    def allowed(self) -> list[Allowed]:
        """Phase patterns that some input can have, stage by stage, none fixed."""
        return [link.allowed for link in self.stages]

    def start(self, count: int) -> list[Multipliers]:
        """Multipliers 0, stage by stage."""
        return [link.start(count) for link in self.stages]

    def entries(self) -> int:
        """Float64 entries that the largest stage holds for one objective."""
        return max((len(s.phases) * s.z.numel() // s.z.shape[1] for s in self.stages), default=1)

    def value(
        self,
        c: Tensor,
        theta: Sequence[Multipliers],
        allowed: Sequence[Allowed],
        scales: Sequence[Tensor],
    ) -> "Value":
        """Bound on Σ_j c_j · (z_f, δ)_j of the last layer; c: (T, N, 2).

        Sound for every theta whose multipliers of z are ≥ 0: the least over theta is the LP bound
        of the blocks' hulls. Cost: one pass over the blocks' patterns.
        """
        total, slack = c.new_zeros(len(c)), c.new_zeros(len(c))
        sizes = c.new_zeros(len(c))
        passed: list[Passed] = []
        read: list[Tensor] = []
        at = len(theta)
        for link in reversed(self.links):
            if isinstance(link, Affine):
                c, shift, more = link.back(c)
                parts = shift[:, None]
            else:
                at -= 1
                read.insert(0, c.detach())
                here = link.bound(c, scales[at], theta[at], allowed[at])
                c, parts, more = here.form, here.patterns.amax(-1), here.slack
                passed.insert(0, here)
            total, slack = total + parts.sum(1), slack + more
            sizes = sizes + parts.detach().abs().sum(1)
        front = self.links[0].whole
        total = total + front.support(c)
        sizes = sizes + (c.detach().abs() * front.size).sum((1, 2))
        return Value(
            total,
            slack + rounding.margin(self.terms(), sizes),
            c,
            [here.patterns for here in passed],
            [here.influence for here in passed],
            read,
        )

    def terms(self) -> int:
        """Parts that a value adds up, on top of each part's own rounding."""
        return (
            sum(len(s.blocks.outputs) for s in self.stages) + 2 * len(self.links[0].whole.lo) + 16
        )

    def scales(self, c: Tensor) -> list[Tensor]:
        """Unit of the multipliers of every stage for objectives c."""
        scales: list[Tensor] = []
        for link in reversed(self.links):
            if isinstance(link, Affine):
                c = link.back(c)[0]
            else:
                scales.insert(0, link.scale(c))
                c = link.passed_first(c)
        return scales


@dataclass(frozen=True)
class Value:
    """Dual value (T,), its rounding slack (T,), the form left at the input, and, stage by stage,
    the values of the patterns, the influence of the phases (`Passed`) and the form (T, N, 2) of its
    outputs.
    """

    total: Tensor
    slack: Tensor
    form: Tensor
    patterns: list[Tensor]
    influence: list[Tensor]
    read: list[Tensor]

    @property
    def safe(self) -> Tensor:
        """The value with its slack, rounded up; inf where an overflow left no number."""
        safe = rounding.up(self.total.detach() + self.slack)
        return torch.nan_to_num(safe, nan=math.inf, posinf=math.inf, neginf=-math.inf)


def build(
    f: Layers,
    g: Layers,
    places: Sequence[Triple],
    most: int,
    known: Sequence[Triple] | None = None,
    tables: Sequence[Blocks] | None = None,
) -> Dual | None:
    """Dual of layers f, g over the ranges ``places`` of `differential`; None when a layer inside
    reads both signs with K⁺ ≠ K⁻. most: ReLU pairs a block. known: ranges of the pair before every
    ReLU where they are narrower than what the layer makes of ``places``. tables: the blocks of
    every layer, where they are not its own.
    """
    links: list[Stage | Affine] = []
    ranges = []
    for i, (first, second) in enumerate(zip(f, g, strict=True)):
        whole = entry(first, second, places[i], i == 0)
        if whole is None:
            return None
        before = affine_pair(first, second, places[i]) if known is None else known[i]
        ranges.append(before)
        if first.relu and i + 1 < len(f):
            table = blocks(first, most) if tables is None else tables[i]
            cut = _CUT if known is not None and i else 0.0
            links.append(stage(first, second, whole, before.f, before.delta, table, cut))
        else:
            links.append(Affine(first, second, whole))
    return Dual(links, ranges)
