"""All targets at once in any dimension: a union bound given the total of the vectors."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtri

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory._nodes import hermite, legendre
from slth.theory.clumped_union import Clumps
from slth.theory.crossing import first_n
from slth.theory.entropy import fixed_size_n_star
from slth.theory.quenched import over_spreads, threshold
from slth.theory.sized import log_subsets

LEVELS = 16  # equally likely values of |T_j|, of which a total has d
TOTALS = 64  # totals T that the average is over, from a rank-one lattice
NODES = {1: 48, 2: 32, 3: 16}  # Gauss-Legendre, a coordinate of the cube
SIDES = np.linspace(0.1, 1.3, 7)  # of a cell, in eps
FINER = np.array([-0.1, -0.05, 0.05, 0.1])  # about the best of these


def conditional_union_bound(
    ensemble: str | Ensemble, n: int, d: int, eps: float, k: int | None = None
) -> float:
    """E_T[(1 − Σ_c e^{−λ_c(T)})₊]: P(every z in [-1, 1]^d is within eps of a subset sum), bounded.

    Given the total T = Σ X_i the subset sums lie about T/2 with spread s = √(Var T_j)/2. The cube
    is cut into cells of side t·eps; a sum in the cube of half side (1 − t/2)·eps about the centre
    of a cell is within eps of all of it, and λ_c is the expected number of such sums. The side t is
    free, and the best is taken. A union bound *given T*, with Poisson hits: the theorems average
    over T before they sum over the cells, and lose by it. k: subsets of k members alone, whose
    sums lie about k T/n with spread √(α(1 − α) Var T_j), α = k/n. Density ensembles and nsn, whose
    short vectors make sums cluster: for d = 2, 3 the bound is then given the candidates, lengths
    and all, with clumps for hits (`slth.theory.clumped_union`), a mean over some hundred draws,
    standard error below .05; for d >= 4 clumps are not seen and the bound is too high. Exact
    quadrature to d = 3, beyond by tilting. Cost: .1 s to 2 s, ten times that for nsn. Source:
    derived; checked against exact coverings in tests. Raises ValueError for integer ensembles, bad
    sizes, and nsn with k and d >= 2.

    >>> bound = slth.theory.conditional_union_bound
    >>> [round(bound("normal", n, d=1, eps=0.1), 2) for n in (6, 8, 10)]
    [0.0, 0.67, 0.92]
    """
    law, d = _density(ensemble, d)
    n, eps = arguments.size("n", n, low=1 if k is None else 2), checks.positive("eps", eps)
    if k is not None:
        return _of_size(law, n, arguments.size("k", k, low=1, high=n - 1), d, eps)
    if not law.independent and d in (2, 3):
        clumps = Clumps(law, n, d)
        return _best(lambda t: clumps.bound(eps, t))
    count = n * math.log(2)
    return over_spreads(
        law, n, lambda spread: _best(lambda t: _bound(count, d, eps, spread / 2, t))
    )


def _of_size(law: Ensemble, n: int, k: int, d: int, eps: float) -> float:
    if not law.independent and d > 1:
        raise ValueError(
            f"ensemble: got {law.name!r} with k, takes independent entries: its sums cluster"
        )
    count, share = log_subsets(n, k), k / n
    root, lean = math.sqrt(share * (1 - share)), math.sqrt(share / (1 - share))
    return over_spreads(
        law, n, lambda spread: _best(lambda t: _bound(count, d, eps, root * spread, t, lean))
    )


def covering_threshold(
    ensemble: str | Ensemble,
    d: int,
    eps: float,
    probability: float = 0.5,
    *,
    share: float | None = None,
) -> int:
    """Smallest n that serves all of [-1, 1]^d with ``probability``, by `conditional_union_bound`.

    Within two candidates of the exact covering, nsn included for d <= 3 (tests). Cost: some four
    bounds, looked for from 2 d + 2 beyond the size for one target. share: with subsets of
    k = ⌊share·n⌋ members alone, from the entropy law on; n >= 1/share. Source: derived. Raises
    ValueError for integer ensembles, eps <= 0 and numbers outside (0, 1).

    >>> slth.theory.covering_threshold("normal", d=1, eps=0.1)
    8
    >>> slth.theory.threshold("normal", d=1, eps=0.1)  # for one target
    4
    """
    (law, d), level = _density(ensemble, d), arguments.probability(probability)
    eps = checks.positive("eps", eps)
    if share is not None:
        part = arguments.fraction("share", share)
        first = math.ceil(1 / part)
        guess = max(first, math.ceil(fixed_size_n_star(d, eps / law.std, part)) + 2 * d + 2)

        def reached(n: int) -> bool:
            k = min(math.floor(part * n), n - 1)
            return n >= first and conditional_union_bound(law, n, d, eps, k) >= level

        return first_n(reached, guess)
    near = threshold(law, d, eps, level) + 2 * d + 2
    return first_n(lambda n: conditional_union_bound(law, n, d, eps) >= level, near)


def _density(ensemble: str | Ensemble, d: int) -> tuple[Ensemble, int]:
    law, d = arguments.law(ensemble, d)
    if law.step:
        raise ValueError(f"ensemble: got {law.name!r}, takes one with a density, not integers")
    return law, d


def _best(bound: Callable[[float], float]) -> float:
    """The bound at the best side t of a cell, in eps."""
    found = [bound(t) for t in SIDES]
    middle = int(np.argmax(found))
    if found[middle] <= 0:
        return 0.0
    near = SIDES[middle] + FINER
    return float(max(*found, *(bound(t) for t in near[(near > 0) & (near < 2)])))


def _bound(count: float, d: int, eps: float, s: float, t: float, lean: float = 1.0) -> float:
    """E_T[(1 − Σ_c e^{−λ_c})₊] for cells of side t·eps and e^count sums about s·lean·N(0, 1)."""
    half = (1 - t / 2) * eps / s
    cells = d * math.log(max(2 / (t * eps), 1.0))
    mean = _tensor_mean if d <= 3 else _tilted_mean
    missed = np.exp(np.minimum(cells + mean(count, d, s, half, lean), 1.0))
    return float(np.mean(np.maximum(1 - missed, 0)))


def _tensor_mean(count: float, d: int, s: float, half: float, lean: float = 1.0) -> FloatArray:
    """Log E_x[e^{−λ(x)}] over the cube for each total, (TOTALS,), by quadrature in d dimensions."""
    x, w = legendre(NODES[d])
    T = lean * _levels()[_places(d)]  # (TOTALS, d), the centres of the sums / s
    level = np.full((len(T), *[1] * d), count)
    volume = np.ones((1,) * d)
    for j in range(d):
        shape = [len(x) if i == j else 1 for i in range(d)]
        logs = _log_window(x / s - T[:, j, None], half)
        level = level + logs.reshape(len(T), *shape)
        volume = volume * (w / 2).reshape(shape)
    terms = np.log(volume) - np.exp(np.minimum(level, 700.0))
    found: FloatArray = logsumexp(terms, axis=tuple(range(1, d + 1)))
    return found


def _tilted_mean(count: float, d: int, s: float, half: float, lean: float = 1.0) -> FloatArray:
    """The same for any d: ln λ is a sum over coordinates, and nearly normal once tilted.

    With weight e^{−qG} on G = ln λ, E[e^{−λ}] = M(q) E_q[e^{qG − λ}]; the tilt puts the mean of G
    where qG − λ is largest, λ = q. Coordinates of the same |T_j| are alike.
    """
    x, w = legendre(NODES[1])
    logs = _log_window(x / s - lean * _levels()[:, None], half)  # (LEVELS, nodes)
    counts = np.stack([np.bincount(row, minlength=LEVELS) for row in _places(d)]).astype(float)
    low, high = np.full(TOTALS, -20.0), np.full(TOTALS, 60.0)  # of ln q
    for _ in range(24):  # to 1e-5: any tilt is exact, the best one most nearly normal
        y = 0.5 * (low + high)
        above = count + _moments(np.exp(y), logs, w / 2, counts)[1] > y
        low, high = np.where(above, y, low), np.where(above, high, y)
    q = np.exp(low)
    norm, mean, variance = _moments(q, logs, w / 2, counts)
    z, weights = hermite(48)
    G = count + mean[:, None] + np.sqrt(variance)[:, None] * z
    terms = q[:, None] * (G - count) - np.exp(np.minimum(G, 700.0))
    found: FloatArray = norm + logsumexp(terms, axis=1, b=weights / math.sqrt(2 * math.pi))
    return found


def _moments(
    q: FloatArray, logs: FloatArray, w: FloatArray, counts: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log M(q), and mean and variance of G less the count under the tilt, of each total."""
    tilted = -q[:, None, None] * logs + np.log(w)  # (TOTALS, LEVELS, nodes)
    norms = logsumexp(tilted, axis=2)
    chances = np.exp(tilted - norms[:, :, None])
    means = (chances * logs).sum(axis=2)
    spreads = (chances * (logs - means[:, :, None]) ** 2).sum(axis=2)
    return tuple((counts * each).sum(axis=1) for each in (norms, means, spreads))  # type: ignore[return-value]


def _levels() -> FloatArray:
    """Equally likely values of |T_j| / 2s, half normal: (LEVELS,)."""
    found: FloatArray = ndtri(0.5 + (np.arange(LEVELS) + 0.5) / (2 * LEVELS))
    return found


def _places(d: int) -> np.ndarray:
    """Which level each coordinate of each total has: (TOTALS, d), from an even lattice."""
    steps = _root(d) ** -np.arange(1.0, d + 1)
    points = (0.5 + np.outer(np.arange(1, TOTALS + 1), steps)) % 1.0
    return np.minimum((points * LEVELS).astype(int), LEVELS - 1)


def _root(d: int) -> float:
    """The root > 1 of x^(d+1) = x + 1 (Roberts 2018, the R_d sequence)."""
    x = 2.0
    for _ in range(60):
        x = (1 + x) ** (1 / (d + 1))
    return x


def _log_window(centre: FloatArray, half: float) -> FloatArray:
    """Log P(|N(0, 1) − centre| <= half), accurate in the tails and for small windows."""
    c = np.abs(centre)
    if half < 1e-6:
        return math.log(2 * half) - 0.5 * c**2 - 0.5 * math.log(2 * math.pi)
    upper, lower = log_ndtr(-(c - half)), log_ndtr(-(c + half))
    return upper + np.log(-np.expm1(lower - upper))
