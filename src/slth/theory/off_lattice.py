"""Integer candidates and targets that need not be integers: the quenched prediction."""

import numpy as np

from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory.quenched import Targets, hits_chance
from slth.theory.sums import lattice_points

NODES = 4  # of the target, a unit of the lattice


def off_lattice_probability(ensemble: str | Ensemble, n: int, d: int, eps: float) -> float:
    """P(some subset of n integer candidates is within eps of z), z uniform on [-q, q]^d.

    `success_probability` with the lattice points in [z_j - eps, z_j + eps] for each z: 2 eps of
    them on average, where an integer target has 2 ⌊eps⌋ + 1. Below eps = ½ the window has a point,
    the integer nearest to z_j, with chance 2 eps, so that (2 eps)^d bounds the result. Ensembles
    whose sums fill the integers (quantized), ValueError for others: of sums that share a parity, as
    those of ±1, most targets are far. Cost: 0.1 s. Source: derived; checked against Monte Carlo in
    tests.

    >>> chance = slth.theory.off_lattice_probability("quantized", n=20, d=2, eps=0.25)
    >>> round(chance, 3)  # (2 eps)^d at most, however large n
    0.198
    """
    law, d = arguments.law(ensemble, d)
    if law.step != 1:
        raise ValueError(
            f"ensemble: got {law.name!r}, takes one whose sums fill the integers, as 'quantized'"
        )
    n = arguments.size("n", n)
    eps, q = arguments.tolerance(eps, law), law.target_bound
    if eps < 0.5:
        values = np.arange(q + 1)  # the point within eps, if there is one
        weights = np.where((values == 0) | (values == q), 0.5, 1.0)
        first, points, share = values, np.ones(len(values)), (2 * eps) ** d
    else:
        values = (np.arange(NODES * q) + 0.5) / NODES  # |z| on (0, q)
        weights, share = np.ones(len(values)), 1.0
        first, points = lattice_points(values, eps, 1, 0)
    halves = 0.5 * points
    centres = first + halves - 0.5

    def chance(kept: np.ndarray) -> float:
        part = weights[kept] / weights[kept].sum()
        targets = Targets(values[kept], part, np.array([d]))
        return hits_chance(law, n, centres[kept], halves[kept], targets)

    everywhere = share * chance(np.ones(len(values), bool))
    empty = min(eps / q, 1.0) ** d  # the empty subset hits
    if empty < 1e-9:
        return everywhere
    return min(everywhere + empty * (1 - chance(values <= eps)), 1.0)
