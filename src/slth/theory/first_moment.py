"""First moment: the expected number of subsets that hit a target."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, logsumexp

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory._arrays import over_target
from slth.theory.sums import log_hit_probabilities


@over_target
def log_expected_hits(ensemble: str | Ensemble, n: int, d: int, eps: float, z: ArrayLike) -> float:
    """Log E[Z], Z = number of subsets S of n candidates with ‖Σ_S X_i - z‖_∞ <= eps.

    E[Z] = Σ_k C(n, k) p_k(z), p_k the chance that k candidates sum to within eps of z; exact up to
    rounding (see slth.theory.sums). z: (d,), or a scalar for every coordinate. n: an integer, or an
    array of integers, whose shape the answer then has. -inf when no subset can hit. Finite for n to
    1e5 and d to 600. Cost: O(n + min(n, 512) d) windows. Source: derived; checked against Monte
    Carlo in tests.

    >>> log = slth.theory.log_expected_hits("normal", n=2000, d=9, eps=0.05, z=0.5)
    >>> round(log, 2)  # E[Z] itself overflows
    1326.22
    """
    law, d = arguments.law(ensemble, d)
    n = arguments.size("n", n, low=1)
    eps = arguments.tolerance(eps, law)
    target = arguments.target(z, d)
    logs = log_binomials(n) + np.append(
        0.0 if np.abs(target).max() <= eps else -np.inf,
        log_hit_probabilities(law, n, target, eps),
    )
    return float(logsumexp(logs)) if np.isfinite(logs).any() else -math.inf


@over_target
def expected_hits(ensemble: str | Ensemble, n: int, d: int, eps: float, z: ArrayLike) -> float:
    """E[Z], the expected number of subsets within eps of z; inf when it exceeds 1.8e308.

    The exponential of `log_expected_hits`, which see. One candidate is within 1/2 of 1 with
    probability 1/4, the empty subset is not:

    >>> round(slth.theory.expected_hits("uniform", n=1, d=1, eps=0.5, z=1.0), 9)
    0.25
    """
    logarithm = log_expected_hits(ensemble, n, d, eps, z)
    return math.exp(logarithm) if logarithm < 709 else math.inf


def annealed_threshold(d: int, eps: float) -> float:
    """The n with E[Z] = 1 for normal candidates as eps → 0: n = d [log2(1/(2 eps)) + ½ log2(π n)].

    The larger root (the smaller one is an artefact at n ~ 0); 0 when there is none. Real-valued.
    Source: derived; checked against Monte Carlo in tests.

    >>> round(slth.theory.annealed_threshold(d=2, eps=0.01), 2)
    17.03
    """
    return fixed_point(arguments.size("d", d, low=1), checks.positive("eps", eps), math.pi)


def fixed_point(d: int, eps: float, factor: float) -> float:
    """Larger root of n = d [log2(1/(2 eps)) + ½ log2(factor n)], 0 when there is none."""
    constant = (-1 - math.log2(eps)) + 0.5 * math.log2(factor)
    turn = d / (2 * math.log(2))  # n - (d/2) log2 n is least here
    if turn - 0.5 * d * math.log2(turn) > d * constant:
        return 0.0
    n = 2 * turn + 2 * d * abs(constant) + 4
    for _ in range(200):  # Newton's method from the right of a convex function: monotone
        step = (n - d * (constant + 0.5 * math.log2(n))) / (1 - turn / n)
        n -= step
        if abs(step) <= 1e-13 * n:
            break
    return n


def log_binomials(n: int) -> FloatArray:
    """Log C(n, k) for k = 0..n, shape (n + 1,)."""
    k = np.arange(n + 1)
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
