"""Law of the sum of k candidates: the probability that all coordinates fall within eps of z.

Three laws: normal (closed form), nsn (normal given V ~ χ²_k, one quadrature) and every other
ensemble by its characteristic function (Fourier series of the window, exact on a lattice).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BarycentricInterpolator, BSpline
from scipy.special import gammaln, logsumexp

from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory.windows import log_normal_window

IntArray = NDArray[np.int64]

EXACT = {"nsn": 64}  # k up to here one by one, then Chebyshev interpolation in log k
EXACT_DEFAULT = 512
NODES = 48
SPLINE_TERMS = 20
FLOOR = 1e-14  # a Fourier sum is rounded to this; smaller probabilities are returned as 0
TAIL = 8.8  # exp(-8.8²/2) = 1.5e-17, Hoeffding's bound for a sum of k entries in [-1, 1]


def log_hit_probabilities(ensemble: Ensemble, n: int, z: FloatArray, eps: float) -> FloatArray:
    """Log P(‖X_1 + ... + X_k - z‖_∞ <= eps) for k = 1..n, shape (n,).

    Relative accuracy 1e-9 for normal and nsn; otherwise each coordinate's probability has absolute
    accuracy 1e-11 and is 0 (log -inf) below 1e-14. Raises ValueError for an ensemble without a
    bound but these two. Cost: O(min(n, 512) d) windows.
    """
    if not math.isfinite(ensemble.bound) and ensemble.name not in ("normal", "nsn"):
        raise ValueError(
            f"ensemble: got {ensemble.name!r}, whose entries have no bound; takes one that has, "
            "normal or nsn: only of those is the law of a sum known here"
        )
    values, counts = distinct(z)
    out = np.empty(n)
    exact = min(n, EXACT.get(ensemble.name, EXACT_DEFAULT))
    out[:exact] = [_log_hit(ensemble, k, k, values, counts, eps) for k in range(1, exact + 1)]
    for first in range(exact + 1, min(n, exact + max(ensemble.step, 1)) + 1):
        ks = np.arange(first, n + 1, max(ensemble.step, 1), dtype=np.int64)
        out[ks - 1] = _interpolated(ensemble, ks, values, counts, eps)
    return out


def _interpolated(
    ensemble: Ensemble, ks: IntArray, values: FloatArray, counts: IntArray, eps: float
) -> FloatArray:
    """The same for one residue class of k, where log P is smooth in log k."""
    if len(ks) <= NODES:
        return np.array([_log_hit(ensemble, int(k), int(k), values, counts, eps) for k in ks])
    unit = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    low, high = math.log(ks[0]), math.log(ks[-1])
    nodes = np.exp(low + 0.5 * (unit + 1) * (high - low))
    logs = np.array([_log_hit(ensemble, k, int(ks[0]), values, counts, eps) for k in nodes])
    if not np.isfinite(logs).all():
        return np.array([_log_hit(ensemble, int(k), int(k), values, counts, eps) for k in ks])
    weights = (-1.0) ** np.arange(NODES) * np.sin(np.pi * (np.arange(NODES) + 0.5) / NODES)
    at = 2 * (np.log(ks) - low) / (high - low) - 1
    return BarycentricInterpolator(unit, logs, wi=weights)(at)


def _log_hit(
    ensemble: Ensemble, k: float, residue: int, values: FloatArray, counts: IntArray, eps: float
) -> float:
    """Log of the product over coordinates; ``residue`` gives the lattice, ``k`` may be real."""
    if ensemble.name == "nsn":
        return _nsn(k, values, counts, eps)
    if ensemble.name == "normal":
        return float(counts @ log_normal_window(values / math.sqrt(k), eps / math.sqrt(k)))
    if ensemble.step:
        chances = _lattice(ensemble, k, residue, values, eps)
    else:
        chances = _density(ensemble, k, values, eps)
    with np.errstate(divide="ignore"):
        return float(counts @ np.log(np.where(chances < FLOOR, 0.0, chances)))


def _nsn(k: float, values: FloatArray, counts: IntArray, eps: float) -> float:
    """E over V ~ χ²_k in y = log V: log-concave up to constants, so zoom on its peak, then sum."""

    def log_integrand(y: FloatArray) -> FloatArray:
        root = np.exp(-0.5 * y)[:, None]
        hit = log_normal_window(values * root, eps * root) @ counts
        return hit + 0.5 * k * y - 0.5 * np.exp(y)

    far = math.sqrt(float(counts @ values**2))
    low = min(2 * math.log(eps), math.log(k)) - 200 / k - 4
    high = math.log(k + far + 60 + 12 * math.sqrt(k)) + 1
    for _ in range(5):
        y = np.linspace(low, high, 65)
        logs = log_integrand(y)
        above = np.flatnonzero(logs > logs.max() - 38)
        low, high = y[max(above[0] - 1, 0)], y[min(above[-1] + 1, 64)]
    y = np.linspace(low, high, 257)
    total = float(logsumexp(log_integrand(y))) + math.log(y[1] - y[0])
    return total - 0.5 * k * math.log(2) - float(gammaln(0.5 * k))


def _density(ensemble: Ensemble, k: float, values: FloatArray, eps: float) -> FloatArray:
    """P(|S_k - z| <= eps) for entries with a density on [-bound, bound]."""
    if ensemble.name == "uniform" and k <= SPLINE_TERMS:
        return _irwin_hall(int(k), values, eps)
    if k == 1:
        return ensemble.cumulative(values + eps) - ensemble.cumulative(values - eps)
    reach = values.max() + eps
    period = reach + ensemble.bound * min(k, TAIL * math.sqrt(k))
    t = 2 * np.pi / period * np.arange(1, math.ceil(_cutoff(ensemble, k) * period / 2 / np.pi) + 1)
    weights = np.sign(ensemble.characteristic(t)) ** _parity(k) * _power(ensemble, t, k)
    kernel = weights * 2 * np.sin(eps * t) / t
    return np.where(
        values - eps >= ensemble.bound * k,
        0.0,
        (2 * eps + 2 * _cosines(kernel, t, values)) / period,
    )


def _lattice(
    ensemble: Ensemble, k: float, residue: int, values: FloatArray, eps: float
) -> FloatArray:
    """The same on the lattice bound·k + step·Z: pmf(x) = N⁻¹ Σ_m φ(t_m)^k cos(x t_m)."""
    step, offset = ensemble.step, (residue * int(ensemble.bound)) % ensemble.step
    first, count = lattice_points(values, eps, step, offset)
    middle = first + 0.5 * step * (count - 1)
    reach = float(np.abs(middle).max()) + 0.5 * step * count.max()
    size = math.ceil((reach + ensemble.bound * min(k, TAIL * math.sqrt(k))) / step) + 1
    t = 2 * np.pi / ((2 * size + 1) * step) * np.arange(1, size + 1)
    t = t[t <= _cutoff(ensemble, k)]
    weights = np.sign(ensemble.characteristic(t)) ** _parity(k) * _power(ensemble, t, k)
    dirichlet = np.sin(0.5 * step * np.outer(count, t)) / np.sin(0.5 * step * t)
    series = (dirichlet * np.cos(np.outer(middle, t))) @ weights
    return np.where(count > 0, (count + 2 * series) / (2 * size + 1), 0.0)


def distinct(z: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct |z_j| and how often each occurs: all that matters, as entries are symmetric."""
    values, counts = np.unique(np.abs(z), return_counts=True)
    return values, counts.astype(np.int64)


def lattice_points(
    values: FloatArray, eps: float, step: int, offset: int
) -> tuple[FloatArray, FloatArray]:
    """First point of offset + step·Z in [z - eps, z + eps], and how many there are."""
    slack = 1e-9 * (1 + np.abs(values))  # z ± eps on a lattice point counts as a hit
    first = offset + step * np.ceil((values - eps - slack - offset) / step)
    last = offset + step * np.floor((values + eps + slack - offset) / step)
    return first, np.maximum((last - first) / step + 1, 0)


def _cutoff(ensemble: Ensemble, k: float) -> float:
    """Frequency beyond which φ^k is below 1e-17 (k <= 2: below 1e-11 after integration)."""
    gauss = 12 / (ensemble.std * math.sqrt(k))
    if gauss * ensemble.bound <= 2:
        return gauss
    if ensemble.step:
        return math.pi
    # |φ(t)| <= c / t, c = max Si = 1.852 for product, 1 for uniform; tail 2 c^k / (π k T^k)
    return 1.852 * 10 ** (17 / k if k > 4 else 11.5 / k)


def _power(ensemble: Ensemble, t: FloatArray, k: float) -> FloatArray:
    return np.abs(ensemble.characteristic(t)) ** k


def _parity(k: float) -> int:
    # a real k occurs only where φ > 0 on the whole range of t
    return int(k) % 2 if k == int(k) else 0


def _cosines(kernel: FloatArray, t: FloatArray, values: FloatArray) -> FloatArray:
    return np.array([kernel @ np.cos(t * value) for value in values])


def _irwin_hall(k: int, values: FloatArray, eps: float) -> FloatArray:
    # the density of k uniforms is the B-spline on the knots -k, -k + 2, ..., k
    spline = BSpline.basis_element(np.arange(-k, k + 1, 2.0), extrapolate=False)
    cumulative = BSpline(spline.t, spline.c * 0.5, k - 1, extrapolate=False).antiderivative()
    low, high = np.clip([values - eps, values + eps], -k, k)
    return cumulative(high) - cumulative(low)
