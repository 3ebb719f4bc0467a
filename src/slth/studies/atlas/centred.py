"""Certificates by the second moment given T, beside the plain one and the size of even odds."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from slth.progress import track
from slth.studies.atlas.solve import TARGET
from slth.theory.centred_existence import CentredCertificate, centred_existence_certificate
from slth.theory.centred_second_moment import centred_second_moment_ratio
from slth.theory.conditional_union import covering_threshold
from slth.theory.crossing import first_n
from slth.theory.entropy import fixed_size_n_star
from slth.theory.quenched import success_probability
from slth.theory.second_moment import existence_certificate
from slth.theory.sized import size_probability

CENTRED = ["d", "eps", "n50", "plain", "centre", "n", "k", "bound", "extra", "moved"]
SIZED = ["d", "eps", "share", "law", "n50", "n", "k", "bound", "every"]
RATIO = 3.0  # of second moments, for a probability of one third
EXTRAS = (0.25, 0.5, 1.0)  # further candidates that are tried, in d
SAMPLING = 0.99  # confidence of a certificate


def centred_sizes(
    dimensions: Iterable[int], tolerances: Iterable[float], seed: int
) -> pd.DataFrame:
    """Sizes with which a hit has probability one third, a row a (d, eps); target ½ everywhere.

    n50: even odds, predicted. plain: second moment. centre: R(0) <= 3, which certifies nothing but
    an offset of 0. n, k, bound: second moment given T, averaged over T, with the limit of the
    average. extra, moved: the least n + m with m further candidates that recentre, m > 0 of
    EXTRAS·d, and that m.
    """
    points = [(d, eps) for eps in tolerances for d in dimensions]
    rows = []
    for d, eps in track(points, len(points), "atlas: certificates given T"):
        found = centred_existence_certificate(d, eps, TARGET, seed=seed)
        moved = _recentred(d, eps, found.size, seed)
        sizes = (
            first_n(lambda n, d=d, eps=eps: _odds(n, d, eps) >= 0.5, found.n),  # type: ignore[misc]
            existence_certificate(d, eps, TARGET, RATIO)[0],
            first_n(lambda n, d=d, eps=eps: n >= 2 and _at_centre(n, d, eps), found.n),  # type: ignore[misc]
        )
        rows.append((d, eps, *sizes, found.n, found.k, found.bound, moved.extra, moved.size))
    return pd.DataFrame(rows, columns=CENTRED)


def sized_certificates(
    dimensions: Iterable[int], shares: Iterable[float], eps: float, seed: int
) -> pd.DataFrame:
    """Sizes for subsets of k = ⌊αn⌋ members, the same target, a row a (d, α).

    law: `fixed_size_n_star`. n50: even odds, predicted. n, k, bound: probability one third,
    certified. every: even odds for all targets of the cube, by the union bound given T.
    """
    points = [(d, share) for d in dimensions for share in shares]
    rows: list[tuple[Any, ...]] = []
    for d, share in track(points, len(points), "atlas: certificates of one size"):
        found = centred_existence_certificate(d, eps, TARGET, share=share, seed=seed)
        first = math.ceil(1 / share)

        def even(n: int, d: int = d, share: float = share, first: int = first) -> bool:
            k = min(math.floor(share * n), n - 1)
            return n >= first and size_probability("normal", n, k, d, eps, TARGET) >= 0.5

        every = covering_threshold("normal", d, eps, share=share)
        law, n50 = fixed_size_n_star(d, eps, share), first_n(even, found.n)
        rows.append((d, eps, share, law, n50, found.n, found.k, found.bound, every))
    return pd.DataFrame(rows, columns=SIZED)


def _recentred(d: int, eps: float, bare: int, seed: int) -> CentredCertificate:
    """The certificate of least n + m, m growing while that falls and once below ``bare``."""
    best = None
    for part in EXTRAS:
        found = centred_existence_certificate(
            d, eps, TARGET, extra=max(1, round(part * d)), seed=seed
        )
        if best is not None and found.size >= best.size:
            break
        best = found
        if best.size >= bare:
            break
    assert best is not None
    return best


def _odds(n: int, d: int, eps: float) -> float:
    return success_probability("normal", n, d, eps, TARGET)


def _at_centre(n: int, d: int, eps: float) -> bool:
    return centred_second_moment_ratio(n, d, eps, 0.0) <= RATIO
