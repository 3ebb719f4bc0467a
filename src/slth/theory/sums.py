"""Law of the sum of k candidates: the probability that all coordinates fall within eps of z.

Normal in closed form, nsn by one quadrature over V ~ χ²_k, every other ensemble by inverting its
moments (slth.theory.inversion) or, for few entries, exactly (slth.theory.few_terms).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BarycentricInterpolator
from scipy.special import gammaln, logsumexp

from slth.checks import FloatArray
from slth.ensembles import Ensemble, Quantized
from slth.theory import few_terms, inversion
from slth.theory.windows import log_normal_window

IntArray = NDArray[np.int64]

EXACT = {"nsn": 64}  # k up to here one by one, then Chebyshev interpolation in log k
EXACT_DEFAULT = 512
NODES = 40
PANEL = 4.0  # ratio of the ends of a panel, counted from the first k that can hit


def log_hit_probabilities(ensemble: Ensemble, n: int, z: FloatArray, eps: float) -> FloatArray:
    """Log P(‖X_1 + ... + X_k - z‖_∞ <= eps) for k = 1..n, shape (n,).

    Relative accuracy of each logarithm 1e-9, -inf only where no sum can hit. A law added with a
    density and no more than its characteristic function: absolute accuracy 1e-11 for k <= 3.
    Raises ValueError for an ensemble without a bound but normal and nsn.
    Cost: O(min(n, 512) d) windows.
    """
    if not math.isfinite(ensemble.bound) and ensemble.name not in ("normal", "nsn"):
        raise ValueError(
            f"ensemble: got {ensemble.name!r}, whose entries have no bound; takes one that has, "
            "normal or nsn: only of those is the law of a sum known here"
        )
    values, counts = distinct(z)
    out = np.full(n, -math.inf)
    step, none = max(ensemble.step, 1), _cannot(ensemble, n, values, eps)
    single = min(n, none + EXACT.get(ensemble.name, EXACT_DEFAULT))
    ks = range(none + 1, single + 1)
    out[none:single] = [_log_hit(ensemble, k, k, values, counts, eps) for k in ks]
    for first in range(single + 1, min(n, single + step) + 1):
        while first <= n:
            last = min(n, none + math.ceil(PANEL * (first - none)))
            part = np.arange(first, last + 1, step, dtype=np.int64)
            out[part - 1] = _interpolated(ensemble, part, none, values, counts, eps)
            first = int(part[-1]) + step
    return out


def _cannot(ensemble: Ensemble, n: int, values: FloatArray, eps: float) -> int:
    """How many k have no sum in the window, because it lies beyond k·bound."""
    if math.isinf(ensemble.bound):
        return 0
    return max(0, min(n, math.ceil((values.max() - eps) / ensemble.bound) - 1))


def _interpolated(
    ensemble: Ensemble, ks: IntArray, none: int, values: FloatArray, counts: IntArray, eps: float
) -> FloatArray:
    """The same for one residue class of k, where log P is smooth in log(k - none)."""
    if len(ks) <= NODES:
        return np.array([_log_hit(ensemble, int(k), int(k), values, counts, eps) for k in ks])
    angles = np.pi * (np.arange(NODES) + 0.5) / NODES
    unit = np.cos(angles)
    low, high = math.log(ks[0] - none), math.log(ks[-1] - none)
    nodes = none + np.exp(low + 0.5 * (unit + 1) * (high - low))
    logs = np.array([_log_hit(ensemble, k, int(ks[0]), values, counts, eps) for k in nodes])
    if np.isinf(logs).all():  # a lattice of which no point is in the window
        return np.full(len(ks), -math.inf)
    if not np.isfinite(logs).all():
        return np.array([_log_hit(ensemble, int(k), int(k), values, counts, eps) for k in ks])
    weights = (-1.0) ** np.arange(NODES) * np.sin(angles)
    at = 2 * (np.log(ks - none) - low) / (high - low) - 1
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
        return float(counts @ _lattice(ensemble, k, residue, values, eps))
    return float(counts @ _density(ensemble, k, values, eps))


def _density(ensemble: Ensemble, k: float, values: FloatArray, eps: float) -> FloatArray:
    """Log P(|S_k - z| <= eps) of every value, for entries with a density on [-bound, bound]."""
    if few_terms.covers(ensemble, k):
        exact = few_terms.log_uniform if ensemble.name == "uniform" else few_terms.log_product
        return np.array([exact(int(k), float(value), eps) for value in values])
    if k == 1:
        with np.errstate(divide="ignore"):
            return np.log(ensemble.cumulative(values + eps) - ensemble.cumulative(values - eps))
    return inversion.log_density_windows(ensemble, k, values, eps)


def _lattice(
    ensemble: Ensemble, k: float, residue: int, values: FloatArray, eps: float
) -> FloatArray:
    """The same on the lattice bound·k + step·Z."""
    step, offset = ensemble.step, (residue * int(ensemble.bound)) % ensemble.step
    first, count = lattice_points(values, eps, step, offset)
    if isinstance(ensemble, Quantized) and few_terms.covers(ensemble, k):
        points = zip(first, count, strict=True)
        return np.array([few_terms.log_quantized(ensemble, int(k), a, b) for a, b in points])
    return inversion.log_lattice_windows(ensemble, k, first, count)


def _nsn(k: float, values: FloatArray, counts: IntArray, eps: float) -> float:
    """E over V ~ χ²_k in y = log V: log-concave up to constants, so zoom on its peak, then sum."""
    with np.errstate(divide="ignore"):
        far, near = np.log(values), math.log(eps)

    def log_integrand(y: FloatArray) -> FloatArray:
        # z/√V and eps/√V by logarithms, as √V may be 1e-300; beyond e^16 their ratio decides
        half = near - 0.5 * y[:, None]
        centre = far - 0.5 * y[:, None]
        shift = np.minimum(0.0, 16.0 - np.maximum(centre, half))
        hit = log_normal_window(np.exp(centre + shift), np.exp(np.maximum(half + shift, -700.0)))
        return hit @ counts + 0.5 * k * y - 0.5 * np.exp(y)

    length = math.sqrt(float(counts @ values**2))
    low = min(2 * near, math.log(k)) - 200 / k - 4
    high = math.log(k + length + 60 + 12 * math.sqrt(k)) + 1
    for _ in range(5):
        y = np.linspace(low, high, 65)
        logs = log_integrand(y)
        above = np.flatnonzero(logs > logs.max() - 38)
        low, high = y[max(above[0] - 1, 0)], y[min(above[-1] + 1, 64)]
    y = np.linspace(low, high, 257)
    total = float(logsumexp(log_integrand(y))) + math.log(y[1] - y[0])
    return total - 0.5 * k * math.log(2) - float(gammaln(0.5 * k))


def distinct(z: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct |z_j| and how often each occurs: all that matters, as entries are symmetric."""
    values, counts = np.unique(np.abs(z), return_counts=True)
    return values, counts.astype(np.int64)


def lattice_points(
    values: FloatArray, eps: float, step: int, offset: int
) -> tuple[FloatArray, FloatArray]:
    """First point of offset + step·Z in [z - eps, z + eps], and how many there are."""
    slack = 2e-15 * (1 + np.abs(values) + eps)  # z ± eps on a lattice point counts as a hit
    first = offset + step * np.ceil((values - eps - slack - offset) / step)
    last = offset + step * np.floor((values + eps + slack - offset) / step)
    return first, np.maximum((last - first) / step + 1, 0)
