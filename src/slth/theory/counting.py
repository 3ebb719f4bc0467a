"""What no proof can beat: sizes below which a subset within eps cannot exist, or is unlikely."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from slth import checks
from slth.ensembles import Ensemble
from slth.theory import arguments
from slth.theory.crossing import first_n
from slth.theory.first_moment import log_expected_hits


def counting_bound(d: int, eps: float, probability: float = 1.0) -> float:
    """Size n below which a target uniform on [-1, 1]^d is hit with less than this probability.

    2^n cubes of side 2 eps hold at most the share 2^n eps^d of the cube: n >= d log2(1/eps) +
    log2 P, whatever the law of the candidates. probability 1: all targets at once. Real-valued.
    Source: counting.

    >>> round(slth.theory.counting_bound(d=3, eps=0.125), 9)  # 3 log2 8
    9.0
    """
    d, eps = arguments.size("d", d, low=1), checks.positive("eps", eps)
    share = checks.positive("probability", probability)
    if share > 1:
        raise ValueError(f"probability: got {probability!r}, takes a number in (0, 1]")
    return max(0.0, -d * math.log2(eps) + math.log2(share))


def first_moment_bound(
    ensemble: str | Ensemble, d: int, eps: float, z: ArrayLike, probability: float = 0.5
) -> int:
    """Smallest n with E[Z] >= ``probability``: below it P(hit) <= E[Z] < probability, proved.

    z: (d,) or a scalar. By doubling and bisection, as E[Z] grows with n. Cost: about 2 log2 n
    evaluations of `log_expected_hits`. Source: Markov's inequality.

    >>> n = slth.theory.first_moment_bound("normal", d=2, eps=0.1, z=0.5)
    >>> n, slth.theory.expected_hits("normal", n - 1, d=2, eps=0.1, z=0.5) < 0.5
    (9, True)
    """
    (law, d), level = arguments.law(ensemble, d), math.log(arguments.probability(probability))
    eps = arguments.tolerance(eps, law)
    return first_n(lambda n: log_expected_hits(law, n, d, eps, z) >= level)
