"""All targets at once in d = 1, 2, 3: chance that every z is within eps of a subset sum."""

import functools
import itertools
import math

import numpy as np
from scipy.optimize import brentq

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory._nodes import legendre
from slth.theory.crossing import first_n
from slth.theory.quenched import Targets, best_error, log_hits_law, over_spreads, target_law

STEPS = {1: 0.04, 2: 0.15, 3: 0.4}  # of the grid in T, standard deviations
NODES = {1: 24, 2: 12, 3: 6}  # Gauss-Legendre, a coordinate of the cube
REACH = 5.0  # standard deviations of T: beyond lie 6e-7


def covering_probability(ensemble: str | Ensemble, n: int, d: int, eps: float) -> float:
    """P(every z in [-1, 1]^d is within eps of a subset sum), d = 1, 2, 3; Poisson prediction.

    Given the total T the sums have density ρ(x) = 2^n Π_j φ((x_j - T_j/2)/s)/s. With a = 2 eps a
    point is vacant with probability e^{-ρ a^d}, and in a nearly covered cube the vacancies are
    small boxes. Each has one lower corner, which d faces of covering cubes make, one a coordinate:
    ρ a^{d-1} such faces a unit length. Where a box is cut by the boundary x_j = -1 the boundary is
    the face. So their number has mean
    N(T) = Σ_{J ⊆ [d]} ∫_{x_j ∈ [-1, 1], j ∈ J; x_j = -1, j ∉ J} (ρ a^{d-1})^{|J|} e^{-ρ a^d} dx
    and P ≈ E_T[e^{-N(T)}]; for J = ∅, one point, -log(1 - e^{-ρ a^d}) stands for e^{-ρ a^d}. Away
    from the boundary the rate is ρ^d a^{d(d-1)} e^{-ρ a^d}; for coverings in general see Janson
    1986. Density ensembles, and nsn for d = 1: for d >= 2 nsn's short vectors make sums cluster,
    which no density given T sees (n = 13, d = 2, eps = .1337: .17 observed, .49 by the formula).
    Cost: 0.1 s. Source: derived; checked against Monte Carlo in tests. Raises ValueError for
    integer ensembles, d > 3, and nsn with d >= 2, for which there is `conditional_union_bound`.

    >>> covered = slth.theory.covering_probability
    >>> [round(covered("normal", n, d=2, eps=0.2), 2) for n in (10, 12, 14)]
    [0.1, 0.61, 0.86]
    """
    law, d = _density(ensemble, d)
    if d > 3:
        raise ValueError(f"d: got {d}, takes 1, 2 or 3")
    if not law.independent and d > 1:
        raise ValueError(
            f"ensemble: got {law.name!r} with d = {d}, takes independent entries where d >= 2; "
            "conditional_union_bound takes both"
        )
    n, eps = arguments.size("n", n, low=1), checks.positive("eps", eps)
    return over_spreads(law, n, lambda spread: _covered(n, d, eps, spread / 2))


def covering_error(ensemble: str | Ensemble, n: int, d: int, probability: float = 0.5) -> float:
    """The eps at which covering_probability crosses ``probability``, to 1 %.

    Brent's method from the error of one target, `best_error`. Cost: about 8 predictions.

    >>> eps = slth.theory.covering_error("normal", n=12, d=2)
    >>> round(eps, 2), round(slth.theory.covering_probability("normal", n=12, d=2, eps=eps), 1)
    (0.17, 0.5)
    """
    (law, d), level = _density(ensemble, d), arguments.probability(probability)
    n = arguments.size("n", n, low=1)

    @functools.cache
    def above(x: float) -> float:
        return covering_probability(law, n, d, math.exp(x)) - level

    low = math.log(best_error(n, d, law))
    while above(low) >= 0:
        low -= 3.0
    high = low + 3.0
    while above(high) < 0:
        low, high = high, high + 3.0
    return math.exp(brentq(above, low, high, xtol=5e-3))


def union_bound(ensemble: str | Ensemble, d: int, eps: float, probability: float = 0.5) -> int:
    """Smallest n for which the union bound over cells proves P(all z covered) >= probability.

    The cube is cut into M = ⌈2/eps⌉^d cells of half-side eps/2; a hit within eps/2 of a cell's
    centre covers the cell. M P(a centre is missed) <= 1 - probability, with the quenched
    prediction, averaged over the centres, for P: what the proofs do, at its best. Cost: about
    2 log2 n predictions. Source: derived.

    >>> slth.theory.union_bound("normal", d=1, eps=0.1)
    10
    >>> slth.theory.covering_threshold("normal", d=1, eps=0.1)
    8
    """
    (law, d), level = _density(ensemble, d), arguments.probability(probability)
    eps = checks.positive("eps", eps)
    allowed = (1 - level) / math.ceil(2 / eps) ** d
    return first_n(lambda n: _missed(law, n, d, eps / 2) <= allowed)


def _density(ensemble: str | Ensemble, d: int) -> tuple[Ensemble, int]:
    law, d = arguments.law(ensemble, d)
    if law.step:
        raise ValueError(f"ensemble: got {law.name!r}, takes one with a density, not integers")
    return law, d


def _missed(law: Ensemble, n: int, d: int, eps: float) -> float:
    """E_T[exp(-λ)], accurate where it is far below 1e-4."""
    values, weights, _ = target_law(law, eps)
    targets, halves = Targets(values, weights, np.array([d])), np.full(len(values), eps)

    def chance(spread: float) -> float:
        levels, chances = log_hits_law(n * math.log(2), spread / 2, values, halves, targets)
        return float(np.maximum(chances, 0) @ np.exp(-np.exp(np.minimum(levels, 700))))

    return over_spreads(law, n, chance)


def _covered(n: int, d: int, eps: float, s: float) -> float:
    """E_T[e^{-N(T)}] for sums of standard deviation s about T/2 = s g."""
    grid = np.arange(-REACH, REACH + 1e-9, STEPS[d])
    weights = np.exp(-0.5 * grid**2)
    weights /= weights.sum()
    expected = np.zeros((len(grid),) * d)
    places = np.array(list(itertools.combinations_with_replacement(range(len(grid)), d)))
    interior = _interior(n, d, eps, s, grid[places])
    for order in itertools.permutations(range(d)):  # the interior term does not mind the order
        expected[tuple(places[:, order].T)] = interior
    for count in range(d):  # J of one size differ by the order of the coordinates only
        corner = _corners(n, d, eps, s, grid, (False,) * (d - count) + (True,) * count)
        for free in itertools.combinations(range(d), count):
            expected += np.moveaxis(corner, range(d - count, d), free)
    chance: FloatArray = np.exp(-expected)
    for _ in range(d):
        chance = weights @ chance  # sums over the first axis left
    return float(np.clip(chance, 0, 1))


def _interior(n: int, d: int, eps: float, s: float, places: FloatArray) -> FloatArray:
    """The term of J = [d] in N(T), T = 2 s times ``places`` (K, d): (K,)."""
    nodes, node_weights = legendre(NODES[d])
    log_rho = np.full((1,) * (d + 1), n * math.log(2) - d * math.log(s * math.sqrt(2 * math.pi)))
    volume = np.ones((1,) * d)
    for j in range(d):
        shape = [len(nodes) if i == j else 1 for i in range(d)]
        squares = (nodes / s - places[:, j, None]) ** 2
        log_rho = log_rho - 0.5 * squares.reshape(len(places), *shape)
        volume = volume * node_weights.reshape(shape)
    log_a = math.log(2 * eps)
    hits = np.exp(np.minimum(log_rho + d * log_a, 700))
    found: FloatArray = np.tensordot(np.exp(d * (log_rho + (d - 1) * log_a) - hits), volume, d)
    return found


def _corners(
    n: int, d: int, eps: float, s: float, grid: FloatArray, inside: tuple[bool, ...]
) -> FloatArray:
    """The term of J = ``inside``, not all of [d], on the grid of T: (len(grid),) * d."""
    nodes, node_weights = legendre(NODES[d])
    log_rho = np.full((1,) * 2 * d, n * math.log(2) - d * math.log(s * math.sqrt(2 * math.pi)))
    volume = np.ones((1,) * d)
    for j, free in enumerate(inside):
        x = nodes if free else np.array([-1.0])
        shape = [1] * (2 * d)
        shape[j], shape[d + j] = len(grid), len(x)
        log_rho = log_rho - 0.5 * ((x / s - grid[:, None]) ** 2).reshape(shape)
        if free:
            volume = volume * node_weights.reshape([len(x) if i == j else 1 for i in range(d)])
    log_a = math.log(2 * eps)
    faces = sum(inside) * (log_rho + (d - 1) * log_a)
    hits = np.exp(np.minimum(log_rho + d * log_a, 700))
    with np.errstate(divide="ignore"):
        terms = np.exp(faces - hits) if any(inside) else -np.log(-np.expm1(-hits))
    found: FloatArray = np.tensordot(terms, np.broadcast_to(volume, terms.shape[d:]), d)
    return found
