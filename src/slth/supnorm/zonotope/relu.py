"""Forms of max(x_f, 0), max(x_g, 0) and their difference: new symbols for what is not linear.

One ReLU that may be on or off, x in [l, u], l < 0 < u: for any λ in [0, 1], σ(x) − λ x lies in
[0, 2μ] with 2μ = max(−λ l, (1 − λ) u), since it is convex, 0 at x = 0 and largest at an end. So
σ(x) = λ x + μ + μ ε with ε in [−1, 1]. Else σ(x) = λ x, λ in {0, 1}, μ = 0.

Pairs. With the symbols ε_f, ε_g of the two ReLUs, σ(x_f) − σ(x_g) equals
    λ_f δ + (λ_f − λ_g) x_g + μ_f − μ_g + μ_f ε_f − μ_g ε_g, and the same with λ_g δ and x_f.
Or, since σ(x_f) − σ(x_g) lies between 0 and δ, it is ½ δ + r ε_δ with r = ½ max|δ| (δ-chord).
Either holds whatever the phases are; the one that adds less is taken.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import FLOOR, UNIT, up
from slth.supnorm.zonotope import kernels
from slth.supnorm.zonotope.forms import Form, Forms, Symbols
from slth.supnorm.zonotope.ranges import Radii

_STEP = rounding.gamma(32)  # relative to Σ|terms|: more than the operations of one entry round


@dataclass(frozen=True)
class Chord:
    """σ(x) = slope · x + half + half · ε over a range: slope in [0, 1], half ≥ 0, (B, N) each."""

    slope: Tensor
    half: Tensor

    @classmethod
    def of(cls, x: Range) -> "Chord":
        """The narrowest strip of parallel lines about the ReLU over x."""
        mixed = (x.lo < 0) & (x.hi > 0)
        slope = torch.where(
            mixed, x.hi / torch.where(mixed, x.hi - x.lo, 1.0), (x.lo >= 0).double()
        )
        top = torch.maximum(-slope * x.lo, (1 - slope) * x.hi)  # three roundings
        half = torch.where(mixed, up(0.5 * top * (1 + 8 * UNIT)), 0.0)
        return cls(slope, half)


@dataclass(frozen=True)
class Lines:
    """σ(x_f) − σ(x_g) = slope δ + by_f x_f + by_g x_g + shift + its new symbols; all (B, N).

    half: of the pair's own symbol ε_δ; there the symbols of f and g take no part.
    """

    slope: Tensor
    by_f: Tensor
    by_g: Tensor
    shift: Tensor
    half: Tensor
    joint: Tensor


def pair_lines(f: Chord, g: Chord, x: Triple, radii: Radii) -> Lines:
    """The δ-chord where both ReLUs are open and it adds less than their symbols do."""
    gap = f.slope - g.slope
    half = up(0.5 * x.delta.size)
    apart = f.half + g.half + gap.abs() * torch.minimum(radii.f, radii.g)
    joint = (f.half > 0) & (g.half > 0) & (half < apart)
    by_f = torch.where(~joint & (radii.f < radii.g), gap, 0.0)
    by_g = torch.where(~joint & (radii.f >= radii.g), gap, 0.0)
    slope = torch.where(radii.f < radii.g, g.slope, f.slope)
    return Lines(
        torch.where(joint, 0.5, slope),
        by_f,
        by_g,
        torch.where(joint, 0.0, f.half - g.half),
        torch.where(joint, half, 0.0),
        joint,
    )


@dataclass(frozen=True)
class Activated:
    """Forms behind a ReLU, at least the sizes of all their terms, and the symbols added."""

    forms: Forms
    sizes: tuple[Tensor, Tensor, Tensor]
    added: "Added"


def activated(x: Forms, ranges: Triple, radii: Radii, most: int) -> Activated:
    """Forms behind a ReLU.

    most: rows that the form of δ may have; beyond it a ReLU's new part goes to the error vectors,
    which holds too: |half · ε| ≤ half.
    """
    f, g = Chord.of(ranges.f), Chord.of(ranges.g)
    lines = pair_lines(f, g, ranges, radii)
    added = Added.of(f, g, lines)
    if x.delta.rows.shape[1] + added.count > most:
        added = added.none()
    first, size_f = single(x.f, f, radii.f, added.f)
    second, size_g = single(x.g, g, radii.g, added.g)
    third, size = _both(x, (f, g, lines), radii, added)
    s = x.symbols
    counts = (part.shape[1] for part in (added.f, added.g, added.delta))
    symbols = Symbols(s.inputs, *(a + b for a, b in zip((s.f, s.g, s.delta), counts, strict=True)))
    forms = Forms(first, second, third, symbols)
    return Activated(forms, (size_f, size_g, size), added)


def single(x: Form, chord: Chord, radius: Tensor, at: Tensor) -> tuple[Form, Tensor]:
    """σ(x) = slope · x + half + half ε, symbols of neurons ``at`` (B, k), and its terms' size."""
    parts = (x.rows, chord.slope, chord.half, chord.half, at)
    rows = torch.from_numpy(kernels.scaled(*(part.numpy() for part in parts)))
    size = chord.slope * (x.centre.abs() + radius) + 2 * chord.half
    error = chord.slope * x.error
    if not at.shape[1]:
        error = error + chord.half
    return _closed(rows, error, size)


def _both(
    x: Forms, of: tuple[Chord, Chord, Lines], radii: Radii, at: "Added"
) -> tuple[Form, Tensor]:
    """Slope δ + by_f x_f + by_g x_g + shift and the new symbols, and the size of its terms."""
    f, g, lines = of
    halves = symbol_parts(f, g, lines)
    s = x.symbols
    rows = kernels.combined(
        *(part.rows.numpy() for part in (x.delta, x.f, x.g)),
        (s.shared, s.f, s.g),
        tuple(part.numpy() for part in (lines.slope, lines.by_f, lines.by_g)),
        lines.shift.numpy(),
        tuple(part.numpy() for part in halves),
        tuple(part.numpy() for part in (at.f, at.g, at.delta)),
    )
    noise = f.half + g.half + lines.half
    size, error = 2 * noise + lines.shift.abs(), torch.zeros_like(noise)
    for slope, form, radius in (
        (lines.slope, x.delta, radii.delta),
        (lines.by_f.abs(), x.f, radii.f),
        (lines.by_g.abs(), x.g, radii.g),
    ):
        size = size + slope * (form.centre.abs() + radius)
        error = error + slope * form.error
    if not at.count:
        error = error + noise
    return _closed(torch.from_numpy(rows), error, size)


def symbol_parts(f: Chord, g: Chord, lines: Lines) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients in σ(x_f) − σ(x_g) of the new symbols of f, of g and of the pair."""
    return (
        torch.where(lines.joint, 0.0, f.half),
        torch.where(lines.joint, 0.0, -g.half),
        lines.half,
    )


def _closed(rows: Tensor, error: Tensor, size: Tensor) -> tuple[Form, Tensor]:
    """The form with its rounding, which is relative to the size of its terms; 0 where it is 0."""
    more = up(error * (1 + _STEP) + _STEP * size + FLOOR)
    return Form(rows, torch.where(size > 0, more, 0.0)), size * (1 + 4 * _STEP) + 2 * FLOOR


@dataclass(frozen=True)
class Added:
    """Which neurons get a symbol: (B, k) indices each; a box with fewer is padded with others."""

    f: Tensor
    g: Tensor
    delta: Tensor

    @classmethod
    def of(cls, f: Chord, g: Chord, lines: Lines) -> "Added":
        """The neurons whose new part is not 0, those of every box first, padded to the most."""
        return cls(*(chosen(part) for part in (f.half, g.half, lines.half)))

    @property
    def count(self) -> int:
        """New rows of the form of δ."""
        return self.f.shape[1] + self.g.shape[1] + self.delta.shape[1]

    def none(self) -> "Added":
        """No symbol at all."""
        return Added(*(part[:, :0] for part in (self.f, self.g, self.delta)))


def chosen(half: Tensor) -> Tensor:
    """Indices (B, k) of the positive entries of every row first, k the most that a row has."""
    some = half > 0
    most = int(some.sum(1).max())
    found = torch.sort(some.byte(), dim=1, descending=True, stable=True).indices
    return found[:, :most].contiguous()
