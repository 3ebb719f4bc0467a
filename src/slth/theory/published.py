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

    >>> slth.theory.PUBLISHED["lueker1998"].size
    'n = O(log(1/eps)), with high probability'
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
        "d = 1, mild assumptions on the law, all targets in [-1/2, 1/2]",
        "n = O(log(1/eps)), with high probability",
        "paper",
        "Lueker 1998, as the abstract of da Cunha et al., ESA 2023, states it",
    ),
    "dacunha2023rss": Statement(
        "Random subset sum, an elementary proof",
        "uniform on [-1, 1], d = 1, all targets in [-1, 1]",
        "n >= C ln(1/eps); failure at most exp(-(n - C ln(1/eps))^2 / (4 n)) at tolerance 2 eps",
        "paper",
        "da Cunha et al., ESA 2023",
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
        "normal",
        "Theta(sqrt(n) 2^(-n/d)) for omega(1) <= d <= o(n); polynomial time reaches "
        "exp(-Omega(ln^2(n)/d)) for d = O(sqrt(ln n))",
        "paper",
        "Turner, Meka, Rigollet 2020, with d for their m",
    ),
    "ferre2026": Statement(
        "Removal of whole neurons, to approximate one ReLU neuron",
        "one neuron of input dimension >= 2; with one input it is plain d = 1 subset sum",
        "n = Omega(1/eps) is necessary",
        "paper",
        "Ferré, Giroire, Mallmann-Trenn, Natale 2026, arXiv 2603.02234 v3, abstract (v1 and v2: "
        "Omega(d/eps))",
    ),
}


def becchetti_size(d: int, eps: float, constant: float = 1.0) -> float:
    """Size C d³ ln(1/eps) (ln(1/eps) + ln d) for normal candidates and all targets of the cube.

    eps < 1. Source: Becchetti et al. 2022, abstract, which leaves C and the logarithms' base open:
    the default 1 and natural logarithms are a unit, not a claim.

    >>> round(slth.theory.becchetti_size(d=2, eps=0.01), 1)
    195.2
    """
    d, log = arguments.size("d", d, low=1), _log_inverse(eps)
    return checks.positive("constant", constant) * d**3 * log * (log + math.log(d))


def lueker_size(eps: float, constant: float = 1.0) -> float:
    """Size C ln(1/eps), d = 1: Lueker's for all targets of [-1/2, 1/2], at tolerance eps.

    eps < 1. da Cunha et al. (ESA 2023) have the same form for uniforms on [-1, 1], all targets of
    [-1, 1] and tolerance 2 eps, with a bound on failure: `lueker_failure`. C is universal, depends
    on the law and is not explicit: the default 1 is a unit, not a claim. Source: Lueker 1998, as
    the abstract of da Cunha et al., ESA 2023, states it.

    >>> round(slth.theory.lueker_size(0.01), 3)  # ln 100
    4.605
    """
    return checks.positive("constant", constant) * _log_inverse(eps)


def _log_inverse(eps: float) -> float:
    value = checks.positive("eps", eps)
    if value >= 1:
        raise ValueError(f"eps: got {eps!r}, takes a number in (0, 1)")
    return -math.log(value)


def lueker_failure(n: int, eps: float, constant: float) -> float:
    """Bound on P(some z in [-1, 1] is not 2 eps-hit) for n uniforms on [-1, 1], in [0, 1].

    exp(-(n - C ln(1/eps))² / (4 n)) for n >= C ln(1/eps), else the trivial 1; C = ``constant`` is
    universal and not made explicit by the source. Source: da Cunha et al., ESA 2023 (the theorem is
    Lueker's 1998, this form of it is theirs).

    >>> round(slth.theory.lueker_failure(n=40, eps=0.01, constant=1.0), 5)
    0.0004
    """
    n, eps = arguments.size("n", n, low=1), checks.positive("eps", eps)
    excess = n + checks.positive("constant", constant) * math.log(eps)
    return math.exp(-(excess**2) / (4 * n)) if 0 < excess < n else float(excess <= 0)


def fixed_size(n: int, k: int, eps: float, constant: float = 1.0) -> float:
    """The n that subsets of k of n candidates need, d = 1: c log2(k/eps) / H2(k/n).

    H2 is the binary entropy in bits; 1 <= k <= n/2, as the theorem has it (larger subsets: H2 is
    symmetric, the theorem is not). Source: Natale et al. 2024 (constant c not explicit; the default
    1 is a unit, not a claim). Raises ValueError for k > n/2 and eps <= 0.

    >>> round(slth.theory.fixed_size(n=20, k=10, eps=0.01), 2)  # log2(10 / 0.01) / 1 bit
    9.97
    """
    n, k = arguments.size("n", n, low=2), arguments.size("k", k, low=1)
    if 2 * k > n:
        raise ValueError(f"k: got {k}, takes an integer in [1, {n // 2}], at most n/2")
    share, eps = k / n, checks.positive("eps", eps)
    entropy = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
    return checks.positive("constant", constant) * math.log2(k / eps) / entropy
