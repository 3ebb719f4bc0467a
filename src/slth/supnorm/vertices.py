"""Where a sum of bias-free ReLU neurons has its largest size in a box: finitely many points."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike

from slth import checks
from slth.checks import FloatArray

MOST_INPUTS = 8


def box_vertices(rows: ArrayLike) -> FloatArray:
    """Points of [-1, 1]^p among which |Σ_i c_i max(u_i·x, 0)| is largest, whatever the c.

    rows: the u_i, shape (m, p), p <= 8. The function is affine on each polytope that the planes
    u_i·x = 0 cut the box into, so that its size is largest at a corner of one of them. There p
    independent planes or faces of the box meet, of which at least one is a face: all planes alone
    meet at 0, where the function is 0. So for every j < p, every j planes and every choice of p - j
    coordinates held at ±1 the remaining j are solved for, and kept if they lie in [-1, 1]. Returns
    (K, p), K = O(m^(p-1)); planes of which some p have no unique intersection are left out, which
    has probability 0 for u of a density. Cost: Σ_j C(m, j) C(p, j) 2^(p-j) points solved for.
    Source: a convex function on a polytope is largest at a vertex.

    >>> from slth.supnorm.vertices import box_vertices
    >>> box_vertices([[1.0, 0.5]]).tolist()[4:]
    [[-0.5, 1.0], [0.5, -1.0]]
    """
    U = checks.array("rows", rows, (2,), "(m, p)")
    m, p = U.shape
    if p > MOST_INPUTS:
        raise ValueError(f"rows: got p = {p}, takes p <= {MOST_INPUTS}")
    parts = [np.array(list(itertools.product((-1.0, 1.0), repeat=p)))]
    for j in range(1, min(p - 1, m) + 1):
        chosen = U[np.array(list(itertools.combinations(range(m), j)))]  # (., j, p)
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=p - j)))
        for free in itertools.combinations(range(p), j):
            held = [k for k in range(p) if k not in free]
            systems = chosen[:, :, list(free)]
            whole = np.abs(np.linalg.det(systems)) > 0
            right = -chosen[whole][:, :, held] @ signs.T
            solved = np.linalg.solve(systems[whole], right)  # (., j, 2^(p-j))
            which, sign = np.nonzero((np.abs(solved) <= 1).all(axis=1))
            points = np.empty((len(which), p))
            points[:, list(free)] = solved[which, :, sign]
            points[:, held] = signs[sign]
            parts.append(points)
    return np.concatenate(parts)
