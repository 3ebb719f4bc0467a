"""First moment: E[Z] against enumeration of all subsets, quadrature, and the known numbers."""

import functools
import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, norm

from slth.ensembles import ENSEMBLES, Ensemble, Quantized
from slth.theory import annealed_threshold, expected_hits, log_expected_hits
from slth.theory.sums import _nsn, log_hit_probabilities
from slth.theory.windows import log_normal_window
from tests.theory.all_subsets import drawn

ALPHA = 1e-5  # two-sided level of every Monte Carlo comparison
SIGMAS = norm.isf(ALPHA / 2)

CASES = [
    ("uniform", 1, 0.05, 0.3),
    ("uniform", 2, 0.2, [0.3, 0.9]),
    ("normal", 1, 0.05, 0.3),
    ("normal", 3, 0.4, [0.3, -0.9, 0.0]),
    ("nsn", 1, 0.05, 0.3),
    ("nsn", 3, 0.4, [0.3, -0.9, 0.0]),
    ("product", 1, 0.02, 0.3),
    ("product", 1, 0.3, -0.1),
    ("binary", 2, 0.5, [1, -1]),
    ("binary", 2, 2.0, [0.5, -1.0]),
    ("binary", 3, 0.5, [1, 0, 1]),
    ("quantized", 1, 3.0, 20),
    ("quantized", 2, 25, [100, -7]),
    (Quantized(bits=2), 2, 0, [1, 0]),
]
LISTED = {name for name, *_ in CASES if isinstance(name, str)}
for _name, _law in ENSEMBLES.items():  # those that were added, by what they say of themselves
    if _name not in LISTED:
        _eps, _d = (_law.step or 0.3 * _law.std), min(2, _law.max_d or 2)
        _values = _law.targets()
        _z = 0.4 * _law.std if _values is None else float(_values[0])
        CASES += [(_name, 1, _eps, _z), (_name, _d, 2 * _eps, [_z, -_z][:_d])]


def count_hits(name, n, d, eps, z, batch, seed):
    """Z of `batch` samples: all 2^n subsets of each."""
    masks = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(float)
    sums = np.tensordot(masks, drawn(name, batch, n, d, seed), (1, 1))  # (2^n, batch, d)
    return (np.abs(sums - np.asarray(z)).max(axis=2) <= eps + 1e-12).sum(axis=0)


@pytest.mark.parametrize(("name", "d", "eps", "z"), CASES)
def test_agrees_with_enumeration(name, d, eps, z):
    hits = count_hits(name, 8, d, eps, z, batch=3000, seed=5)
    exact = expected_hits(name, 8, d, eps, z)
    assert abs(hits.mean() - exact) <= SIGMAS * hits.std() / math.sqrt(len(hits)) + 1e-9


# the numbers stated for (12, 1, .05) hold near z = 0.28: E[Z] depends on z slowly
@pytest.mark.parametrize(("name", "stated"), [("normal", 68.8), ("nsn", 80.4)])
def test_stated_numbers_in_one_dimension(name, stated):
    assert expected_hits(name, 12, 1, 0.05, 0.28) == pytest.approx(stated, rel=0.005)


@pytest.mark.parametrize(("name", "exact", "stated"), [("normal", 31.0, 31.5), ("nsn", 57.7, 59.3)])
def test_stated_numbers_in_three_dimensions(name, exact, stated):
    x, w = np.polynomial.legendre.leggauss(4)
    nodes = itertools.product(zip((x + 1) / 2, w / 2, strict=True), repeat=3)
    at = functools.cache(lambda *points: expected_hits(name, 14, 3, 0.4, points))
    average = sum(  # the coordinates are exchangeable
        math.prod(weight for _, weight in node) * at(*sorted(point for point, _ in node))
        for node in nodes
    )
    assert average == pytest.approx(exact, rel=0.005)
    assert average == pytest.approx(stated, rel=0.03)


@pytest.mark.parametrize("k", [1, 2, 7, 60])
@pytest.mark.parametrize("eps", [0.4, 1e-3])
@pytest.mark.parametrize("z", [[0.3], [0.3, -0.9, 0.0]])
def test_nsn_quadrature_against_quadpack(k, eps, z):
    def integrand(a):  # V = a² removes the singularity of χ²_1
        chances = [norm.cdf((t + eps) / a) - norm.cdf((t - eps) / a) for t in z]
        return 2 * a * chi2.pdf(a * a, k) * math.prod(chances)

    pieces = [(0, eps), (eps, 1), (1, 10 + 3 * math.sqrt(k))]
    oracle = sum(quad(integrand, *p, epsabs=0, epsrel=1e-10, limit=400)[0] for p in pieces)
    ours = math.exp(_nsn(k, np.abs(z), np.ones(len(z), np.int64), eps))
    assert ours == pytest.approx(oracle, rel=1e-8)


def test_uniform_window_is_the_irwin_hall_law():
    def irwin_hall(k, x):
        terms = ((-1) ** j * math.comb(k, j) * max(x + k - 2 * j, 0) ** k for j in range(k + 1))
        return sum(terms) / (2**k * math.factorial(k))

    logs = log_hit_probabilities(ENSEMBLES["uniform"], 24, np.array([0.3]), 0.05)
    for k in (1, 2, 5, 8):
        oracle = irwin_hall(k, 0.35) - irwin_hall(k, 0.25)
        assert math.exp(logs[k - 1]) == pytest.approx(oracle, rel=1e-9)
    # from splines (k <= 20) to the Fourier series: no jump
    assert abs(np.diff(logs[14:], 4)).max() < 1e-4


def test_binary_window_is_the_binomial_law():
    logs = log_hit_probabilities(ENSEMBLES["binary"], 1500, np.array([1.0]), 0.5)
    for k in (1, 7, 501, 1499):
        oracle = math.comb(k, (k + 1) // 2) / 2**k
        assert math.exp(logs[k - 1]) == pytest.approx(oracle, rel=1e-9)
    assert (logs[1::2] == -np.inf).all()


def test_interpolated_terms_equal_direct_ones():
    for name in ("uniform", "normal", "nsn", "quantized"):
        long = log_hit_probabilities(ENSEMBLES[name], 4000, np.array([0.0, 1.0]), 0.5)
        short = log_hit_probabilities(ENSEMBLES[name], 512, np.array([0.0, 1.0]), 0.5)
        assert np.allclose(long[:512], short, atol=1e-9, rtol=0)
        k = np.arange(600, 4001)
        gauss = 2 * log_normal_window(0, 0.5 / np.sqrt(k) / ENSEMBLES[name].std)
        assert abs(long[599:] - gauss).max() < 0.01


def test_normal_window_without_cancellation():
    assert log_normal_window(0.0, 1.0) == pytest.approx(math.log(2 * norm.cdf(1) - 1), rel=1e-11)
    density = norm.logpdf(3.0) + math.log(2e-9)
    assert log_normal_window(3.0, 1e-9) == pytest.approx(density, rel=1e-12)
    assert log_normal_window(-60.0, 1.0) == pytest.approx(norm.logsf(59.0), rel=1e-9)
    m = np.linspace(0, 12, 400)
    direct = np.log(norm.sf(m - 0.3) - norm.sf(m + 0.3))
    assert np.allclose(log_normal_window(m, 0.3), direct, atol=1e-11, rtol=0)


def test_a_law_without_a_bound_is_refused():
    class Laplace(Ensemble):
        name, std = "laplace", 1.0

        def draw(self, n, d, seed):
            return self.generator(d, seed).laplace(0.0, 0.5**0.5, (n, d))

        def characteristic(self, t):
            return 1 / (1 + 0.5 * t * t)

    with pytest.raises(ValueError, match="ensemble: got 'laplace', whose entries have no bound"):
        expected_hits(Laplace(), 8, 1, 0.1, 0.3)


def test_out_of_reach_is_minus_infinity():
    assert log_expected_hits("uniform", 3, 1, 0.1, 5.0) == -math.inf
    assert expected_hits("binary", 5, 2, 0.5, [0, 1]) == 0.0


def test_overflow_is_infinity():
    assert expected_hits("normal", 2000, 1, 0.1, 0.0) == math.inf


def test_annealed_threshold_is_the_crossing():
    for d, eps in [(1, 0.001), (4, 0.01), (9, 0.01)]:
        n = annealed_threshold(d, eps)
        assert n == pytest.approx(d * (math.log2(1 / (2 * eps)) + 0.5 * math.log2(math.pi * n)))
        low, high = (log_expected_hits("normal", m, d, eps, 0.5) for m in (int(n) - 2, int(n) + 3))
        assert low < 0 < high
    assert annealed_threshold(1, 5.0) == 0.0
