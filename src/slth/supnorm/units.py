"""Powers of two in which a pair of networks and its box are measured, so that nothing overflows.

σ(2^t y) = 2^t σ(y): a neuron of f and its twin in g may be measured in any unit 2^t. Row j of a
layer is divided by 2^{t_j}, column k multiplied by 2^{t_k}, biases follow; all outputs share one
unit, since their largest is wanted. Powers of two are exact, so every rounding error, and with it
every bound, is what it was; what a weight loses that underflows on the way is below
`rounding.FLOOR`. A layer's unit is that of its largest activation bound, a neuron far below gets
its own; networks of ordinary size are left as they are.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from slth.supnorm.arithmetic import FloatRangeError
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range

_ORDINARY = 32  # activation bounds within 2^±32 are left as they are
_APART = 16  # a neuron 2^16 times below its layer's largest gets a unit of its own
_LARGEST = 2.0**360  # weights are below where every input counts: an activation is at most 2^34
_NONE = -(2**40)  # exponent of 0

Exponents = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pair = tuple[list[Layer], list[Layer]]


@dataclass(frozen=True)
class Units:
    """Exponents: an input entry is 2^entries times its scaled one, an output 2^output times.

    entries: of the input's shape.
    """

    entries: Exponents
    output: int

    def box(self, x: Range) -> Range:
        """The range x of inputs in these units, rounded outward."""
        if not self.entries.any():
            return x
        ends = []
        for end, away in ((x.lo.numpy(), -math.inf), (x.hi.numpy(), math.inf)):
            near = times(end, -self.entries)
            back = times(near, self.entries)
            outside = back > end if away < 0 else back < end
            ends.append(torch.from_numpy(np.where(outside, np.nextafter(near, away), near)))
        return Range(*ends)

    def inputs(self, x: Tensor, box: Range) -> Tensor:
        """Inputs (batch, *input_shape) of the networks themselves, kept in their box."""
        if not self.entries.any():
            return x
        return torch.from_numpy(times(x.numpy(), self.entries)).clamp(box.lo, box.hi)

    def bounds(self, scaled: dict[str, float]) -> dict[str, float]:
        """Output bounds in the networks' own units; FloatRangeError where none is finite."""
        found = {name: self.above(value) for name, value in scaled.items()}
        if not any(map(math.isfinite, found.values())):
            raise FloatRangeError(
                "f, g: got networks whose outputs may overflow in the box, takes outputs below "
                "1.8e308; scale the last layers by a power of two"
            )
        return found

    def above(self, value: float) -> float:
        """An output bound in the networks' own units, rounded up; inf beyond float64."""
        if not self.output or not math.isfinite(value):
            return value
        real = float(times(value, self.output))
        exact = float(times(real, -self.output)) == value
        return real if exact else math.nextafter(real, math.inf)

    def below(self, value: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
        """Lower bounds of outputs in the networks' own units, rounded down, also from inf."""
        real = times(value, self.output)
        return np.where(times(real, -self.output) > value, np.nextafter(real, -np.inf), real)


@dataclass(frozen=True)
class Measured:
    """Layers of f and g and their box in units that suit float64, and the units."""

    layers: Pair
    box: Range
    units: Units

    def within(self, part: Range) -> "Measured":
        """The same pair over a part of the box, given in the networks' own units."""
        inner = measured(self.layers, self.units.box(part))
        entries = self.units.entries + inner.units.entries
        units = Units(entries, self.units.output + inner.units.output)
        return Measured(inner.layers, inner.box, units)


def measured(layers: Pair, box: Range, ordinary: int = _ORDINARY) -> Measured:
    """The pair over the box in its units. Cost: a pass over the weights.

    ordinary: bounds within 2^±ordinary are left as they are.
    A weight that leads from a neuron that is 0 all over the box is dropped where units change.
    Raises FloatRangeError for a layer whose weights are too far apart for any units.
    """
    here = _entry(box)
    entries = np.broadcast_to(here.unit.reshape(-1, *[1] * (box.lo.ndim - 1)), box.lo.shape)
    met = [here.unit]
    scaled: Pair = ([], [])
    for i, pair in enumerate(zip(*layers, strict=True)):
        both, here = here.passed(pair, last=i + 1 == len(layers[0]))
        met.append(here.unit)
        for network, layer in zip(scaled, both, strict=True):
            network.append(layer)
    plain = all(np.abs(unit).max() <= ordinary for unit in met)
    if plain and not any(_large(layer) for network in layers for layer in network):
        return Measured(layers, box, Units(np.zeros_like(entries), 0))
    for name, network in zip("fg", scaled, strict=True):
        _check(name, network)
    units = Units(entries, int(here.unit[0]))
    return Measured(scaled, units.box(box), units)


@dataclass(frozen=True)
class _Front:
    """What two networks' activations at one place are measured in.

    unit: exponents, a channel or a feature each. live: whether one is ever other than 0. size:
    bounds of the activations in these units, of their shape.
    """

    unit: Exponents
    live: Flags
    size: Tensor

    def passed(self, pair: tuple[Layer, Layer], last: bool) -> tuple[list[Layer], "_Front"]:
        """The next layers in their units, and what they give; the last ones share one unit."""
        geometry = pair[0].geometry
        x = self.size.reshape(geometry.in_shape)
        many = 1 if geometry.conv else x.numel() // len(self.unit)  # features of a channel
        before, seen = np.repeat(self.unit, many), np.repeat(self.live, many)
        sizes = _per_channel(exponents(x), geometry.conv)
        worth = np.where(seen & (sizes > _NONE), before + sizes, _NONE)
        top = np.maximum(*(_reached(layer, worth) for layer in pair))
        unit = _units(top, together=last)
        both = [_scaled(layer, before, unit, seen) for layer in pair]
        return both, _Front(unit, top > _NONE, torch.maximum(*(y.reach(x) for y in both)))


def _entry(box: Range) -> _Front:
    top = _per_channel(exponents(box.size), box.lo.ndim > 1)
    unit = _units(top, together=False)
    move = -unit.reshape(-1, *[1] * (box.lo.ndim - 1))
    return _Front(unit, top > _NONE, torch.from_numpy(times(box.size.numpy(), move)))


def _large(layer: Layer) -> bool:
    return not bool((layer.magnitude < _LARGEST).all())


def _check(name: str, layers: list[Layer]) -> None:
    for i, layer in enumerate(layers):
        if _large(layer):
            raise FloatRangeError(
                f"{name}: got weights in layer {i} ({layer.describe()}) that are too far apart for "
                "float64 on this box, takes layers whose activations span less than 1e300"
            )


def exponents(x: Tensor) -> Exponents:
    """Return e with 2^(e−1) ≤ |x| < 2^e, entry by entry; −2^40 of 0."""
    mantissa, exponent = np.frexp(x.numpy())
    return np.where(mantissa == 0, _NONE, exponent.astype(np.int64))


def times(x: npt.ArrayLike, exponent: Exponents | int) -> npt.NDArray[np.float64]:
    """Return x 2^exponent, rounded once."""
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(x, np.asarray(exponent).clip(-(2**20), 2**20).astype(np.int32))


def _units(top: Exponents, together: bool) -> Exponents:
    """Units of neurons whose activations have the exponents ``top``."""
    seen = top > _NONE
    most = int(top[seen].max()) if seen.any() else 0
    apart = seen & (top < most - _APART) & (not together)
    return np.where(apart, top, most)


def _per_channel(x: Exponents, channels: bool) -> Exponents:
    return x.reshape(len(x), -1).max(1) if channels else x.ravel()


def _reached(layer: Layer, worth: Exponents) -> Exponents:
    """Exponent of the largest term of every output channel, its bias included."""
    weights = exponents(layer.magnitude).reshape(len(layer.magnitude), len(worth), -1).max(2)
    top = np.where((weights > _NONE) & (worth > _NONE), weights + worth, _NONE).max(1)
    return top if layer.bias is None else np.maximum(top, exponents(layer.bias))


def _scaled(layer: Layer, before: Exponents, unit: Exponents, seen: Flags) -> Layer:
    shape = (len(unit), len(before), *[1] * (layer.plus.ndim - 2))
    move = np.where(seen, before - unit[:, None], -(2**20)).reshape(shape)

    def kernel(x: Tensor) -> Tensor:
        return torch.from_numpy(times(x.numpy(), move))

    plus = kernel(layer.plus)
    minus = plus if layer.plain else kernel(layer.minus)
    doubt = None if layer.doubt is None else kernel(layer.doubt)
    bias = None if layer.bias is None else torch.from_numpy(times(layer.bias.numpy(), -unit))
    flush = layer.flush
    if flush is None:
        flush = torch.full((len(unit),), layer.terms * 2.0**-1074, dtype=torch.float64)
    return replace(
        layer,
        plus=plus,
        minus=minus,
        bias=bias,
        magnitude=torch.maximum(plus.abs(), minus.abs()) + (0.0 if doubt is None else doubt),
        doubt=doubt,
        wide=None if layer.wide is None else (kernel(layer.wide[0]), layer.wide[1]),
        flush=torch.from_numpy(times(flush.numpy(), -unit)),
        pooled=None,  # numbers of unlike units are not compared
    )
