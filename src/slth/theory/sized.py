"""Subsets of one size k: first moment, quenched prediction, and the entropy law for their n."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from slth import checks
from slth.ensembles import Ensemble, lookup
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
    """
    law, n = lookup(ensemble, d), checks.integer("n", n, low=1)
    k = checks.integer("k", k, low=1, high=n)
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
    """
    law = lookup(ensemble, d)
    if law.step:
        raise ValueError(f"ensemble: got {law.name!r}, takes one with a density, not integers")
    n = checks.integer("n", n, low=2)
    k = checks.integer("k", k, low=1, high=n - 1)
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

    The eps with E[log λ_k] = 0 as eps → 0: `best_error` with one size. Source: derived; checked
    against Monte Carlo in tests.
    """
    law, n = lookup(ensemble, d), checks.integer("n", n, low=2)
    k = checks.integer("k", k, low=1, high=n - 1)
    share = k / n
    spread = 0.5 * math.log(2 * math.pi * n * share * (1 - share)) + share / (2 * (1 - share))
    return 0.5 * law.std * math.exp(spread - log_subsets(n, k) / d)


def best_size(n: int, d: int) -> int:
    """The size k that reaches the least `best_error_of_size`, a little below n/2.

    By α ≈ ½ - d/(2n): the centre α T of the sums is the farther from the cube the larger α is.
    Source: derived; checked against Monte Carlo in tests.
    """
    n, d = checks.integer("n", n, low=2), checks.integer("d", d, low=1)
    k = np.arange(1, n)
    share = k / n
    spread = 0.5 * np.log(share * (1 - share)) + share / (2 * (1 - share))
    logs = gammaln(k + 1) + gammaln(n - k + 1) + d * spread
    return int(k[np.argmin(logs)])


def fixed_size_n_star(d: int, eps: float, share: float) -> float:
    """Size n with just enough subsets of share α: the entropy law with its lower order terms.

    n H2(α) = d [log2(1/(2 eps)) + ½ log2(2π n α(1-α)) + α/(2 ln 2 (1-α))]
              + ½ log2(2π n α(1-α)), σ = 1, 0 < α < 1; the last term is Stirling's.
    The larger root, real-valued; 0 when there is none. Leading term d log2(1/eps)/H2(α), for d = 1
    the form of Natale et al. 2024. Source: derived; checked against `best_error_of_size` in tests.
    """
    d, eps = checks.integer("d", d, low=1), checks.positive("eps", eps)
    alpha = checks.positive("share", share)
    if alpha >= 1:
        raise ValueError(f"share: got {share!r}, takes a number in (0, 1)")
    entropy = -(alpha * math.log2(alpha) + (1 - alpha) * math.log2(1 - alpha))
    lean = alpha / (2 * math.log(2) * (1 - alpha))
    slope = 0.5 * (d + 1) / entropy  # n = constant + slope log2 n
    constant = d * (math.log2(1 / (2 * eps)) + lean) / entropy
    constant += slope * math.log2(2 * math.pi * alpha * (1 - alpha))
    turn = slope / math.log(2)
    if turn - slope * math.log2(turn) > constant:
        return 0.0
    n = 2 * turn + 2 * abs(constant) + 4
    for _ in range(200):  # Newton's method from the right of a convex function: monotone
        step = (n - constant - slope * math.log2(n)) / (1 - turn / n)
        n -= step
        if abs(step) <= 1e-13 * n:
            break
    return n


def log_subsets(n: int, k: int) -> float:
    """Log C(n, k)."""
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
