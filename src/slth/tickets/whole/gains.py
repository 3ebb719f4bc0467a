"""The scale c of a layer: by the gain that is asked for, or by how far its candidates reach."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from slth.checks import FloatArray
from slth.tickets.whole.geometry import FEW_D, Geometry

REACH = "reach"
PER_CANDIDATE, PER_DIMENSION = 0.1, 0.25  # of ‖c·z‖₂ within reach
NEAR = 0.25  # how far sums of a few candidates reach, d ≤ FEW_D
SCALES = -1000, 1000  # log2 of c: float64 holds c, 1/c and V


def scaled(geometry: Geometry, gain: float | str | None, n: int) -> Geometry:
    """With the scales c, powers of two, that a gain stands for; 1 for None.

    A number: nearest to gain / max |K|, at most √n / max |b|: sums of subsets of n candidates
    spread by about √n / 2. "reach": in every group the largest c with ‖c·z‖₂ ≤ n/10 + d/4 for the
    targets z of its subset problems. Sums of subsets of n candidates a·g extend n E[|a|] E[g⁺] =
    n/π in every direction. Up to a third of that the error of a beam hardly depends on c, so that
    it falls as 1/c beside c·z; beyond, it grows steeply. At that length a weight errs at
    most 2.5 times as much as at the best one, d = 9 … 400, n / d = 3 … 40 (`benchmarks/reach.py`).
    Where d ≤ 2, few candidates are enough, whose sums hardly ever end before 1/4: the most for
    c·K, c·b.
    """
    if gain is None or not geometry.weight.any():
        return geometry
    if gain == REACH:
        every = range(geometry.groups)
        return replace(geometry, scales=tuple(_reached(geometry, group, n) for group in every))
    largest, bias = _largest(geometry.weight), _largest(geometry.bias)
    reach, gain = math.sqrt(n), float(gain)
    if geometry.dimension <= FEW_D:
        gain = reach = min(gain, NEAR)
    within = _log_ratio(reach, bias) if bias else math.inf
    c = _power(round(min(_log_ratio(gain, largest), within)))
    return replace(geometry, scales=(c,) * geometry.groups)


def _reached(g: Geometry, group: int, n: int) -> float:
    targets = list(_targets(g, group))
    if g.dimension <= FEW_D:
        largest = max(_largest(z) for z in targets)
        return _power(round(_log_ratio(NEAR, largest))) if largest else 1.0
    longest = [_length(z) for z in targets if z.any()]
    reach = PER_CANDIDATE * n + PER_DIMENSION * g.dimension
    logs = [math.floor(_log_ratio(reach, length)) - unit for length, unit in longest]
    return _power(min(logs)) if logs else 1.0


def _targets(g: Geometry, group: int) -> Iterator[FloatArray]:
    """The targets of a group's subset problems at c = 1, (…, d)."""
    rows = g.weight[g.rows(group)].reshape(g.outputs, g.inputs, g.taps)
    yield from g.split(rows.swapaxes(0, 1))
    if g.bias is not None:
        constant = np.zeros((g.outputs, g.taps))
        constant[:, g.tap] = g.bias[g.rows(group)]
        yield from g.split(constant)


def _length(z: FloatArray) -> tuple[float, int]:
    """The largest ‖z‖₂ of targets (…, d), not all 0, and log2 of its unit, so that no square
    is beyond float64.
    """
    unit = math.frexp(_largest(z))[1]
    return float(np.linalg.norm(np.ldexp(z, -unit), axis=-1).max()), unit


def _log_ratio(a: float, b: float) -> float:
    """log2(a / b), a, b > 0, also where the ratio is beyond float64."""
    (m, i), (k, j) = math.frexp(a), math.frexp(b)
    return math.log2(m / k) + i - j


def _power(exponent: int) -> float:
    """2^exponent, or the nearest scale."""
    low, high = SCALES
    return 2.0 ** min(max(exponent, low), high)


def _largest(values: FloatArray | None) -> float:
    return 0.0 if values is None else float(np.abs(values).max())
