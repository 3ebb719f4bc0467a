"""What every prune of the enumeration may rely on, with all rounding accounted for.

The argument, with the names used here, is that of docs/lattice.md: each quantity below bounds from
the computed numbers themselves, whatever they are, how far an inner product with a vector of the
cube can be from what the enumeration takes it for. Nothing is assumed of the reduction.
"""

from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.lattice.bases import Basis

UNIT = 2.0**-53
SHRINKS = 256  # changes of the weights of one walk; each rounds them, w and q
SAFE = 2.0  # these bounds are themselves rounded sums of at most 2^9 terms
LARGEST_SLACK = 1.0  # of Δ: beyond it no proof is claimed
LARGEST_ETA = 2.0**-10  # likewise
LARGEST_INTEGER = 2.0**52  # of what a leaf's x is summed from, exactly in float64 and int64


class Bounds(NamedTuple):
    """See docs/lattice.md.

    low, high (N,): of u in the cube. reach (N,): of |a|. delta: Δ, of an inner product ⟨v, w⟩.
    square: of |w|². eta: how far sums formed from the rows are from the true ones, over the radius.
    spare (d,): eta and the rounding of a leaf's sums. centre (N,): ⟨t, b*⟩/c.
    rest (M,): the part of t orthogonal to the rows; its norm² `rest_square`.
    sound: all of these are finite and small enough for a proof.
    """

    low: FloatArray
    high: FloatArray
    reach: FloatArray
    delta: float
    square: float
    eta: float
    spare: FloatArray
    centre: FloatArray
    rest: FloatArray
    rest_square: float
    sound: bool


def bounds(basis: Basis, X: FloatArray, scale: float) -> Bounds:
    """Bound everything for the cube of half-width 1 (1 + eta in the sums)."""
    B, Q, c, _ = basis.gram
    t, (n, d) = basis.t, X.shape
    N, M = B.shape
    gamma = 2 * (M + N + 4) * UNIT
    centre, rest = _split(t, Q, c)
    rest_square = float(rest @ rest)
    weights = np.ones(M)
    low, high, top, sure = _coefficients(basis, weights, gamma)
    eta = _eta(basis, X, scale, top)
    weights[n : n + d] = 1 + 2 * eta
    low, high, top, sure = _coefficients(basis, weights, gamma)

    lengths = np.abs(Q) @ weights
    widest = 2 * lengths / c
    error = _projection_errors(basis, centre, top, widest, gamma)
    reach = (lengths + error) / c * (1 + 8 * UNIT)
    cube = n + d * (1 + 2 * eta) ** 2
    overlap = np.abs(Q @ Q.T) + gamma * np.abs(Q) @ np.abs(Q).T
    np.fill_diagonal(overlap, np.abs(np.diag(overlap) - c))
    across = np.abs(Q @ rest) + gamma * np.abs(Q) @ np.abs(rest)
    defect = widest @ overlap @ widest + 2 * widest @ across + gamma * rest_square
    root = np.abs(B @ rest) + gamma * np.abs(B) @ np.abs(rest)
    start = abs(t @ rest - rest_square) + 2 * gamma * np.abs(t) @ np.abs(rest) + top @ root
    largest = 2 * np.sqrt(cube)
    vector = (8 + SHRINKS) * UNIT * (largest + widest * np.abs(Q).max(axis=1)).sum()
    delta = SAFE * (start + widest @ error + 2 * (n + d) * vector + 8 * (N + 1) * UNIT * cube)
    square = (cube + 2 * delta + SAFE * defect) * (1 + 4 * UNIT)
    sums = np.abs(B[:, n : n + d])
    spare = 4 * eta + SAFE * gamma * (top @ sums + np.abs(t[n : n + d]))
    integers = (top @ np.abs(basis.U) + np.abs(basis.x0)).max()
    sound = bool(
        sure
        and integers < LARGEST_INTEGER
        and np.isfinite(delta)
        and delta <= LARGEST_SLACK
        and defect <= LARGEST_SLACK
        and (reach <= widest).all()
        and eta <= LARGEST_ETA
    )
    return Bounds(
        low,
        high,
        reach,
        float(delta),
        float(square),
        eta,
        spare,
        centre,
        rest,
        rest_square,
        sound,
    )


def _split(t: FloatArray, Q: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Write t as Σ centre_k q_k and a rest, twice for orthogonality."""
    centre = Q @ t / c
    rest = t - centre @ Q
    again = Q @ rest / c
    return centre + again, rest - again @ Q


def _eta(basis: Basis, X: FloatArray, scale: float, top: FloatArray) -> float:
    """Σ_i |u_i| of the rounding of row i's sums, and the shift's."""
    n, d = X.shape
    if not d:
        return 0.0
    sums, shift = np.abs(basis.gram.B[:, n : n + d]), np.abs(basis.t[n : n + d])
    small = (n + 2) ** 2 * UNIT * UNIT * scale
    rows = 3 * UNIT * sums + small * (np.abs(basis.U) @ np.abs(X))
    last = 3 * UNIT * shift + small * (np.abs(basis.x0) @ np.abs(X) + shift / scale + 1)
    return max(float(SAFE * (top @ rows + last).max()), 8 * SHRINKS * UNIT)


def _coefficients(
    basis: Basis, weights: FloatArray, gamma: float
) -> tuple[FloatArray, FloatArray, FloatArray, bool]:
    """(low, high, largest |u|) of the coefficients of the cube's vectors, by the dual basis."""
    B, Q, c, mu = basis.gram
    dual = np.linalg.solve(mu.T, Q / c[:, None])
    product = B @ dual.T
    off = np.abs(product - np.eye(len(B))) + gamma * np.abs(B) @ np.abs(dual).T
    defect = off.sum(axis=0)
    width = np.abs(dual) @ weights
    middle = -(dual @ basis.t)
    round_off = gamma * (width + np.abs(dual) @ np.abs(basis.t))
    worst = float(defect.max(initial=0.0))
    sure = worst < 0.25
    largest = 2 * float((width + np.abs(middle) + round_off).max(initial=0.0))
    margin = SAFE * (round_off + largest * defect)
    low, high = np.ceil(middle - width - margin), np.floor(middle + width + margin)
    return low, high, np.maximum(np.maximum(np.abs(low), np.abs(high)), 1.0), sure


def _projection_errors(
    basis: Basis, centre: FloatArray, top: FloatArray, widest: FloatArray, gamma: float
) -> FloatArray:
    """D + O: how far ⟨v, q_j⟩ can be from a_j c_j, (N,)."""
    B, Q, c, mu = basis.gram
    N = len(B)
    ideal = np.tril(mu) * c
    apart = np.abs(B @ Q.T - ideal) + gamma * (np.abs(B) @ np.abs(Q).T) + 4 * UNIT * np.abs(ideal)
    shift = np.abs(Q @ basis.t - centre * c) + gamma * (np.abs(Q) @ np.abs(basis.t))
    sums = top @ np.abs(np.tril(mu)) + np.abs(centre) + widest
    out: FloatArray = SAFE * (top @ apart + shift + 2 * (N + 6) * UNIT * c * sums)
    return out
