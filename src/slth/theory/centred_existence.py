"""Certificates that a subset exists, from second moments given the total of the candidates."""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from slth import checks, seeding
from slth.checks import FloatArray
from slth.intervals import lower_mean
from slth.theory import arguments
from slth.theory.centred_second_moment import MAX_N, log_ratios, members
from slth.theory.crossing import first_n, peak
from slth.theory.entropy import fixed_size_n_star
from slth.theory.quenched import quenched_n_star
from slth.theory.recentring import recentred

PILOT = 256  # draws by which sizes are chosen; the certificate has draws of its own
START = 0.4  # of n, where the search for k begins
FEWEST = 16  # draws of a certificate
BLOCK = 256  # draws that are held with their further candidates


class CentredCertificate(NamedTuple):
    """With n candidates and ``extra`` further ones a hit exists with probability >= bound.

    k: members of the subset that are among the n. size: n + extra.

    >>> slth.theory.CentredCertificate(n=51, k=22, extra=4, bound=0.34).size
    55
    """

    n: int
    k: int
    extra: int
    bound: float

    @property
    def size(self) -> int:
        """Candidates in all."""
        return self.n + self.extra


def centred_certificate(
    n: int,
    d: int,
    eps: float,
    z: ArrayLike = 0.5,
    k: int | None = None,
    *,
    extra: int = 0,
    draws: int = 10_000,
    confidence: float = 0.99,
    seed: int = 0,
) -> float:
    """Lower confidence limit of E[1/R(y)] <= P(some subset of n + extra normals is near z).

    y = z − k T/n − V: T the sum of the n candidates, V a subset sum of the ``extra`` further ones,
    chosen to make ‖y‖ small by descent (`slth.theory.recentring`). T and V are independent of the
    deviations of the k-subsets from k T/n, so that given them a hit has probability >= 1/R(y),
    R = `centred_second_moment_ratio`. With extra = 0 the hit is a subset of exactly k members.
    Proved: the inequality; computed: R, rounded upward; sampled: T and V, ``draws`` times, and the
    limit is the empirical Bernstein one for means in [0, 1], which holds with ``confidence``, for
    any law. Deterministic in ``seed``. By Cauchy-Schwarz E[1/R(y)] >= 1/`second_moment_ratio` at
    the same k. z: (d,) or a scalar; k: n/2 unless said. Cost: O(draws k), .1 s at n = 250, and
    draws·extra² d for the choice. Source: derived; checked against all subsets in tests. Raises
    ValueError for sizes out of range.

    >>> bound = slth.theory.centred_certificate
    >>> [round(bound(n, d=8, eps=0.1, k=22), 2) for n in (48, 52, 56)]
    [0.12, 0.42, 0.68]
    """
    d, n = arguments.size("d", d, low=1), arguments.size("n", n, low=2, high=MAX_N)
    k, eps = members(n, k), checks.positive("eps", eps)
    target, level = arguments.target(z, d), arguments.fraction("confidence", confidence)
    draws = arguments.size("draws", draws, low=FEWEST)
    extra = arguments.size("extra", extra, low=0)
    chances = np.exp(-_logs(n, k, eps, target, extra, draws, seed))
    return max(lower_mean(chances, level), 0.0)


def centred_existence_certificate(
    d: int,
    eps: float,
    z: ArrayLike = 0.5,
    chance: float = 1 / 3,
    *,
    share: float | None = None,
    extra: int = 0,
    draws: int = 10_000,
    confidence: float = 0.99,
    seed: int = 0,
) -> CentredCertificate:
    """Smallest n found with `centred_certificate` >= chance, with the best k or k = ⌊share·n⌋.

    n and k are chosen on draws of their own and certified on fresh ones; where that fails, more are
    tried, the i-th with error 6 (1 − confidence)/(π i)², so that the statement about what is
    returned holds with ``confidence``. z: (d,) or a scalar, ½ as in `existence_certificate`, which
    with its ratio 3 also says P >= 1/3 and needs no sampling, but asks for more candidates from
    d = 6 on: 281 for 239 at d = 32, eps = .1. ``extra`` saves some per cent from d = 128 on.
    share: in (0, 1), for subsets of one size; extra must then be 0. Cost: about 60 evaluations
    with 256 draws, .3 s at d = 16, 2 s at d = 64, 10 s at d = 128, 15 s with extra. Source:
    derived. Raises ValueError where 20000 candidates do not do.

    >>> found = slth.theory.centred_existence_certificate(d=8, eps=0.1)
    >>> found.n, found.k, round(found.bound, 2)
    (51, 22, 0.34)
    """
    d, eps = arguments.size("d", d, low=1), checks.positive("eps", eps)
    target, goal = arguments.target(z, d), arguments.fraction("chance", chance)
    level, draws = (
        arguments.fraction("confidence", confidence),
        arguments.size("draws", draws, low=FEWEST),
    )
    extra = arguments.size("extra", extra, low=0)
    part = None if share is None else arguments.fraction("share", share)
    if part and extra:
        raise ValueError(
            f"extra: got {extra}, takes 0 with a share, which extra members would alter"
        )

    @functools.cache
    def pilot(n: int) -> tuple[float, int]:
        """The limit to be expected of ``draws`` draws, and k."""
        if n > MAX_N:
            raise ValueError(
                f"chance: got {chance!r}, which {MAX_N} candidates are not enough for at this d, "
                f"eps, z, share and {draws} draws; takes a smaller one, or more draws"
            )

        @functools.cache
        def logs(k: int) -> FloatArray:
            return _logs(n, k, eps, target, extra, PILOT, seeding.child(seed, "pilot"))

        if part:
            k = min(math.floor(part * n), n - 1)
        else:
            k = peak(
                lambda k: float(logsumexp(-logs(k))), round(START * n), 1, max(n // 2, 1), n // 200
            )
        return lower_mean(np.resize(np.exp(-logs(k)), draws), 0.5 + 0.5 * level), k

    first = max(2, math.ceil(1 / part)) if part else 2
    law = fixed_size_n_star(d, eps, part) if part else quenched_n_star(d, eps)
    n = first_n(lambda n: n >= first and pilot(n)[0] >= goal, max(first, math.ceil(law)))
    for tries in itertools.count(1):
        k = pilot(n)[1]
        missed = 6 * (1 - level) / (math.pi * tries) ** 2  # add up to 1 - level
        bound = centred_certificate(
            n, d, eps, target, k, extra=extra, draws=draws,
            confidence=1 - missed, seed=seeding.child(seed, "fresh", tries),
        )  # fmt: skip
        if bound >= goal:
            break
        n += tries * max(1, n // 1000)
    return CentredCertificate(n, k, extra, bound)


def _logs(
    n: int, k: int, eps: float, z: FloatArray, extra: int, draws: int, seed: int
) -> FloatArray:
    """Upper bounds of ln R(y), a draw of T and of the further candidates each."""
    d, offsets = len(z), []
    for i in range(0, draws, BLOCK):
        rng, rows = seeding.generator(seed, "total", d, i), min(BLOCK, draws - i)
        y = z - (k / math.sqrt(n)) * rng.standard_normal((rows, d))
        if extra:  # nested: fewer are the first of more
            each = [
                seeding.generator(seed, "extra", d, i, j).standard_normal((rows, d))
                for j in range(extra)
            ]
            y = recentred(y, np.stack(each, axis=1))
        offsets.append(y)
    return log_ratios(n, k, eps, np.concatenate(offsets))
