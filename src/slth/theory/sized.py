"""Subsets of one size k: first moment, quenched prediction, and the entropy law for their n."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from slth import checks
from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory.quenched import Targets, log_hits_law, over_spreads, target_law
from slth.theory.sums import distinct, log_hit_probabilities


def log_expected_hits_of_size(
    ensemble: str | Ensemble, n: int, k: int, d: int, eps: float, z: ArrayLike
) -> float:
    """Log E[Z_k] = log C(n, k) p_k(z), Z_k the number of k-subsets within eps of z, 1 <= k <= n.

    Exact up to rounding, as `log_expected_hits`, of which it is one term; -inf when none can hit.
    z: (d,) or a scalar for every coordinate. Source: derived; the terms add up to
    `log_expected_hits` in tests.

    >>> log = slth.theory.log_expected_hits_of_size("uniform", n=8, k=1, d=1, eps=0.5, z=1.0)
    >>> round(log, 6)  # ln 2: each of 8 candidates is within 1/2 of 1 with probability 1/4
    0.693147
    """
    (law, d), n = arguments.law(ensemble, d), arguments.size("n", n, low=1)
    k = arguments.size("k", k, low=1, high=n)
    eps, target = arguments.tolerance(eps, law), arguments.target(z, d)
    return log_subsets(n, k) + float(log_hit_probabilities(law, k, target, eps)[-1])


def size_probability(
    ensemble: str | Ensemble, n: int, k: int, d: int, eps: float, z: ArrayLike | None = None
) -> float:
    """P(some k-subset of n candidates is within eps of z) ≈ E_T[1 - exp(-λ_k(T))], 1 <= k < n.

    With α = k/n a sum of k of the candidates, drawn without replacement, has mean α T and
    variance α (1 - α) n σ² per coordinate, so
    λ_k(T) = C(n, k) Π_j [Φ((z_j + eps - α T_j)/s) - Φ((z_j - eps - α T_j)/s)],
    s² = α (1 - α) n σ², T ~ N(0, n σ² I); nsn: A ~ χ²_n for n σ². z: (d,), a scalar, or None:
    uniform on the cube. Ensembles with a density only. Cost: 0.02 s, 0.5 s for nsn.
    Source: derived (the simple prediction is its analogue); checked against Monte Carlo in tests.

    >>> chance = slth.theory.size_probability
    >>> [round(chance("normal", n=16, k=k, d=2, eps=0.1), 2) for k in (2, 7, 14)]
    [0.27, 0.96, 0.05]
    """
    law, d = arguments.law(ensemble, d)
    if law.step:
        raise ValueError(f"ensemble: got {law.name!r}, takes one with a density, not integers")
    n = arguments.size("n", n, low=2)
    k = arguments.size("k", k, low=1, high=n - 1)
    eps, share = checks.positive("eps", eps), k / n
    if z is None:
        values, weights, _ = target_law(law, eps)
        targets = Targets(values, weights, np.array([d]))
    else:
        values, powers = distinct(arguments.target(z, d))
        targets = Targets(values, np.ones(len(values)), powers)
    halves, count = np.full(len(targets.values), eps), log_subsets(n, k)
    root, lean = math.sqrt(share * (1 - share)), math.sqrt(share / (1 - share))

    def chance(spread: float) -> float:
        levels, chances = log_hits_law(count, root * spread, targets.values, halves, targets, lean)
        return float(np.clip(chances @ -np.expm1(-np.exp(np.minimum(levels, 40))), 0, 1))

    return over_spreads(law, n, chance)


def best_error_of_size(n: int, k: int, d: int, ensemble: str | Ensemble = "normal") -> float:
    """The error that the best k-subset reaches: eps*_k = ½ √(2π n α(1-α)) e^{α/(2(1-α))}
    C(n, k)^{-1/d} σ, α = k/n, 1 <= k < n.

    The eps with E[log λ_k] = 0 as eps → 0 and n/d → ∞: `best_error` with one size, without its
    `wishart_gain`. Source: derived; checked
    against Monte Carlo in tests.

    >>> [round(slth.theory.best_error_of_size(24, k, d=2), 4) for k in (6, 10, 12)]
    [0.0086, 0.0031, 0.0031]
    """
    (law, d), n = arguments.law(ensemble, d), arguments.size("n", n, low=2)
    k = arguments.size("k", k, low=1, high=n - 1)
    share = k / n
    spread = 0.5 * math.log(2 * math.pi * n * share * (1 - share)) + share / (2 * (1 - share))
    return 0.5 * law.std * math.exp(spread - log_subsets(n, k) / d)


def best_size(n: int, d: int) -> int:
    """The size k that reaches the least `best_error_of_size`, a little below n/2.

    By α ≈ ½ - d/(2n): the centre α T of the sums is the farther from the cube the larger α is.
    Source: derived; checked against Monte Carlo in tests.

    >>> slth.theory.best_size(24, d=1), slth.theory.best_size(24, d=6)
    (11, 9)
    """
    n, d = arguments.size("n", n, low=2), arguments.size("d", d, low=1)
    k = np.arange(1, n)
    share = k / n
    spread = 0.5 * np.log(share * (1 - share)) + share / (2 * (1 - share))
    logs = gammaln(k + 1) + gammaln(n - k + 1) + d * spread
    return int(k[np.argmin(logs)])


def log_subsets(n: int, k: int) -> float:
    """Log C(n, k)."""
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
