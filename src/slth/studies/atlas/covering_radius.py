"""How far a target in [-1, 1]^d can lie from the nearest subset sum, in a proved bracket."""

import itertools

import numpy as np
from scipy.spatial import cKDTree

from slth import checks
from slth.checks import FloatArray

FIRST = 8  # cells per side to begin with


def subset_sums(X: FloatArray) -> FloatArray:
    """All sums of X (n, d): (2^n, d); sum m has candidate i when bit i of m is set."""
    n, d = X.shape
    sums = np.zeros((2**n, d))
    for i in range(n):
        np.add(sums[: 2**i], X[i], out=sums[2**i : 2 ** (i + 1)])
    return sums


def covering_radius(points: FloatArray, resolution: float = 0.02) -> tuple[float, float]:
    """Return low <= sup over z in [-1, 1]^d of min_i ‖points_i - z‖_∞ <= high. points: (N, d).

    d = 1: exact, from the gaps. d >= 2: the distance is 1-Lipschitz in the sup norm, so on a cell
    of half-side h it is at most h above its value at the centre; cells that could still hold more
    than (1 + resolution) times the largest distance seen are cut into 2^d. Hence
    high <= (1 + resolution) low, proved for every target. Cost: O(N log N), and a few thousand
    queries. Raises ValueError naming the argument.
    """
    points = checks.array("points", points, (2,), "(N, d)")
    slack = checks.positive("resolution", resolution)
    if points.shape[1] == 1:
        radius = _line(np.sort(points[:, 0]))
        return radius, radius
    d, tree = points.shape[1], cKDTree(points)
    h = 1.0 / FIRST
    sides = -1 + h * (2 * np.arange(FIRST) + 1)
    centres = np.array(list(itertools.product(sides, repeat=d)))
    corners = np.array(list(itertools.product([-0.5, 0.5], repeat=d)))
    low = high = 0.0
    while len(centres):
        distance: FloatArray = np.asarray(tree.query(centres, p=np.inf)[0], dtype=np.float64)
        low = max(low, float(distance.max()))
        open_ = distance + h > (1 + slack) * low
        high = max(high, float((distance + h)[~open_].max(initial=0.0)))
        centres = (centres[open_][:, None] + h * corners).reshape(-1, d)
        h *= 0.5
    return low, min(high, (1 + slack) * low)


def _line(points: FloatArray) -> float:
    """The midpoint of each gap, moved into [-1, 1], is the gap's point farthest from its ends."""
    middles = np.clip(0.5 * (points[1:] + points[:-1]), -1, 1)
    # a gap outside the cube is clipped to an end of it: the distance to the nearest is right
    # only for the gap that holds the point, so both ends are looked up themselves
    inside = (middles >= points[:-1]) & (middles <= points[1:])
    gaps = np.minimum(middles - points[:-1], points[1:] - middles)[inside]
    ends = [float(np.abs(points - end).min()) for end in (-1.0, 1.0)]
    return max([*ends, float(gaps.max(initial=0.0))])
