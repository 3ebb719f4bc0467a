"""What a layer pair reads: two numbers per input entry, and the largest linear form of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range


@dataclass(frozen=True)
class Coordinates:
    """Entries u = (u₀, u₁) with ranges lo, hi of shape (M, 2).

    Either u = (x_f, x_f − x_g), anywhere in the rectangle, or, when ``signed``,
    u = (x⁺, −x⁻), with u₀ u₁ = 0.
    """

    lo: Tensor
    hi: Tensor
    signed: bool

    @property
    def size(self) -> Tensor:
        """Largest |u|: (M, 2)."""
        return torch.maximum(self.lo.abs(), self.hi.abs())

    def take(self, index: Tensor) -> "Coordinates":
        """Entries at ``index``; M stands for an entry that is 0."""
        zero = self.lo.new_zeros(1, 2)
        return Coordinates(
            torch.cat([self.lo, zero])[index], torch.cat([self.hi, zero])[index], self.signed
        )

    def support(self, c: Tensor) -> Tensor:
        """Σ over entries of max c₀ u₀ + c₁ u₁, c of shape (…, M, 2): (…)."""
        if not self.signed:
            middle, radius = self.lo / 2 + self.hi / 2, self.hi / 2 - self.lo / 2
            return _dot(c, middle) + _dot(c.abs(), radius)
        return self.tops(c).sum(-1)

    def tops(self, c: Tensor) -> Tensor:
        """The largest c₀ u₀ + c₁ u₁ of every entry: (…, M)."""
        top = torch.maximum(c * self.lo, c * self.hi)
        if not self.signed:
            return top.sum(-1)
        return torch.where(self.crosses, top.amax(-1), top.sum(-1))

    @property
    def crosses(self) -> Tensor:
        """Entries whose range of x holds both signs: (…, M)."""
        return (self.hi[..., 0] > 0) & (self.lo[..., 1] < 0)

    def argmax(self, c: Tensor) -> Tensor:
        """A maximiser x of the support, over the first M entries: (…, M)."""
        u = torch.where(c > 0, self.hi, self.lo)
        if not self.signed:
            return u[..., 0]
        negative = (c * u).argmax(-1) == 1
        return torch.where(self.crosses, torch.where(negative, u[..., 1], u[..., 0]), u.sum(-1))


def _dot(c: Tensor, u: Tensor) -> Tensor:
    """Σ over the last two axes of c u: c (T, …, p, 2), u (…, p, 2)."""
    return (c.flatten(-2) * u.flatten(-2)).sum(-1)


def entry(f: Layer, g: Layer, place: Triple, first: bool) -> Coordinates | None:
    """Coordinates of the inputs of layers f, g at ``place``; None when they have no such form."""
    if f.plain and g.plain:
        lo = torch.stack([place.f.lo.flatten(), place.delta.lo.flatten()], -1)
        hi = torch.stack([place.f.hi.flatten(), place.delta.hi.flatten()], -1)
        return Coordinates(lo, hi, False)
    return signed_box(place.f) if first else None


def signed_box(x: Range) -> Coordinates:
    """The box x as (x⁺, −x⁻), flat."""
    lo, hi = x.lo.flatten(), x.hi.flatten()
    ends = [torch.stack([end.clamp(min=0), end.clamp(max=0)], -1) for end in (lo, hi)]
    return Coordinates(ends[0], ends[1], True)


def kernels(
    f: Layer, g: Layer, signed: bool
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Kernels on (u₀, u₁) of z = f's pre-activation and of δ = z_f − z_g.

    (x, Δ): z = K_f x, δ = (K_f − K_g) x + K_g Δ. (x⁺, −x⁻): K⁺ and K⁻, E⁺ and E⁻.
    """
    if signed:
        return (f.plus, f.minus), (f.plus - g.plus, f.minus - g.minus)
    return (f.plus, torch.zeros_like(f.plus)), (f.plus - g.plus, g.plus)


def row_errors(f: Layer, g: Layer, u: Coordinates) -> tuple[Tensor, Tensor]:
    """Bounds on the rounding of z and δ as dot products with u, merged kernels included: (N,)."""
    shape, apply = f.geometry.in_shape, f.geometry.apply
    x = (u.size.amax(-1) if u.signed else u.size[:, 0]).view(shape)
    gap = torch.zeros_like(x) if u.signed else u.size[:, 1].view(shape)
    slack = max(f.slack, g.slack)
    deviation = torch.maximum((f.plus - g.plus).abs(), (f.minus - g.minus).abs())
    kernel = f.kernel_doubt + g.kernel_doubt
    own = apply(slack * deviation + (1 + slack) * kernel, x[None])[0]
    delta = own + g.spread(gap) + slack * (g.reach(gap) + f.reach(torch.zeros_like(x)))
    return f.spread(x).flatten(), delta.flatten() + rounding.FLOOR
