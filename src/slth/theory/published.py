"""Published sufficient sizes, as statements with their confidence, and those with constants."""

import math
from dataclasses import dataclass

from slth import checks
from slth.theory import arguments


@dataclass(frozen=True)
class Statement:
    """One published result. size: as printed; constants the source leaves open are letters.

    confidence: "paper" (read there) or "memory" (recalled: use only as poly·polylog, constant
    unknown).
    """

    name: str
    setting: str
    size: str
    confidence: str
    source: str


PUBLISHED: dict[str, Statement] = {
    "becchetti2022": Statement(
        "Multidimensional random subset sum",
        "normal, all targets in [-1, 1]^d, sup norm",
        "n = O(d^3 log(1/eps) (log(1/eps) + log d))",
        "paper",
        "Becchetti et al. 2022, abstract",
    ),
    "dacunha2023": Statement(
        "Multidimensional random subset sum, normally scaled",
        "nsn, one target with small 1-norm",
        "poly(d)·polylog(d/eps), constant unknown",
        "memory",
        "da Cunha, d'Amore, Natale 2023",
    ),
    "lueker1998": Statement(
        "Random subset sum",
        "uniform on [-1, 1], d = 1, all targets in [-1, 1]",
        "n >= C log(1/eps); failure at most exp(-(n - C log(1/eps))^2 / (4 n)) at tolerance 2 eps",
        "paper",
        "Lueker 1998; da Cunha et al., ESA 2023",
    ),
    "natale2024": Statement(
        "Fixed-size random subset sum",
        "d = 1, subsets of k out of n candidates; d > 1 is open",
        "n >= c log2(k/eps) / H2(k/n)",
        "paper",
        "Natale et al. 2024",
    ),
    "turner2020": Statement(
        "Vector balancing, least discrepancy over all signs",
        "normal, d = o(n)",
        "Theta(sqrt(n) 2^(-n/d)); polynomial time reaches exp(-Omega(log^2(n)/d))",
        "paper",
        "Turner, Meka, Rigollet 2020",
    ),
}


def becchetti_size(d: int, eps: float, constant: float = 1.0) -> float:
    """Size C d³ ln(1/eps) (ln(1/eps) + ln d) for normal candidates and all targets of the cube.

    eps < 1. Source: Becchetti et al. 2022, abstract, which leaves C and the logarithms' base open:
    the default 1 and natural logarithms are a unit, not a claim.
    """
    d, log = arguments.size("d", d, low=1), _log_inverse(eps)
    return checks.positive("constant", constant) * d**3 * log * (log + math.log(d))


def lueker_size(eps: float, constant: float = 1.0) -> float:
    """Size C ln(1/eps) for uniforms on [-1, 1] and all targets of [-1, 1], at tolerance 2 eps.

    eps < 1. Source: Lueker 1998; da Cunha et al., ESA 2023, with C universal and not explicit: the
    default 1 is a unit, not a claim.
    """
    return checks.positive("constant", constant) * _log_inverse(eps)


def _log_inverse(eps: float) -> float:
    value = checks.positive("eps", eps)
    if value >= 1:
        raise ValueError(f"eps: got {eps!r}, takes a number in (0, 1)")
    return -math.log(value)


def lueker_failure(n: int, eps: float, constant: float) -> float:
    """Bound on P(some z in [-1, 1] is not 2 eps-hit) for n uniforms on [-1, 1], in [0, 1].

    exp(-(n - C log(1/eps))² / (4 n)) for n >= C log(1/eps), else the trivial 1; C = ``constant`` is
    universal and not made explicit by the source. Source: Lueker 1998; da Cunha et al., ESA 2023.
    """
    n, eps = arguments.size("n", n, low=1), checks.positive("eps", eps)
    excess = n + checks.positive("constant", constant) * math.log(eps)
    return math.exp(-(excess**2) / (4 * n)) if 0 < excess < n else float(excess <= 0)


def fixed_size(n: int, k: int, eps: float, constant: float = 1.0) -> float:
    """The n that subsets of k of n candidates need, d = 1: c log2(k/eps) / H2(k/n).

    H2 is the binary entropy in bits; 1 <= k < n. Source: Natale et al. 2024 (constant c not
    explicit; the default 1 is a unit, not a claim).
    """
    n, k = arguments.size("n", n, low=2), arguments.size("k", k, low=1)
    if k >= n:
        raise ValueError(f"k: got {k}, takes an integer in [1, {n - 1}]")
    share, eps = k / n, checks.positive("eps", eps)
    entropy = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
    return checks.positive("constant", constant) * math.log2(k / eps) / entropy
