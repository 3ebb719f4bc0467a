"""Squares of two correlated normal variables against adaptive quadrature, and at the ends."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from slth.theory.squares import log_square
from slth.theory.windows import log_normal_window


@pytest.mark.parametrize("rho", [-0.99, -0.6, -0.05, 0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize(
    ("m", "h"), [(0.0, 0.02), (0.7, 0.05), (3.0, 0.02), (0.4, 1.5), (2.0, 6.0)]
)
def test_against_quadrature(rho: float, m: float, h: float) -> None:
    """One variable given the other, where its steps are said to the quadrature."""
    width = math.sqrt(1 - rho * rho)

    def integrand(u: float) -> float:
        window = log_normal_window((m - rho * u) / width, h / width)
        return float(norm.pdf(u) * np.exp(window))

    low, high = max(m - h, -9.0), min(m + h, 9.0)
    steps = [(m + s * h + t * width) / rho for s in (-1, 1) for t in (-6, 0, 6)] if rho else []
    inside = sorted({x for x in steps if low < x < high})
    ends = [low, *inside, high]
    oracle = sum(
        quad(integrand, a, b, epsabs=0, epsrel=1e-12, limit=400)[0]
        for a, b in itertools.pairwise(ends)
    )
    if oracle > 1e-290:
        assert float(log_square(rho, m, h)) == pytest.approx(math.log(oracle), abs=1e-9)


def test_the_ends_are_one_variable() -> None:
    assert float(log_square(1.0, 0.5, 0.2)) == float(log_normal_window(0.5, 0.2))
    common = norm.cdf(0.3) - norm.cdf(-0.3)  # [-.2, .8] and [-.8, .2] share [-.2, .2]
    assert float(log_square(-1.0, 0.5, 0.8)) == pytest.approx(math.log(common))
    assert float(log_square(-1.0, 0.5, 0.2)) == -math.inf
    near = log_square([1 - 1e-13, -1 + 1e-13], 0.1, 0.8)
    assert near == pytest.approx(log_square([1.0, -1.0], 0.1, 0.8), abs=1e-5)


def test_it_rises_with_correlation_and_absolute_value_bounds_it() -> None:
    """Mehler: Σ ρ^q a_q² with squares for coefficients."""
    rho = np.linspace(0, 1, 41)
    for m in (0.0, 1.0, 3.0):
        up, down = log_square(rho, m, 0.3), log_square(-rho, m, 0.3)
        assert (np.diff(up) > 0).all()
        assert (down <= up + 1e-12).all()


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.3, 0.99])
@pytest.mark.parametrize("m", [0.0, 0.7, 5.0])
@pytest.mark.parametrize("h", [1e-9, 1e-13, 1e-15, 1e-17, 1e-200, 1e-300])
def test_narrow_squares_are_density_times_area(rho: float, m: float, h: float) -> None:
    """Also where m + h is m in float64."""
    density = -math.log(2 * math.pi * math.sqrt(1 - rho * rho)) - m * m / (1 + rho)
    wanted = math.log(4) + 2 * math.log(h) + density
    assert float(log_square(rho, m, h)) == pytest.approx(wanted, abs=1e-11, rel=1e-14)
