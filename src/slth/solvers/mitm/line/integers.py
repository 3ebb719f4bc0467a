"""Instances of d = 1 as integers in the lanes of a space, and the error bound of doing so.

With u a power of two, q_i = round(x_i/u) and r_i = x_i/u − q_i, the sum of a subset S is off by
|Σ_S r_i − r_z| ≤ R = max(Σ r⁺, Σ r⁻) units, and its float64 sum in index order by ρ = (n + 2)·2^-53
Σ|terms|. So the subset of least float64 error is among those whose integer gap is at most the
least one plus T = 2(R + ρ): a handful, summed again in float64. Where no candidate is rounded and
sums are exact, many may have the same error, but then any subset of least gap will do: T = 0.
"""

import math

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.mitm.line.network import ITEMS, TARGET, ZERO

NARROW, WIDE = 30, 55  # bits of the sums in int32 and int64 lanes
FAILED = -1.0  # the slack of an instance that integers cannot hold


@njit(cache=True, nogil=True)
def bits_of(bits: int, n: int, size: int) -> int:
    """Bits left for the sums: a fixed size takes room for n + 2 steps of 4 times their range."""
    if size < 0:
        return bits
    steps = 0
    while (1 << steps) < n + 2:
        steps += 1
    return bits - steps - 2


@njit(cache=True, nogil=True)
def load(x: FloatArray, z: float, size: int, bits: int, grid: np.ndarray, lane: int) -> float:
    """Write the instance x (n,), z into a lane of the input rows (·, lanes); return T or FAILED.

    bits: |sums| < 2^bits units. size ≥ 0: every candidate carries a step of 2^(bits + 2) units and
    the target ``size`` steps, so that subsets of another size are further from it than any of
    that size.
    """
    total = abs(z)
    for v in x:
        total += abs(v)
    exponent = 0
    if math.isfinite(total) and total > 0:
        exponent = math.frexp(total * (1 + 2.0**-20))[1]
    shift = bits - exponent
    if not (math.isfinite(total) and total > 0 and -1000 < shift < 1000):
        for row in range(grid.shape[0]):
            grid[row, lane] = row == TARGET
        return FAILED
    scale = math.ldexp(1.0, shift)
    step = 1 << (bits + 2) if size >= 0 else 0
    target = int(np.rint(z * scale))
    off = z * scale - target
    grid[ZERO, lane] = 0
    grid[TARGET, lane] = 2 * (target + max(size, 0) * step) + 1
    up = down = 0.0
    used = 0
    lost = target == 0 and off == 0 and z != 0  # a number that vanishes beside the largest
    for i in range(x.size):
        value = x[i] * scale
        lost = lost or value / scale != x[i]
        q = int(np.rint(value))
        up += max(value - q, 0.0)
        down += max(q - value, 0.0)
        used |= q
        q = 2 * (q + step)
        grid[ITEMS + i, lane] = q if i < x.size // 2 else -q
    sums_are_exact = (
        not lost and up == 0 and down == 0 and used & ((1 << max(bits - 52, 0)) - 1) == 0
    )
    if sums_are_exact and _one_error(used, target, off):
        return 0.0
    rounding = (x.size + 2) * 2.0 ** (bits - 53)
    return 2 * (max(up + max(-off, 0.0), down + max(off, 0.0)) + rounding)


@njit(cache=True, nogil=True)
def _one_error(used: int, target: int, off: float) -> bool:
    """Whether sums of least |sum − target| all have the same float64 error. used: OR of all q_i.

    Sums are multiples of the lowest bit 2^k of used. With k > 0 the least gap has one value g, and
    both signs only if 2^k divides 2·target; that matters where the target is rounded.
    """
    grain = used & -used
    if grain == 1:
        return False
    return grain == 0 or off == 0 or target & (grain // 2 - 1) != 0
