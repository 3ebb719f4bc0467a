"""Intervals of the pair (f_i, Δ_i = f_i − g_i) together.

Source: ReluDiff (Paulsen, Wang, Wang, ICSE 2020), here with convolutions, signed layers, the exact
image of a ReLU pair and both splittings of K_f x_f − K_g x_g. Scales linearly in ‖f − g‖.
"""

from dataclasses import dataclass

import torch

from slth.networks.max_pooling import Pooled
from slth.supnorm.bounds.one_layer import difference
from slth.supnorm.layers import Layer, Layers
from slth.supnorm.ranges import Range, linear, output
from slth.supnorm.rounding import FLOOR, down, up


@dataclass(frozen=True)
class Triple:
    """Ranges of x_f, x_g and x_f − x_g at one place of the two networks."""

    f: Range
    g: Range
    delta: Range

    def flat(self) -> "Triple":
        """The ranges (1, N)."""
        return Triple(*(Range(x.lo.reshape(1, -1), x.hi.reshape(1, -1)) for x in self._parts))

    def meet(self, other: "Triple") -> "Triple":
        """What both say; ``other`` of as many entries, in any shape."""
        return Triple(
            *(
                x.meet(Range(y.lo.view_as(x.lo), y.hi.view_as(x.hi)))
                for x, y in zip(self._parts, other._parts, strict=True)
            )
        )

    @property
    def _parts(self) -> tuple[Range, Range, Range]:
        return self.f, self.g, self.delta


def relu_pair(x: Triple) -> Range:
    """Smallest range of σ(x_f) − σ(x_g) over the polygon of ``x``, widened for rounding.

    For fixed x_g = t the maximum is h(t) = σ(min(u_f, t + u_Δ)) − σ(t), which rises on t ≤ 0 and
    falls on t ≥ 0; so it is taken at the feasible t nearest 0. The minimum is −max with f, g
    exchanged.
    """
    delta = x.delta.negate()
    return Range(-_rise(x.g, x.f, delta), _rise(x.f, x.g, x.delta))


def _rise(f: Range, g: Range, delta: Range) -> torch.Tensor:
    low = torch.maximum(g.lo, down(f.lo - delta.hi))
    high = torch.minimum(g.hi, up(f.hi - delta.lo))
    t = torch.zeros_like(low).clamp(low, high)
    p, n = t.clamp(min=0), (-t).clamp(min=0)
    # σ(min(u, t + v)) − σ(t) = max(min(u − p, v − n), −p) with t = p − n; no cancellation in t
    return torch.maximum(torch.minimum(up(f.hi - p), up(delta.hi - n)), -p)


def affine_pair(f: Layer, g: Layer, x: Triple) -> Triple:
    """Pass one layer, without its ReLU.

    Δ_out = K_f Δ + (K_f − K_g) x_g + (b_f − b_g) = K_g Δ + (K_f − K_g) x_f + (b_f − b_g); the two
    ranges are intersected. With signed kernels K Δ is K⁺ Δ⁺ − K⁻ Δ⁻, Δ± = x_f± − x_g±.
    """
    delta = (
        _carried(f, x).plus(difference(f, g, x.g)).meet(_carried(g, x).plus(difference(f, g, x.f)))
    )
    return Triple(output(f, x.f), output(g, x.g), Range(down(delta.lo), up(delta.hi)))


def activated(x: Triple) -> Triple:
    """Pass a ReLU."""
    return Triple(x.f.relu(), x.g.relu(), relu_pair(x))


def step(f: Layer, g: Layer, x: Triple) -> Triple:
    """Pass one layer and its ReLU, if it has one."""
    out = affine_pair(f, g, x)
    return activated(out) if f.relu else out


def pooled(x: Triple, entry: Triple, pool: Pooled) -> Triple:
    """Ranges ``x`` behind max pooling, met with what those before it say.

    |max x_f − max x_g| ≤ max |x_f − x_g|, either sign for itself.
    """
    return Triple(
        x.f.meet(entry.f.largest(pool)),
        x.g.meet(entry.g.largest(pool)),
        x.delta.meet(entry.delta.between(pool)),
    )


def _carried(layer: Layer, x: Triple) -> Range:
    kernel = layer.slack * layer.magnitude + (1 + layer.slack) * layer.kernel_doubt
    spread = layer.geometry.apply(kernel, x.delta.size[None])[0] + FLOOR
    if layer.plain:
        return linear(layer, layer.plus, x.delta).widen(spread)
    above = relu_pair(x)
    below = relu_pair(Triple(x.f.negate(), x.g.negate(), x.delta.negate()))
    carried = linear(layer, layer.plus, above).plus(linear(layer, -layer.minus, below))
    return carried.widen(2 * spread)


def differential(f: Layers, g: Layers, box: Range) -> list[Triple]:
    """Ranges after every layer, the input first, the output last.

    f, g: layers with equal signatures. box: of the input shape. The first layer is exact: Δ = 0
    there. Cost: about twelve convolutions per layer.
    """
    zero = torch.zeros_like(box.lo)
    places = [Triple(box, box, Range(zero, zero))]
    for first, second in zip(f, g, strict=True):
        place = step(first, second, places[-1])
        if first.pooled is not None:
            place = pooled(place, places[-first.pooled.layers], first.pooled)
        places.append(place)
    return places
