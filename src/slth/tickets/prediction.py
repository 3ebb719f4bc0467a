"""What a theorem says of the width a ticket needs, beside what can be computed."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from slth import checks

Success = Callable[[str, int, int, float], float]  # P(hit) of (ensemble, n, d, eps)
MOST = 1 << 40  # candidates per problem at which a search for the width gives up


@dataclass(frozen=True)
class Prediction:
    """The width of a source network, in candidates per subset problem (``n`` of `build`).

    statement: the theorem's width, as recalled from the source ("memory": constants that the
    source leaves open are letters, exponents are not recalled and stay inside poly and polylog).
    order: that expression with every open letter and exponent 1, logarithms natural, a unit and no
    claim. n: smallest n at which the expected number of missed problems is ≤ delta, by ``basis``;
    None where the project has no formula. basis: "exact" (a closed form of the law), "union" (a
    bound on the probability of any miss), "quenched" (`slth.theory.success_probability`, an
    approximation) or "none". problems: how many subset
    problems the target poses (at n, if that matters). d: their dimension.

    A width is a statement about existence: with probability 1 − delta every problem has a subset
    within eps. solver: who searches problems of this (n, d), the construction's own or what `auto`
    takes; "" without n. reached: whether that search finds a subset wherever one exists. reach:
    both in a sentence, with the way out.
    """

    statement: str
    order: float
    n: int | None
    basis: str
    problems: int
    d: int
    solver: str = ""
    reached: bool = False
    reach: str = ""


def smallest(
    misses: Callable[[int], float], delta: float, low: int = 1, guess: int = 1
) -> int | None:
    """Return the first n ≥ low with misses(n) ≤ delta, None if none up to `MOST`.

    misses: expected number of missed problems, decreasing in n. By doubled steps from ``guess``
    and bisection; cost: about 2 log2 |n − guess| evaluations.
    """
    start, step = max(low, guess), 1
    if misses(start) > delta:
        bottom, high = start, start + 1
        while misses(high) > delta:
            if high > MOST:
                return None
            step *= 2
            bottom, high = high, high + step
    else:
        high, bottom = start, start - 1
        while bottom >= low and misses(bottom) <= delta:
            step *= 2
            high, bottom = bottom, max(bottom - step, low - 1)
    while high - bottom > 1:
        middle = (bottom + high) // 2
        bottom, high = (bottom, middle) if misses(middle) <= delta else (middle, high)
    return high


def of_products(
    statement: str, order: float, problems: int, d: int, eps: float, delta: float, success: Success
) -> Prediction:
    """The prediction for problems over products u·v of one entry, by the quenched formula."""

    def missed(n: int) -> float:
        return problems * (1 - success("product", n, 1, eps))

    n = smallest(missed, delta, guess=usual(d, eps))
    return Prediction(statement, order, n, "quenched", problems, d)


def usual(d: int, eps: float) -> int:
    """About the size at which one target in d dimensions is met, where a search may start."""
    return max(1, round(d * (2 + math.log2(1 / min(eps, 1.0)))))


def levels(eps: object, delta: object) -> tuple[float, float]:
    """Return checked (eps, delta): eps > 0, 0 < delta < 1."""
    tolerance, failure = checks.positive("eps", eps), checks.positive("delta", delta)
    if failure >= 1:
        raise ValueError(f"delta: got {delta!r}, takes a probability in (0, 1)")
    return tolerance, failure
