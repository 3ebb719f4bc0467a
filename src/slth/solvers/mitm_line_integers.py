"""Instances of d = 1 as integers in the lanes of a space, and the error bound of doing so.

With u a power of two, q_i = round(x_i/u) and r_i = x_i/u − q_i, the sum of a subset S is off by
|Σ_S r_i − r_z| ≤ R = max(Σ r⁺, Σ r⁻) units, and its float64 sum in index order by ρ = (n + 2)·2^-53
Σ|terms|. So the subset of least float64 error is among those whose integer gap is at most the
least one plus T = 2(R + ρ): a handful, summed again in float64. Where every rounding is zero, any
subset of least gap will do.
"""

import math

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_line_network import ITEMS, TARGET, ZERO

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
        grid[:, lane] = 0
        grid[TARGET, lane] = 1
        return FAILED
    scale = math.ldexp(1.0, shift)
    half = x.size // 2
    step = 1 << (bits + 2) if size >= 0 else 0
    q = np.int64(np.rint(z * scale))
    used = q
    rest = z * scale - q
    up, down = max(-rest, 0.0), max(rest, 0.0)
    grid[ZERO, lane] = 0
    grid[TARGET, lane] = 2 * (q + max(size, 0) * step) + 1
    for i in range(x.size):
        value = x[i] * scale
        q = np.int64(np.rint(value))
        rest = value - q
        up += max(rest, 0.0)
        down += max(-rest, 0.0)
        used |= q
        q = 2 * (q + step)
        grid[ITEMS + i, lane] = q if i < half else -q
    rounding = (x.size + 2) * 2.0 ** (bits - 53)
    if up == 0 and down == 0 and used & ((1 << max(bits - 52, 0)) - 1) == 0:
        rounding = 0.0
    return 2 * (max(up, down) + rounding)
