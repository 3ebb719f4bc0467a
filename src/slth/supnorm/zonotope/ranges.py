"""Ranges (B, N) of what f, g and their difference read, from their forms and from what is known."""

from dataclasses import dataclass

from torch import Tensor

from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import down, up
from slth.supnorm.zonotope.forms import Form, Forms, norm, total


@dataclass(frozen=True)
class Radii:
    """At least the sum of the coefficients' sizes and the error of every form, (B, N) each."""

    f: Tensor
    g: Tensor
    delta: Tensor


def met(x: Forms, known: list[Triple]) -> tuple[Triple, Radii]:
    """Ranges of x_f, x_g and δ, and the radii of their forms.

    δ is in the range of its own form and in that of f's form less g's; x_f = x_g + δ. known: more
    ranges, each of shape (N,) or (B, N), of the same numbers.
    """
    shared, terms = x.symbols.shared, x.delta.rows.shape[1] + 4
    own_f, own_g = norm(x.f.rows, shared), norm(x.g.rows, shared)
    f = total(norm(x.f.rows, 1, shared) + own_f + x.f.error, terms)
    g = total(norm(x.g.rows, 1, shared) + own_g + x.g.error, terms)
    delta = x.delta.radius()
    # f − g over the inputs' symbols: one rounding a coefficient, relative to it
    common = norm(x.f.rows[:, 1:shared] - x.g.rows[:, 1:shared])
    apart = total(common + own_f + own_g + x.f.error + x.g.error, terms)
    middle = x.f.centre - x.g.centre
    found = Triple(
        around(x.f, f),
        around(x.g, g),
        around(x.delta, delta).meet(
            Range(down(down(middle) - apart), up(up(middle) + apart)),
        ),
    )
    for more in known:
        found = Triple(found.f.meet(more.f), found.g.meet(more.g), found.delta.meet(more.delta))
    return consistent(found), Radii(f, g, delta)


def around(x: Form, radius: Tensor) -> Range:
    """Centre ± radius, rounded outward."""
    return Range(down(x.centre - radius), up(x.centre + radius))


def consistent(x: Triple) -> Triple:
    """The ranges narrowed by δ = x_f − x_g, x_f = x_g + δ and x_g = x_f − δ."""
    f, g, delta = x.f, x.g, x.delta
    for _ in range(2):
        delta = delta.meet(Range(down(f.lo - g.hi), up(f.hi - g.lo)))
        f = f.meet(Range(down(g.lo + delta.lo), up(g.hi + delta.hi)))
        g = g.meet(Range(down(f.lo - delta.hi), up(f.hi - delta.lo)))
    return Triple(f, g, delta)
