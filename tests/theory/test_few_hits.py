"""log E[Z] to 1e-9 where a probability is tiny: small eps, targets far out, long sums.

Oracles: exact rational arithmetic (uniform: the Irwin-Hall polynomial; integers: counting), closed
forms in 60 digits for normal candidates, convolutions of densities for products.
"""

import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from slth.ensembles import Ensemble, Quantized, lookup
from slth.theory import few_terms
from slth.theory.first_moment import log_expected_hits
from slth.theory.sums import log_hit_probabilities
from tests.sweeps import swept, swept_rows

TOLERANCES = [1e-300, 1e-40, 3e-14, 1e-6, 0.05, 0.7]


def log(value: Fraction) -> float:
    return math.log(value.numerator) - math.log(value.denominator) if value > 0 else -math.inf


def below(k: int, x: Fraction) -> Fraction:
    """P(sum of k uniforms on [-1, 1] <= x), Irwin 1927, Hall 1927."""
    y = min(max((x + k) / 2, Fraction(0)), Fraction(k))
    terms = ((-1) ** j * math.comb(k, j) * (y - j) ** k for j in range(math.floor(y) + 1))
    return sum(terms, Fraction(0)) / math.factorial(k)


def uniform_hits(n: int, eps: float, z: float) -> float:
    low, high = Fraction(z) - Fraction(eps), Fraction(z) + Fraction(eps)
    total = sum(math.comb(n, k) * (below(k, high) - below(k, low)) for k in range(1, n + 1))
    return log(Fraction(total) + (abs(z) <= eps))


@pytest.mark.parametrize("eps", TOLERANCES)
@pytest.mark.parametrize(
    ("n", "z"),
    swept_rows(
        [(1, 0.5), (3, 0.3), (32, 0.3), (32, 20.0), (30, 29.5), (9, 9.5), (40, 0.3), (40, 25.0)], 6
    ),
)
def test_uniform_is_the_irwin_hall_polynomial(n: int, z: float, eps: float) -> None:
    expected = uniform_hits(n, eps, z)
    found = log_expected_hits("uniform", n, 1, eps, z)
    assert found == expected or found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def counted(values: list[int], n: int, z: float, eps: float) -> float:
    """Subsets of n entries by convolution of counts; every value equally likely."""
    ways, total = {0: 1}, Fraction(0)
    for k in range(n + 1):
        hit = sum(count for x, count in ways.items() if abs(x - Fraction(z)) <= eps)
        total += math.comb(n, k) * Fraction(hit, len(values) ** k)
        longer: dict[int, int] = {}
        for (x, count), v in itertools.product(ways.items(), values):
            longer[x + v] = longer.get(x + v, 0) + count
        ways = longer
    return log(total)


@pytest.mark.parametrize(
    ("name", "n", "z", "eps"),
    [
        ("binary", 60, 58, 0.0),
        ("binary", 60, 60, 0.0),
        ("binary", 60, 61, 0.0),
        ("binary", 60, 3, 1e-300),
        ("binary", 60, 0.25, 1.0),
        ("binary", 25, 24.5, 2.0),
        ("small", 30, 88, 0.0),
        ("small", 30, 90, 0.0),
        ("small", 30, 41, 0.5),
        ("small", 8, -5, 3.0),
    ],
)
def test_integers_are_counted(name: str, n: int, z: float, eps: float) -> None:
    law = Quantized(bits=3) if name == "small" else lookup(name)
    values = list(range(-3, 4)) if name == "small" else [-1, 1]
    expected, found = counted(values, n, z, eps), log_expected_hits(law, n, 1, eps, z)
    assert found == expected or found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def normal_hits(law: str, n: int, d: int, eps: float, z: float) -> float:
    """Σ_k C(n, k) P_k in 60 digits; nsn by quadrature over log V, V ~ χ²_k."""
    with mpmath.workdps(60):
        e, x = mpmath.mpf(eps), mpmath.mpf(z)

        def window(variance: mpmath.mpf) -> mpmath.mpf:
            root = mpmath.sqrt(2 * variance)
            return (mpmath.erfc((x - e) / root) - mpmath.erfc((x + e) / root)) / 2

        total = mpmath.mpf(abs(z) <= eps)
        for k in range(1, n + 1):
            if law == "normal":
                chance = window(mpmath.mpf(k)) ** d
            else:
                half, middle = mpmath.mpf(k) / 2, mpmath.log(k + x * x)
                cuts = [middle + c for c in (-30, -8, -4, -2, -1, 0, 1, 2, 4, 8)]
                chance = mpmath.quad(
                    lambda y, h=half: (
                        window(mpmath.e**y) ** d * mpmath.e ** (h * y - mpmath.e**y / 2)
                    ),
                    cuts,
                ) / (2**half * mpmath.gamma(half))
            total += mpmath.binomial(n, k) * chance
        return float(mpmath.log(total))


@pytest.mark.parametrize(
    ("law", "n", "d", "eps", "z"),
    [
        ("normal", 6, 3, 1e-40, 0.2),
        ("normal", 6, 2, 0.05, 40.0),
        ("nsn", 4, 3, 1e-30, 0.4),
        ("nsn", 3, 2, 0.01, 30.0),
    ],
)
def test_normal_candidates_in_sixty_digits(law: str, n: int, d: int, eps: float, z: float) -> None:
    expected = normal_hits(law, n, d, eps, z)
    assert log_expected_hits(law, n, d, eps, z) == pytest.approx(expected, rel=1e-9)


def test_nsn_at_the_smallest_eps_is_its_power_law() -> None:
    """For z != 0 each of the d windows is 2 eps wide: log E[Z] falls by d per e-fold of eps."""
    for d in (1, 3):
        a, b = (log_expected_hits("nsn", 12, d, eps, 0.3) for eps in (1e-20, 1e-300))
        assert a - b == pytest.approx(d * 280 * math.log(10), rel=1e-11)


@pytest.mark.parametrize(
    ("x", "more"), swept_rows([(0.4, 2), (1.0, 3), (3.2, 2), (0.0, 2), (1.0, 2), (1.7, 2)], 3)
)
def test_four_and_five_products_are_convolutions_of_two_and_three(x: float, more: int) -> None:
    """Fourier's integral for k = 4, 5 against densities that no Fourier integral made."""
    eps = 1e-30

    def density(k: int, at: float) -> float:
        return math.exp(few_terms.log_product(k, at, eps)) / (2 * eps)

    total = 0.0
    nodes, weights = np.polynomial.legendre.leggauss(20)
    ends = np.unique(np.clip([*range(-2, 3), *(x - np.arange(-more, more + 1))], -2, 2))
    for a, b in itertools.pairwise(ends):
        for u, w in zip(0.5 * (nodes + 1), 0.5 * weights, strict=True):
            # graded towards both ends, where the densities have logarithmic kinks
            at = a + (b - a) * u**4 * (35 - 84 * u + 70 * u**2 - 20 * u**3)
            scale = 140 * (u * (1 - u)) ** 3 * (b - a)
            if abs(x - at) < more:
                total += w * scale * density(2, at) * density(more, x - at)
    logs = log_hit_probabilities(lookup("product"), 2 + more, np.array([x]), eps)
    assert math.exp(logs[-1]) / (2 * eps) == pytest.approx(total, rel=1e-7)


def test_one_to_three_products_near_their_end() -> None:
    """f ≈ y/2 at distance y from the end 1, so that k of them give y^{2k-1} / (2^k (2k-1)!)."""
    for k in (1, 2, 3, 6):
        y = 1e-5 * k
        logs = log_hit_probabilities(lookup("product"), k, np.array([k - y]), 1e-30)
        limit = (2 * k - 1) * math.log(y) - k * math.log(2) - math.lgamma(2 * k)
        assert logs[-1] - math.log(2e-30) == pytest.approx(limit, abs=1e-4)


@pytest.mark.parametrize(("k", "x"), swept_rows([(30, 15.0), (30, 29.0), (600, 55.0)], 2))
def test_far_products_in_thirty_digits_on_another_line(k: int, x: float) -> None:
    """The same inversion by adaptive quadrature, off the saddle point: any line gives the same."""
    eps = 1e-20
    found = log_hit_probabilities(lookup("product"), k, np.array([x]), eps)[-1]
    with mpmath.workdps(30):
        line = {15.0: 4.0, 29.0: 60.0, 55.0: 0.7}[x]

        def integrand(t: mpmath.mpf) -> mpmath.mpf:
            s = mpmath.mpc(line, t)
            return (mpmath.e ** (k * mpmath.log(mpmath.shi(s) / s) - s * x)).real

        cuts = [0, *(line * 2.0**j for j in range(-6, 5))]
        chance = 2 * mpmath.mpf(eps) * mpmath.quad(integrand, cuts) / mpmath.pi
        assert found == pytest.approx(float(mpmath.log(chance)), rel=1e-9)


@pytest.mark.parametrize("name", ["uniform", "normal", "nsn", "binary", "quantized", "product"])
@pytest.mark.parametrize("eps", swept([1e-300, 1e-9, 0.3], 1))
def test_every_law_answers_at_its_ends(name: str, eps: float) -> None:
    law: Ensemble = lookup(name)
    d = min(law.max_d or 600, 600)
    for n, z in ((1, 1.0), (10**5, 1.0), (10**5, 0.99 * min(law.bound, 50.0) * 10**4)):
        value = log_expected_hits(name, n, d, eps, z if not law.integer else float(round(z)))
        assert value < math.inf
        beyond = n == 1 and law.name == "uniform" and z > 1  # nothing to hit
        assert value > -math.inf or law.step or beyond
