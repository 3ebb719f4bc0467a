"""Quenched prediction: given their total T, the 2^n subset sums behave like a Poisson process."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma
from scipy.stats import chi2

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory._arrays import over_size, over_target_or_cube
from slth.theory._nodes import legendre
from slth.theory.crossing import first_n
from slth.theory.first_moment import fixed_point
from slth.theory.sums import IntArray, distinct, lattice_points
from slth.theory.windows import log_normal_window

BINS = 2**14
TERMS = 2**16  # digammas summed one by one; beyond, their integral is as good
_G = np.linspace(-8.5, 8.5, 1025)  # T_j / √(4 s²), standard normal
_G_WEIGHTS = np.exp(-0.5 * _G**2) * (_G[1] - _G[0]) / math.sqrt(2 * math.pi)
_Z_NODES, _Z_WEIGHTS = legendre(24)
_A_NODES, _A_WEIGHTS = legendre(32)


@over_target_or_cube
def success_probability(
    ensemble: str | Ensemble, n: int, d: int, eps: float, z: ArrayLike | None = None
) -> float:
    """P(some subset of n candidates is within eps of z) ≈ E_T[1 - exp(-λ(T))].

    λ(T) = e^W 2^n Π_j [Φ((z_j + eps - T_j/2)/s) - Φ((z_j - eps - T_j/2)/s)], T ~ N(0, n σ² I),
    s = σ√n/2 and W = `wishart_gain`(n, d); nsn: T ~ N(0, A I), s = √A/2, A ~ χ²_n, W = 0 (the gain
    is about three times as large, and more than lost to clumps of sums that short vectors make).
    Other ensembles than normal and nsn enter by their σ (a central limit); integer ones count the
    lattice points in the window. Where ‖z‖_∞ <= eps the empty set hits and the probability is 1. z:
    (d,), a scalar for every coordinate, or None: averaged over the ensemble's targets ([-1, 1]^d;
    {-q..q}^d quantized; {-1, 1}^d binary). n: an integer, or an array of integers, whose shape the
    answer then has.

    Deterministic: the law of log λ, a sum over coordinates, is convolved on a grid, which evaluates
    the formula to 1e-4. Against all 2^n subsets, n = 8 and 12, 1000 instances (±0.015) at
    rates .2, .5, .8: normal within 0.06 for d <= 4 and at most 0.08 high at d = 6, 8 (0.15 low
    without W); uniform within 0.07 for d <= 4, but up to 0.21 high at d = 6, 8, where eps is of the
    order of σ and hits come in clumps, and 0.10 high at n = 4, d = 2; nsn up to 0.15 high;
    quantized (W = 0) 0.05 low for d <= 3, 0.09 at d = 4; binary (W = 0) within 0.1.
    Cost: 0.02 s, 0.5 s for nsn; with a fixed z times the number of distinct |z_j|. Source: derived;
    checked against Monte Carlo in tests.

    >>> round(slth.theory.success_probability("normal", 12, d=2, eps=0.1), 3)
    0.879
    >>> slth.theory.success_probability("normal", [8, 12, 16], d=2, eps=0.1, z=0.5).round(3)
    array([0.348, 0.884, 0.989])
    """
    law, d = arguments.law(ensemble, d)
    n = arguments.size("n", n, low=1)
    eps = arguments.tolerance(eps, law)
    if z is not None:
        target = arguments.target(z, d)
        if np.abs(target).max() <= eps:
            return 1.0
        values, powers = distinct(target)
        return _averaged(law, n, eps, Targets(values, np.ones(len(values)), powers))
    values, weights, empty = target_law(law, eps)
    everywhere = _averaged(law, n, eps, Targets(values, weights, np.array([d])))
    if empty**d < 1e-9:
        return everywhere
    # E[P; ‖z‖ > eps] + P(‖z‖ <= eps)
    values, weights, _ = target_law(law, eps, inside=True)
    near = _averaged(law, n, eps, Targets(values, weights, np.array([d])))
    return min(everywhere + empty**d * (1 - near), 1.0)


def threshold(ensemble: str | Ensemble, d: int, eps: float, probability: float = 0.5) -> int:
    """Smallest integer n at which success_probability(ensemble, n, d, eps) reaches ``probability``.

    With the default probability ½ this is n₅₀, the size for even odds, rounded up. z is averaged.
    Found by doubled steps, from n* where eps < σ/4 and from n = 1 elsewhere, and bisection: the
    first crossing, as the prediction increases with n wherever it is neither near 0 nor eps of the
    order of σ. Cost: some four evaluations from n*, else about 2 log2 n. Source: derived; checked
    against Monte Carlo in tests.

    >>> n = slth.theory.threshold("normal", d=2, eps=0.1)
    >>> chances = slth.theory.success_probability("normal", [n - 1, n], d=2, eps=0.1)
    >>> chances >= 0.5
    array([False,  True])
    """
    law, d = arguments.law(ensemble, d)
    eps, level = arguments.tolerance(eps, law), arguments.probability(probability)
    smooth = not law.step and eps < law.std / 4
    near = max(1, math.ceil(quenched_n_star(d, eps / law.std))) if smooth else 1
    return first_n(lambda n: success_probability(law, n, d, eps) >= level, near)


def quenched_n_star(d: int, eps: float) -> float:
    """n* = d [log2(1/(2 eps)) + ½ log2(π e n*/2)] − W(n*, d)/ln 2: a typical λ is 1, σ = 1.

    W = `wishart_gain`, about d(d + 1)/(4n): with it ½ d log2 n* becomes ½ E log2 det of a Wishart
    matrix. The typical λ is e^{E[ln λ]} as eps → 0; at n* a hit is more likely than not or less
    as T is kind, so that n* is not n₅₀, the size for even odds: that is `threshold`. The larger
    root, real-valued; 0 when there is none (eps above the spread of the sums). Cost: O(d) a step,
    some ten steps. Source: derived; checked against Monte Carlo in tests.

    >>> round(slth.theory.quenched_n_star(d=2, eps=0.01), 2)
    17.37
    >>> slth.theory.threshold("normal", d=2, eps=0.01)
    17
    """
    d, eps = arguments.size("d", d, low=1), checks.positive("eps", eps)
    n = fixed_point(d, eps, math.pi * math.e / 2)  # without W: from above, as W >= 0
    constant = d * (-1 - math.log2(eps) + 0.5 * math.log2(math.pi * math.e / 2))
    for _ in range(1000):
        if n < 1:
            return 0.0
        last, n = n, constant + 0.5 * d * math.log2(n) - wishart_gain(n, d) / math.log(2)
        if last - n <= 1e-13 * last:
            break
    return n


@over_size
def best_error(n: int, d: int, ensemble: str | Ensemble = "normal") -> float:
    """eps*(n, d) ≈ ½ √(π e n / 2) e^{−W/d} 2^(-n/d) σ: the error the best of 2^n subsets reaches.

    W = `wishart_gain`; the inverse of `quenched_n_star`: the eps of a typical λ of 1. Sup norm,
    one fixed target in the cube; meaningless below the step of an integer ensemble. n: an integer,
    or an array of integers, whose shape the answer then has. Source: derived; checked against Monte
    Carlo in tests.

    >>> print(f"{slth.theory.best_error(24, d=2):.5f}")
    0.00120
    """
    (law, d), n = arguments.law(ensemble, d), arguments.size("n", n, low=1)
    gain = math.exp(-wishart_gain(n, d) / d)
    return 0.5 * math.sqrt(math.pi * math.e * n / 2) * gain * 2.0 ** (-n / d) * law.std


def wishart_gain(n: float, d: int) -> float:
    """W(n, d) = ½ (d ln n − E ln det Σ x xᵀ) = ½ Σ_{i<d} [ln(n/2) − ψ((n − i)/2)], x ~ N(0, I_d).

    The sums have covariance M = ¼ Σ X_i X_iᵀ given the candidates, and its density at a target
    goes with det M^{−1/2}, whose typical value is e^W times that of M's mean: about d(d + 1)/(4n).
    ψ: digamma. Below n = d, where M is singular and the formula ends, W(d, d). Cost: O(d), up to d
    = 2^16. Source: E ln det of a Wishart matrix (Bartlett's decomposition).
    """
    n = max(float(n), float(d))
    if d <= TERMS:
        return 0.5 * float((math.log(n / 2) - digamma((n - np.arange(d)) / 2)).sum())
    total = 2 * (math.lgamma((n + 0.5) / 2) - math.lgamma((n - d + 0.5) / 2))  # ∫ ψ, midpoint rule
    return 0.5 * (d * math.log(n / 2) - total)


class Targets(NamedTuple):
    """The coordinates of a target. Averaged: one mixture of |z| values (weights sum to 1, power d).

    Fixed: each distinct |z_j| with weight 1 and its multiplicity as power.
    """

    values: FloatArray
    weights: FloatArray
    powers: IntArray

    @property
    def mixed(self) -> bool:
        return len(self.powers) < len(self.values)


def target_law(
    law: Ensemble, eps: float, inside: bool = False
) -> tuple[FloatArray, FloatArray, float]:
    """Values and weights of |z_j|, given |z_j| <= eps if ``inside``, and P(|z_j| <= eps)."""
    integers = law.targets()
    if integers is None:
        radius = min(eps, law.target_bound) if inside else law.target_bound
        share = min(eps / law.target_bound, 1.0)
        return radius * 0.5 * (_Z_NODES + 1), 0.5 * _Z_WEIGHTS, share
    values, counts = distinct(integers)
    within = values <= eps
    share = float(counts[within].sum() / counts.sum())
    if inside:
        values, counts = values[within], counts[within]
    return values, counts / counts.sum(), share


def _averaged(law: Ensemble, n: int, eps: float, targets: Targets) -> float:
    """The formula, averaged for nsn over A ~ χ²_n: ∫_0^1 over its quantile."""
    share, centres, halves = _windows(law, eps, targets)
    return 0.0 if share == -math.inf else hits_chance(law, n, centres, halves, targets, share)


def hits_chance(
    law: Ensemble,
    n: int,
    centres: FloatArray,
    halves: FloatArray,
    targets: Targets,
    share: float = 0.0,
) -> float:
    """The formula with these windows, one a value of ``targets``; share: log weight of them all."""
    count = n * math.log(2) + share
    if law.independent and not law.step:
        count += wishart_gain(n, int(targets.powers.sum()))
    return over_spreads(law, n, lambda s: _success(count, s / 2, centres, halves, targets))


def over_spreads(law: Ensemble, n: int, chance: Callable[[float], float]) -> float:
    """``chance`` of √(Var T_j): σ √n, or for nsn √A averaged over A ~ χ²_n by its quantile."""
    if law.independent:
        return chance(law.std * math.sqrt(n))
    spreads = np.sqrt(chi2.ppf(0.5 * (_A_NODES + 1), n))
    return float(0.5 * _A_WEIGHTS @ [chance(float(s)) for s in spreads])


def _windows(law: Ensemble, eps: float, targets: Targets) -> tuple[float, FloatArray, FloatArray]:
    """Log weight of the window (-inf: no lattice point), its centre and half width per |z|."""
    if not law.step:
        return 0.0, targets.values, np.full(len(targets.values), eps)
    # the 2^n sums fall evenly on the residue classes mod step; a class has 1/step of the points
    power = targets.weights * (targets.powers[0] if targets.mixed else targets.powers)
    classes = [lattice_points(targets.values, eps, law.step, r) for r in range(law.step)]
    with np.errstate(divide="ignore"):
        logs = [float(power @ np.log(count)) for _, count in classes]
    best = int(np.argmax(logs))
    if logs[best] == -math.inf:
        return -math.inf, targets.values, targets.values
    first, count = classes[best]
    share = math.log(sum(math.exp(value - logs[best]) for value in logs) / law.step)
    half = 0.5 * law.step * count
    return share, first + half - 0.5 * law.step, half


def _success(
    log_count: float, s: float, centres: FloatArray, halves: FloatArray, targets: Targets
) -> float:
    """E[1 - exp(-count Π_j window_j)] for subset sums of standard deviation s."""
    levels, law_of_sum = log_hits_law(log_count, s, centres, halves, targets)
    return float(np.clip(law_of_sum @ -np.expm1(-np.exp(np.minimum(levels, 40))), 0, 1))


def log_hits_law(
    log_count: float,
    s: float,
    centres: FloatArray,
    halves: FloatArray,
    targets: Targets,
    lean: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """The law of log λ on a grid: its values and their probabilities, each (BINS,).

    λ = count Π_j window_j, sums of standard deviation s centred at s·lean·G_j, G_j ~ N(0, 1);
    centres, halves: of the window, one a distinct |z|.
    """
    logs = log_normal_window(centres[:, None] / s - lean * _G, halves[:, None] / s)
    top = float(logs.max())
    drops = top - logs  # >= 0; log λ = log count + d top - Σ_j drop_j
    chances, powers = targets.weights[:, None] * _G_WEIGHTS, targets.powers
    if targets.mixed:
        drops, chances = drops.reshape(1, -1), chances.reshape(1, -1)
    mean = (chances * drops).sum(axis=1)
    variance = (chances * drops**2).sum(axis=1) - mean**2
    # 45: a drop is about half a χ²_1, so P(sum > x) falls like e^{-x}
    tail = 45 * max(1.0, lean * lean)
    reach = float(powers @ mean) + 10 * math.sqrt(float(powers @ variance)) + tail
    width = float(reach / BINS)
    transform = np.ones(BINS // 2 + 1, dtype=complex)
    for drop, chance, power in zip(drops, chances, powers, strict=True):
        transform *= np.fft.rfft(_binned(drop / width, chance)) ** int(power)
    law_of_sum: FloatArray = np.fft.irfft(transform, BINS)
    top_level = log_count + int(powers.sum()) * top
    levels: FloatArray = top_level - width * np.arange(BINS, dtype=np.float64)
    return levels, law_of_sum


def _binned(position: FloatArray, chance: FloatArray) -> FloatArray:
    """Masses on the grid 0..BINS-1, each shared by its two neighbours so that means are kept."""
    cell = np.minimum(position.astype(np.int64), BINS - 2)
    right = np.minimum(position - cell, 1.0)
    out = np.zeros(BINS)
    out += np.bincount(cell, chance * (1 - right), BINS)
    out += np.bincount(cell + 1, chance * right, BINS)
    return out
