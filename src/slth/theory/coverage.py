"""All targets at once, d = 1: whether every z in [-1, 1] is within eps of a subset sum."""

import math

import numpy as np
from scipy.stats import chi2

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble, lookup
from slth.theory import arguments
from slth.theory._nodes import legendre

_X, _X_WEIGHTS = legendre(32)  # positions in [-1, 1]
_G = np.linspace(-8.5, 8.5, 513)
_G_WEIGHTS = np.exp(-0.5 * _G**2) * (_G[1] - _G[0]) / math.sqrt(2 * math.pi)
_A, _A_WEIGHTS = legendre(32)


def coverage_probability(ensemble: str | Ensemble, n: int, eps: float) -> float:
    """P(every z in [-1, 1] is within eps of a subset sum), d = 1, Poisson prediction.

    Given the total T the sums have density ρ(x) = 2^n φ((x - T/2)/s)/s, s = σ√n/2 (nsn: √A/2,
    A ~ χ²_n). P ≈ E_T[(1 - e^{-2 eps ρ(-1)}) exp(-∫_{-1}^{1} ρ e^{-2 eps ρ} dx)]: the end -1 is
    covered and no sum in [-1, 1] is followed by a gap over 2 eps. With a constant ρ and the end
    left out this is E_T exp(-2 ρ e^{-2 eps ρ}). Density ensembles and nsn only. Cost: under 0.1 s.
    Source: derived; checked against Monte Carlo in tests.

    >>> [round(slth.theory.coverage_probability("normal", n, eps=0.1), 2) for n in (8, 10, 12)]
    [0.8, 0.95, 0.99]
    """
    law = _density(ensemble)
    n, eps = arguments.size("n", n, low=1), checks.positive("eps", eps)
    if law.independent:
        return _covered(n, eps, law.std * math.sqrt(n) / 2)
    spreads = 0.5 * np.sqrt(chi2.ppf(0.5 * (_A + 1), n))
    return float(0.5 * _A_WEIGHTS @ [_covered(n, eps, s) for s in spreads])


def coverage_threshold(ensemble: str | Ensemble, eps: float, probability: float = 0.5) -> int:
    """Smallest n at which coverage_probability reaches ``probability``; d = 1.

    Cost: n evaluations. Source: derived; checked against Monte Carlo in tests.

    >>> n = slth.theory.coverage_threshold("normal", eps=0.1)
    >>> n, slth.theory.coverage_probability("normal", n, eps=0.1) >= 0.5
    (7, True)
    """
    law, level = _density(ensemble), arguments.probability(probability)
    eps = checks.positive("eps", eps)
    n = 1
    while coverage_probability(law, n, eps) < level:
        n += 1
    return n


def _density(ensemble: str | Ensemble) -> Ensemble:
    law = lookup(ensemble, 1)
    if law.step:
        raise ValueError(f"ensemble: got {law.name!r}, takes one with a density, not integers")
    return law


def _covered(n: int, eps: float, s: float) -> float:
    end = _log_density(n, np.array(-1.0), s)
    inside = _log_density(n, _X[:, None], s)
    gaps = _X_WEIGHTS @ np.exp(inside - 2 * eps * np.exp(inside))
    chances = -np.expm1(-2 * eps * np.exp(end)) * np.exp(-gaps)
    return float(np.clip(_G_WEIGHTS @ chances, 0, 1))


def _log_density(n: int, x: FloatArray, s: float) -> FloatArray:
    """Log ρ(x) for every value of T = 2 s g; capped at 600, where nothing is uncovered."""
    logs = n * math.log(2) - 0.5 * (x / s - _G) ** 2 - math.log(s * math.sqrt(2 * math.pi))
    return np.minimum(logs, 600)
