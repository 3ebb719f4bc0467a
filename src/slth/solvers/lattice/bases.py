"""The lattice of one problem, reduced: rows 2U and (U X)/radius, and the shift to the target.

S with indicator x is within ``radius`` of z exactly when v = (2x − 1, (Σ_S X_i − z)/radius) lies in
the cube [−1, 1]^(n + d). All x of a lattice x0 + Z^N U give v = t + Σ u_i b_i with rows b_i.
"""

from dataclasses import dataclass

import numpy as np

from slth import seeding
from slth.checks import FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.lattice import bkz, reduction
from slth.solvers.lattice.reduction import DELTA, Rows
from slth.solvers.lattice.unimodular import IntArray, is_unimodular
from slth.solvers.lattice.vectors import combinations, padded

FIRST_SCALE, SCALE_STEP = 2.0**8, 2.0**12  # of the sums: entries stay exact enough to reduce
LARGEST_ENTRY = 2.0**40  # of U: integers of float64 with room for their sums
QUICK, DEEP = ((10, 2), (20, 8)), ((10, 2), (20, 2), (30, 8))  # rows of a block, tours of it
BLOCK_NODES = 1 << 18
SHUFFLED = 0.3  # of all rows: how far a row moves for another basis; the order by length is good


@dataclass(frozen=True)
class Space:
    """The integer vectors that may be indicators: start + Z^N rows; rows (N, n), start (n,).

    completion (n − N, n): with them the rows are a basis of Z^n.
    """

    rows: IntArray
    start: IntArray
    completion: IntArray


@dataclass(frozen=True)
class Basis:
    """U (N, n) and x0 (n,) int64; the rows B (N, M), shift t (M,), and B = mu Q of norms² c.

    M: n + d, the width, padded with zeros. certified: U and the completion are a basis of Z^n, by
    exact residues, and every entry is an exact integer.
    """

    U: IntArray
    x0: IntArray
    t: FloatArray
    gram: Rows
    certified: bool
    width: int


def whole(X: FloatArray) -> Space:
    """All of Z^n, the shortest candidates first."""
    n = len(X)
    order = np.argsort((X * X).sum(axis=1), kind="stable")
    return Space(
        np.eye(n, dtype=np.int64)[order], np.zeros(n, np.int64), np.zeros((0, n), np.int64)
    )


def sized(X: FloatArray, size: int) -> Space:
    """The integer vectors of sum ``size``: differences of neighbours in the order of length."""
    eye = whole(X).rows
    start = eye[:size].sum(axis=0)
    return Space(eye[:-1] - eye[1:], start, eye[:1].copy())


def reduced(
    space: Space,
    X: FloatArray,
    z: FloatArray,
    radius: float,
    trial: int = 0,
    blocks: tuple[tuple[int, int], ...] | None = None,
) -> Basis:
    """Reduce the lattice of X (n, d), z (d,) at a radius.

    trial > 0: from another order of rows. blocks: rows of a block of `bkz` and tours, in turn;
    None: QUICK.
    """
    U = space.rows.astype(np.float64)
    if trial:
        noise = seeding.generator(trial, "lattice", *U.shape).random(len(U))
        U = U[np.argsort(np.arange(len(U)) + SHUFFLED * len(U) * noise)]
    halt = stopping.flag()
    d = X.shape[1]
    zero = np.zeros(d)
    largest = float(np.abs(space.rows @ X).max(initial=0.0)) if d else 0.0
    final = 1.0 / radius
    scale = min(final, FIRST_SCALE / largest) if largest > 0 else final
    while True:
        gram = reduction.rows(joined(U, combinations(U, X, zero, scale)))
        if len(U):
            limit = reduction.visits(len(U), largest * scale)
            reduction.lll(gram, 0, len(U), DELTA if scale == final else 0.9, limit, halt)
        U = np.rint(gram.B[:, : len(X)] / 2)
        if scale == final:
            break
        scale = min(final, scale * SCALE_STEP)
    for size, tours in blocks or QUICK:
        if len(U) > 2:
            bkz.bkz(gram, min(size, len(U)), tours, BLOCK_NODES, halt)
    stopping.check()
    return _basis(space, np.rint(gram.B[:, : len(X)] / 2), X, z, final)


def joined(U: FloatArray, sums: FloatArray, factor: float = 2.0) -> FloatArray:
    """Rows (factor·U, sums), padded."""
    N, n = U.shape
    out = np.zeros((N, padded(n + sums.shape[1])))
    out[:, :n] = factor * U
    out[:, n : n + sums.shape[1]] = sums
    return out


def _basis(space: Space, U: FloatArray, X: FloatArray, z: FloatArray, scale: float) -> Basis:
    """The rows formed anew from U, orthogonalised; the shift moved near the origin."""
    exact = bool(np.abs(U).max(initial=0.0) < LARGEST_ENTRY)
    whole_U = U.astype(np.int64) if exact else np.zeros(U.shape, np.int64)
    square = np.concatenate([whole_U, space.completion])
    gram = reduction.rows(joined(U, combinations(U, X, np.zeros(len(z)), scale)))
    for k in range(len(U)):
        reduction.orthogonalise(gram, k)
    x0 = space.start.astype(np.float64)
    for _ in range(3):
        t = _shift(x0, X, z, scale)
        moved = False
        for k in range(len(U) - 1, -1, -1):
            times = np.rint(t @ gram.Q[k] / gram.c[k])
            if times:
                t = t - times * gram.B[k]
                x0, moved = x0 - times * U[k], True
        if not moved:
            break
    exact = exact and bool(np.abs(x0).max() < LARGEST_ENTRY)
    start = x0.astype(np.int64) if exact else space.start
    t = _shift(start.astype(np.float64), X, z, scale)
    return Basis(whole_U, start, t, gram, exact and is_unimodular(square), X.shape[0] + X.shape[1])


def _shift(x0: FloatArray, X: FloatArray, z: FloatArray, scale: float) -> FloatArray:
    """(2 x0 − 1, (x0 X − z)·scale), padded."""
    n = len(x0)
    sums = combinations(x0[None], X, -z, scale)
    out = joined(x0[None], sums)[0]
    out[:n] -= 1.0
    return out
