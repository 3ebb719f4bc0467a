"""Lines about the ReLUs of a pair over known ranges: what a backward pass puts in their place.

Over [l, u] with l < 0 < u: σ(z) ≤ λ z + t with t = max(−λ l, (1 − λ) u), since σ(z) − λ z is convex
and largest at an end, and σ(z) ≥ α z for any α in [0, 1]. For pairs, min(0, δ) ≤ σ(z_f) − σ(z_g) ≤
max(0, δ); the first is concave and the second convex, so a line through values at the ends of the
range of δ, moved to the worse of them, bounds either. Every t is rounded outward.
"""

from dataclasses import dataclass, fields
from typing import TypeVar

import torch
from torch import Tensor

from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import down, up


@dataclass(frozen=True)
class Side:
    """One network's ReLUs, (B, N): open where the phase is not known."""

    open: Tensor
    slope: Tensor
    rise: Tensor
    size: Tensor
    alpha: Tensor

    @classmethod
    def of(cls, z: Range) -> "Side":
        """The chord above; DeepPoly's choice of the lower line (Singh et al., POPL 2019)."""
        mixed = (z.lo < 0) & (z.hi > 0)
        slope = torch.where(
            mixed, z.hi / torch.where(mixed, z.hi - z.lo, 1.0), (z.lo >= 0).double()
        )
        top = torch.maximum(up(-slope * z.lo), up(up(1 - slope) * z.hi))
        rise = torch.where(mixed, top, 0.0)
        alpha = torch.where(mixed, (z.hi > -z.lo).double(), slope)
        return cls(mixed, slope, rise, z.size, alpha)


@dataclass(frozen=True)
class Gaps:
    """Lines above and below σ(z_f) − σ(z_g), linear in δ, (B, N): above δ + over, below δ + under.

    worth: 1 where they leave less room than the lines of f and g apart do, else 0.
    """

    above: Tensor
    over: Tensor
    below: Tensor
    under: Tensor
    worth: Tensor

    @classmethod
    def of(cls, x: Triple, f: Side, g: Side) -> "Gaps":
        """From the range of δ."""
        lo, hi = x.delta.lo, x.delta.hi
        mixed = (lo < 0) & (hi > 0)
        width = torch.where(mixed, hi - lo, 1.0)
        above = torch.where(mixed, hi / width, (lo >= 0).double()).clamp(0, 1)
        below = torch.where(mixed, -lo / width, (hi <= 0).double()).clamp(0, 1)
        ends = [(hi, hi.clamp(min=0), hi.clamp(max=0)), (lo, lo.clamp(min=0), lo.clamp(max=0))]
        over = torch.maximum(*(up(top - down(above * end)) for end, top, _ in ends))
        under = torch.minimum(*(down(low - up(below * end)) for end, _, low in ends))
        both = f.open & g.open
        room = 0.5 * (hi.clamp(min=0) - lo.clamp(max=0))
        return cls(above, over, below, under, (both & (room < f.rise + g.rise)).double())


Lines = TypeVar("Lines", Side, Gaps)


@dataclass(frozen=True)
class Kinks:
    """The lines of one ReLU layer of the pair, box by box or row by row."""

    f: Side
    g: Side
    gap: Gaps

    @classmethod
    def of(cls, x: Triple) -> "Kinks":
        """From the ranges (B, N) of what f's and g's ReLUs read and of their difference."""
        f, g = Side.of(x.f), Side.of(x.g)
        return cls(f, g, Gaps.of(x, f, g))

    def at(self, box: Tensor) -> "Kinks":
        """Those of the boxes (R,), one row each."""
        return Kinks(_chosen(self.f, box), _chosen(self.g, box), _chosen(self.gap, box))


def _chosen(part: Lines, box: Tensor) -> Lines:
    return type(part)(**{each.name: getattr(part, each.name)[box] for each in fields(part)})
