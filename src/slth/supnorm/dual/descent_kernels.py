"""Compiled passes of the Lagrangian dual: value and subgradient of a stage, and Adam.

`slth.supnorm.dual.stage` has the formulas; here they are written out for speed, without the
rounding slack, to search for multipliers. No bound is taken from here: `Dual.value` gives that.
With s* the best pattern of a block and u* the maximiser of its form, v what the layers below make
of their inputs: the subgradient is u* − v for λ, and the outputs' own values for the layer above.
Layout: (…, 2, p), the two coordinates of an input one after the other.
"""

import math
from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

_njit: Any = njit(cache=True, fastmath={"contract", "reassoc", "nsz", "nnan"})
_MOMENTS = (0.5, 0.9)  # short: the dual has kinks, and a long memory overshoots them


@_njit
def _top(a: float, b: float, lo: Any, hi: Any, k: int, signed: bool) -> float:
    """Largest a u₀ + b u₁ of entry k, as `Coordinates.tops`; lo, hi: (2, p)."""
    first = max(a * lo[0, k], a * hi[0, k])
    second = max(b * lo[1, k], b * hi[1, k])
    cross = signed and hi[0, k] > 0 and lo[1, k] < 0
    return max(first, second) if cross else first + second


@_njit
def _maximiser(a: float, lo: float, hi: float) -> float:
    if a == 0:
        return lo / 2 + hi / 2
    return hi if a > 0 else lo


@_njit
def _argmax(a: float, b: float, lo: Any, hi: Any, k: int, signed: bool, u: Any) -> None:
    """Write a maximiser (u₀, u₁) of input k into u; of ties their middle."""
    u[0, k] = _maximiser(a, lo[0, k], hi[0, k])
    u[1, k] = _maximiser(b, lo[1, k], hi[1, k])
    if signed and hi[0, k] > 0 and lo[1, k] < 0:
        first, second = a * u[0, k], b * u[1, k]
        if first == second:
            u[0, k] /= 2
            u[1, k] /= 2
        elif first > second:
            u[1, k] = 0.0
        else:
            u[0, k] = 0.0


@_njit
def backward(
    c: FloatArray,
    share: FloatArray,
    phase: FloatArray,
    allowed: Any,
    fixed: Any,
    stage: Any,
    sizes: Any,
    signed: bool,
    part: Any,
    total: FloatArray,
    below: FloatArray,
    best: Any,
    u: FloatArray,
) -> None:
    """Pass objectives through a stage.

    c: (T, N + 1, 2), its last row 0. share: λ, (T, G, 2, p). phase: β, (T, G, P, m, 3).
    allowed: (T, G, P). fixed: (T, G, m), 0 open, 1 of f, 2 of g. part: (G,), where in total (T, K)
    a block's value is added. Adds −λ to below (T, M + 1, 2); writes the best patterns, (T, G), and
    the maximisers u, (T, G, 2, p).
    """
    outputs, inputs, z, delta, shift, phases, active, mixed, lo, hi, edges, over, under = stage
    cut, low, high = sizes
    groups, m, p = z.shape[0], z.shape[1], z.shape[3]
    form = np.empty((2, p))
    kept = np.empty((2, p))
    start = np.empty((2, p))
    for t in range(len(c)):
        for g in range(groups):
            start[:] = share[t, g]
            mix = 0.0
            for j in range(m):
                of_f, of_gap = c[t, outputs[g, j], 0], c[t, outputs[g, j], 1]
                if fixed[t, g, j] == 0:
                    mix += abs(of_f) * mixed[g, j]
                a, b = active[g, j] * of_f, active[g, j] * of_gap
                for f in range(2):
                    for k in range(p):
                        start[f, k] -= a * z[g, j, f, k] + b * delta[g, j, f, k]
            for k in range(p):
                below[t, inputs[g, k], 0] -= start[0, k]
                below[t, inputs[g, k], 1] -= start[1, k]
            most, chosen = -np.inf, 0
            for s in range(len(phases)):
                if not allowed[t, g, s]:
                    continue
                form[:] = start
                value = mix
                for j in range(m):
                    on = phases[s, j]
                    of_f, of_gap = c[t, outputs[g, j], 0], c[t, outputs[g, j], 1]
                    b0, b1, b2 = phase[t, g, s, j]
                    of_z = (2 * on - 1) * (b0 - b1)
                    of_delta = (active[g, j] - on) * cut * of_gap - b2
                    a, b = on * of_f + of_z, on * of_gap + of_delta
                    value += a * shift[g, j, 0] + b * shift[g, j, 1]
                    value += b1 * edges[g, s, j, 1]
                    ranged = of_delta
                    if fixed[t, g, j] == 0:
                        value += b0 * edges[g, s, j, 0]
                    elif fixed[t, g, j] == 1:
                        value += max(-of_gap, 0.0) * (under[g, j] if on > 0 else over[g, j])
                    else:
                        value += max(of_f + of_gap, 0.0) * edges[g, s, j, 0]
                        ranged += (2 * on - 1) * b0
                    value += max(-ranged * low[g, j], -ranged * high[g, j])
                    for f in range(2):
                        for k in range(p):
                            form[f, k] += a * z[g, j, f, k] + b * delta[g, j, f, k]
                for k in range(p):
                    value += _top(form[0, k], form[1, k], lo[g], hi[g], k, signed)
                if value > most:
                    most, chosen = value, s
                    kept[:] = form
            total[t, part[g]] += most
            best[t, g] = chosen
            for k in range(p):
                _argmax(kept[0, k], kept[1, k], lo[g], hi[g], k, signed, u[t, g])


@_njit
def front(
    c: FloatArray,
    lo: FloatArray,
    hi: FloatArray,
    signed: bool,
    part: Any,
    total: FloatArray,
    v: FloatArray,
) -> None:
    """Add the support of c (T, M + 1, 2) over the input box to total, entry k at part[k].

    Writes its maximiser v, (T, M + 1, 2).
    """
    u = np.empty((2, lo.shape[1]))
    for t in range(len(c)):
        for k in range(lo.shape[1]):
            total[t, part[k]] += _top(c[t, k, 0], c[t, k, 1], lo, hi, k, signed)
            _argmax(c[t, k, 0], c[t, k, 1], lo, hi, k, signed, u)
            v[t, k, 0], v[t, k, 1] = u[0, k], u[1, k]


@_njit
def forward(
    c: FloatArray,
    phase: FloatArray,
    v: FloatArray,
    fixed: Any,
    stage: Any,
    sizes: Any,
    best: Any,
    u: FloatArray,
    by_share: FloatArray,
    by_phase: FloatArray,
    y: FloatArray,
) -> None:
    """Subgradients of a stage, after `backward`.

    v: (T, M + 1, 2), the inputs as the layers below have them. Writes the slopes of λ and β and
    the values y (T, N + 1, 2) of the outputs, which are the slopes of c.
    """
    outputs, inputs, z, delta, shift, phases, active, mixed, _, _, edges, over, under = stage
    cut, low, high = sizes
    groups, m, p = z.shape[0], z.shape[1], z.shape[3]
    by_phase[:] = 0.0
    for t in range(len(c)):
        for g in range(groups):
            s = best[t, g]
            for f in range(2):
                for k in range(p):
                    by_share[t, g, f, k] = u[t, g, f, k] - v[t, inputs[g, k], f]
            for j in range(m):
                zu = du = zv = dv = 0.0
                for f in range(2):
                    for k in range(p):
                        zu += z[g, j, f, k] * u[t, g, f, k]
                        du += delta[g, j, f, k] * u[t, g, f, k]
                        zv += z[g, j, f, k] * by_share[t, g, f, k]
                        dv += delta[g, j, f, k] * by_share[t, g, f, k]
                on, part = phases[s, j], active[g, j]
                of_f, of_gap = c[t, outputs[g, j], 0], c[t, outputs[g, j], 1]
                ranged, near = (part - on) * cut * of_gap - phase[t, g, s, j, 2], edges[g, s, j, 0]
                lost_f = lost_gap = 0.0
                if fixed[t, g, j] == 0:
                    lost_f = mixed[g, j] if of_f > 0 else -mixed[g, j] if of_f < 0 else 0.0
                elif fixed[t, g, j] == 1:
                    near = 0.0
                    if of_gap < 0:
                        lost_gap = -(under[g, j] if on > 0 else over[g, j])
                else:
                    ranged += (2 * on - 1) * phase[t, g, s, j, 0]
                    if of_f + of_gap > 0:
                        lost_f = lost_gap = near
                end = high[g, j] if -ranged * high[g, j] > -ranged * low[g, j] else low[g, j]
                if fixed[t, g, j] == 2:
                    near = (1 - 2 * on) * end
                by_z, by_delta = zu + shift[g, j, 0], du + shift[g, j, 1] - end
                by_phase[t, g, s, j, 0] = (2 * on - 1) * by_z + near
                by_phase[t, g, s, j, 1] = (1 - 2 * on) * by_z + edges[g, s, j, 1]
                by_phase[t, g, s, j, 2] = -by_delta
                y[t, outputs[g, j], 0] = on * (zu + shift[g, j, 0]) - part * zv + lost_f
                gap = on * (du + shift[g, j, 1]) - part * dv + (part - on) * cut * by_delta
                y[t, outputs[g, j], 1] = gap + lost_gap


@_njit
def adam(
    x: FloatArray,
    slope: FloatArray,
    unit: FloatArray,
    first: FloatArray,
    second: FloatArray,
    factor: FloatArray,
    step: int,
    rate: float,
) -> None:
    """Take step number ``step`` ≥ 1 of θ, x = unit θ; all (T, G, E) but factor.

    factor: (T, G), what slopes are multiplied by.
    """
    early, late = 1 - _MOMENTS[0] ** step, 1 - _MOMENTS[1] ** step
    for t in range(len(x)):
        for g in range(x.shape[1]):
            for i in range(x.shape[2]):
                gradient = factor[t, g] * unit[t, g, i] * slope[t, g, i]
                a = _MOMENTS[0] * first[t, g, i] + (1 - _MOMENTS[0]) * gradient
                b = _MOMENTS[1] * second[t, g, i] + (1 - _MOMENTS[1]) * gradient * gradient
                first[t, g, i], second[t, g, i] = a, b
                root = math.sqrt(b / late) + 1e-12
                x[t, g, i] -= unit[t, g, i] * rate * a / (early * root)
