"""Compiled: the forms of one box from what one layer reads to what the next one gives.

With the lines of `slth.supnorm.zonotope.dense.lines` in place of the ReLUs,
    x_f' = W_f (λ_f x_f + μ_f + μ_f ε_f) + b_f, and the same of g,
    δ' = W_f (slope δ + by_f x_f + by_g x_g + shift + new symbols)
         + E (λ_g x_g + μ_g + μ_g ε_g) + b,
with E = W_f − W_g and b = b_f − b_g, each entry rounded once. Rows of dead neurons are left out.
A symbol is new in one neuron: its row is that neuron's weights times a number.

Rounding. Terms of an entry are rounded at most 2m + 8 times for m inputs, relative to their sizes:
all entries of all rows of output i together are off by at most γ_{4m+16} Σ_j |W_ij| s_j with s_j
the sum of the sizes of what stands at j. The error vector behind the layer is
Σ_j |W_ij| (e_j + γ s_j) + γ |b_i| + `FLOOR`, times 1 + γ for its own rounding.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import FLOOR
from slth.supnorm.zonotope.dense.lines import (
    BY_F,
    BY_G,
    HALF_F,
    HALF_G,
    NEW_D,
    SHIFT,
    SLOPE,
    SLOPE_F,
    SLOPE_G,
    D,
    F,
    G,
)  # fmt: skip
from slth.supnorm.zonotope.dense.products import add_product, add_row

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def shaped(store: FloatArray, rows: int, columns: int) -> FloatArray:
    """The beginning of a flat store as a matrix."""
    return store[: rows * columns].reshape(rows, columns)


@_njit
def places(lines: FloatArray, first: int, end: int) -> Any:
    """Where one of the lines first ≤ k < end is not 0."""
    at, count = np.empty(lines.shape[1], np.int64), 0
    for j in range(lines.shape[1]):
        for k in range(first, end):
            if lines[k, j] != 0:
                at[count] = j
                count += 1
                break
    return at[:count]


@_njit
def passed_on(
    left: FloatArray, kernel: FloatArray, at: Any, new: int, stores: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Left times the rows ``at`` of a kernel, with ``new`` rows of zeros after it, in stores[0]."""
    n = kernel.shape[1]
    out = shaped(stores[0], left.shape[0] + new, n)
    for k in range(out.shape[0]):
        for j in range(n):
            out[k, j] = 0.0
    add_chosen(left, kernel, at, out, stores[1])
    return out


@_njit
def add_chosen(
    left: FloatArray, kernel: FloatArray, at: Any, out: FloatArray, store: FloatArray
) -> None:
    """Add left times the rows ``at`` of a kernel to the first rows of out."""
    right = shaped(store, len(at), kernel.shape[1])
    for i in range(len(at)):
        for j in range(kernel.shape[1]):
            right[i, j] = kernel[at[i], j]
    add_product(left, right, out)


@_njit
def joined(
    own: FloatArray, f: FloatArray, g: FloatArray, lines: FloatArray, at: Any, store: FloatArray
) -> FloatArray:
    """Rows slope · own + by_f x_f + by_g x_g at the columns ``at``; x_f, x_g where they have it.

    lines: the three, of n columns.
    """
    out = shaped(store, own.shape[0], len(at))
    of_f, of_g = f.shape[0], g.shape[0]
    for k in range(own.shape[0]):
        for i in range(len(at)):
            j = at[i]
            value = lines[0, j] * own[k, j]
            if k < of_f:
                value += lines[1, j] * f[k, j]
            if k < of_g:
                value += lines[2, j] * g[k, j]
            out[k, i] = value
    return out


@_njit
def put(out: FloatArray, kernel: FloatArray, halves: FloatArray, at: Any) -> None:
    """Add halves[j] · kernel[j], j = at[i], to the last rows of out, one each."""
    first = out.shape[0] - len(at)
    for i in range(len(at)):
        half, row, weights = halves[at[i]], out[first + i], kernel[at[i]]
        for k in range(row.shape[0]):
            row[k] += half * weights[k]


@_njit
def pass_vectors(
    left: FloatArray, right: tuple[FloatArray, FloatArray, FloatArray], start: FloatArray
) -> FloatArray:
    """Rows left[0] W_f, left[1] W_g and left[2] W_f + left[1] E, added to ``start``: (3, n')."""
    out = start.copy()
    add_row(left[F], right[0], out[F])
    add_row(left[G], right[1], out[G])
    add_row(left[D], right[0], out[D])
    add_row(left[G], right[2], out[D])
    return out


@_njit
def centres(lines: FloatArray, centre: FloatArray) -> FloatArray:
    """Centres (3, n) behind the ReLUs."""
    out = np.empty(centre.shape)
    for j in range(centre.shape[1]):
        f, g = centre[F, j], centre[G, j]
        out[F, j] = lines[SLOPE_F, j] * f + lines[HALF_F, j]
        out[G, j] = lines[SLOPE_G, j] * g + lines[HALF_G, j]
        delta = lines[SLOPE, j] * centre[D, j] + lines[BY_F, j] * f + lines[BY_G, j] * g
        out[D, j] = delta + lines[SHIFT, j]
    return out


@_njit
def errors(
    lines: FloatArray, forms: tuple[FloatArray, FloatArray, FloatArray], gamma: float
) -> FloatArray:
    """e_j + γ s_j of the three forms, (3, n), behind the ReLUs.

    forms: centres, radii and error vectors of what the lines are applied to, (3, n) each.
    """
    centre, radius, error = forms
    out = np.empty(centre.shape)
    for j in range(centre.shape[1]):
        f, g = abs(centre[F, j]) + radius[F, j], abs(centre[G, j]) + radius[G, j]
        delta = abs(centre[D, j]) + radius[D, j]
        of_f, of_g, slope = lines[SLOPE_F, j], lines[SLOPE_G, j], lines[SLOPE, j]
        by_f, by_g = abs(lines[BY_F, j]), abs(lines[BY_G, j])
        half_f, half_g = lines[HALF_F, j], lines[HALF_G, j]
        noise = half_f + half_g + lines[NEW_D, j] + abs(lines[SHIFT, j])
        out[F, j] = of_f * error[F, j] + gamma * (of_f * f + 2 * half_f)
        out[G, j] = of_g * error[G, j] + gamma * (of_g * g + 2 * half_g)
        carried = slope * error[D, j] + by_f * error[F, j] + by_g * error[G, j]
        out[D, j] = carried + gamma * (slope * delta + by_f * f + by_g * g + noise)
    return out


@_njit
def sized(shift: FloatArray, gamma: float) -> FloatArray:
    """γ |b|."""
    out = np.empty(shift.shape)
    for h in range(shift.shape[0]):
        for j in range(shift.shape[1]):
            out[h, j] = gamma * abs(shift[h, j])
    return out


@_njit
def raised(error: FloatArray, gamma: float) -> FloatArray:
    """Error vectors times 1 + γ and `FLOOR`, in place."""
    for h in range(error.shape[0]):
        for j in range(error.shape[1]):
            error[h, j] = error[h, j] * (1 + gamma) + FLOOR
    return error
