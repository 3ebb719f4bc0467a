"""The best of several reductions of one lattice, by the nodes that its profile predicts."""

import math

import numpy as np

from slth.checks import FloatArray
from slth.solvers.lattice import slack
from slth.solvers.lattice.bases import DEEP, Basis, Space, reduced

REST, NODES = 0.85, 4.65  # fitted to walks of 2^17 to 2^28 nodes, d = 9, n = 50 … 64: within 0.6
TRIALS = ((28.0, 12), (26.5, 4), (25.0, 2), (23.0, 1))  # log2 nodes, and reductions worth it: one
# saves a quarter of them for 2^21.5 nodes' time, the best of k a few per cent more


def chosen(
    space: Space, X: FloatArray, z: FloatArray, radius: float, worth: int
) -> tuple[Basis, slack.Bounds]:
    """A reduced basis and its bounds; worth: the nodes at most that a better one could save.

    Speed only: every basis finds the same subsets, in another order.
    """
    best = _measured(space, X, z, radius, 0)
    expected = min(predicted(*best), math.log2(max(worth, 1)))
    count = next((trials for least, trials in TRIALS if expected >= least), 0)
    for trial in range(1, count + 1):
        other = _measured(space, X, z, radius, trial)
        if other[1].sound and predicted(*other) < predicted(*best):
            best = other
    return best


def predicted(basis: Basis, limits: slack.Bounds) -> float:
    """Log2 of the nodes of a walk, about.

    By the Gaussian heuristic: level k has as many nodes as balls of M − k dimensions, their square
    reduced by that of the part of t orthogonal to the rows, have volumes of the lattice projected.
    """
    c = basis.gram.c
    N, M = len(c), basis.width
    m = np.arange(1, N + 1)
    square = np.maximum(m + M - N - REST * limits.rest_square, 0.3)
    gammas = np.array([math.lgamma(j / 2 + 1) for j in m.tolist()])
    volumes = m / 2 * np.log(math.pi * square) - gammas - np.cumsum(np.log(c[::-1])) / 2
    top = float(volumes.max(initial=0.0))
    return (top + math.log(np.exp(volumes - top).sum())) / math.log(2) + NODES


def _measured(
    space: Space, X: FloatArray, z: FloatArray, radius: float, trial: int
) -> tuple[Basis, slack.Bounds]:
    basis = reduced(space, X, z, radius, trial, DEEP if trial else None)
    return basis, slack.bounds(basis, X, 1.0 / radius)
