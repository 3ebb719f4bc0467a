"""Subsets of one size: where the typical least error of |S| = alpha n crosses a tolerance."""

import math

from scipy.optimize import brentq
from scipy.special import gammaln

from slth import checks

MOST = 1e9  # candidates at which the search for the crossing gives up


def sized_threshold(d: int, eps: float, fraction: float) -> float:
    """Return the (real) n at which half of all problems with |S| = fraction·n are hit [derived].

    Given all candidates, unit variance a coordinate, the sums over subsets of size k = alpha n
    are centred at alpha T, T = Σ X_i ~ N(0, n I), with variance alpha (1 − alpha) n about it. The
    typical log of the expected number of hits is log ln 2 where
    log2 C(n, k) = d [log2(1/(2 eps)) + ½ log2(2π alpha (1 − alpha) n)
                      + alpha / (2 (1 − alpha)) log2 e] + log2 ln 2;
    fraction ½ gives the quenched threshold of all subsets, up to its constant. For d = 1 the order
    n H2(alpha) ~ log2(alpha n / eps) is Natale et al. 2024; d > 1 has no theorem. inf where no
    n ≤ 1e9 does. Raises ValueError/TypeError naming a wrong argument. Cost: none to speak of.
    """
    d = checks.integer("d", d, low=1)
    tolerance, alpha = checks.positive("eps", eps), checks.positive("fraction", fraction)
    if alpha >= 1:
        raise ValueError(f"fraction: got {fraction!r}, takes a number in (0, 1)")

    def spare(n: float) -> float:
        spread = 0.5 * math.log2(2 * math.pi * alpha * (1 - alpha) * n)
        centre = alpha / (2 * (1 - alpha)) * math.log2(math.e)
        wanted = d * (-math.log2(2 * tolerance) + spread + centre) + math.log2(math.log(2))
        return _log2_binomial(n, alpha * n) - wanted

    low = high = 1 / alpha  # one member
    while spare(high) < 0:
        high *= 2
        if high > MOST:
            return math.inf
    return float(brentq(spare, low, high)) if high > low else low


def _log2_binomial(n: float, k: float) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / math.log(2)
