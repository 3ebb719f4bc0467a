"""P(|S_k - z| <= eps), S_k a sum of k entries, by inverting E e^{sx} along a vertical line.

With M(s) = E e^{sx}, x0 the point of the window nearest to 0 and any θ >= 0,

    P = M(θ)^k e^{-θ x0} · (1/2π) ∫ φ(t)^k e^{-i t x0} w(θ + it) dt,   φ(t) = M(θ + it) / M(θ),

w(s) the window's integral of e^{-su}, or its sum on a lattice. θ = 0 is the Fourier integral, whose
rounding error is absolute; at the saddle point, where the tilted law has mean x0, the integral is
of order 1 and the error is relative, however small P is (Daniels 1954). The trapezoid rule is exact
up to the parts of the tilted law beyond its period.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.checks import FloatArray
from slth.ensembles import Ensemble

Complex = NDArray[np.complex128]
DIGITS = 37.0  # natural logarithm of what is cut off: e^-37 = 1e-16
DEVIATIONS, SCALES = 9.0, 45.0  # of the tilted sum and of one tilted entry, within half a period
LARGEST = 50.0  # θ · step on a lattice: all of the tilted law but e^-50 is at its end
HALVINGS = 200
CENTRAL, SURE = 5.0, 1e-4  # where θ = 0 is tried: deviations, and the least chance that is taken
FLOOR = 1e-13  # the same for a law whose moments at complex s are not known
MOST = 2**22  # frequencies; reached only by few entries of such a law


def log_density_windows(law: Ensemble, k: float, values: FloatArray, eps: float) -> FloatArray:
    """Log P of [v - eps, v + eps] for entries with a density, v >= 0 each, k >= 4.

    -inf where the window is beyond k·bound. k may be real where φ^k has no zeros that matter.
    """
    end, spread = law.bound * k, law.std * math.sqrt(k)
    low, high = np.maximum(values - eps, -end), np.minimum(values + eps, end)
    widths = high - low
    widths[(low > -end) & (high < end)] = 2 * eps  # not the difference of rounded ends
    out = np.full(len(values), -math.inf)
    central = (widths > 0) & ((low <= CENTRAL * spread) | ~_known(law))
    if central.any():
        reach = max(CENTRAL * spread, float(low[central].max()))
        period = float(widths[central].max()) + min(2 * end, 2 * (DEVIATIONS * spread + reach))
        t = _frequencies(law, k, 0.0, period)
        weights = _powers(law, k, 0.0, t) * _twice(t)
        middle, width = 0.5 * (low + high)[central], widths[central]

        def integral(rows: slice) -> FloatArray:
            with np.errstate(invalid="ignore"):
                kernel = 2 * np.sin(0.5 * np.outer(width[rows], t)) / t
            kernel[:, 0] = width[rows]
            found: FloatArray = (kernel * np.cos(np.outer(middle[rows], t))) @ weights
            return found

        chances = _by_rows(integral, len(width), len(t)) / period
        _settle(law, out, central, chances, widths[central] / spread)
    for i in np.flatnonzero((widths > 0) & np.isinf(out) & _known(law)):
        out[i] = _tilted_density(law, k, float(low[i]), float(widths[i]))
    return out


def log_lattice_windows(
    law: Ensemble, k: float, first: FloatArray, count: FloatArray
) -> FloatArray:
    """Log P of the points first, first + step, … (count of them) of the lattice of k entries."""
    end, step, spread = law.bound * k, law.step, law.std * math.sqrt(k)
    out = np.full(len(first), -math.inf)
    inside = (count > 0) & (first <= end * (1 + 1e-12))
    count = np.where(inside, np.minimum(count, (end - first) // step + 1), 0)
    central = inside & ((first <= CENTRAL * spread) | ~_known(law))
    if central.any():
        reach = max(CENTRAL * spread, float(first[central].max()))
        period = float(count[central].max()) + 2
        period += math.ceil(min(2 * end, 2 * (DEVIATIONS * spread + reach)) / step)
        t = _frequencies(law, k, 0.0, period * step)
        weights = _powers(law, k, 0.0, t) * _twice(t, period * step, step)
        middle, points = (first + 0.5 * step * (count - 1))[central], count[central]

        def integral(rows: slice) -> FloatArray:
            with np.errstate(invalid="ignore"):
                kernel = np.sin(0.5 * step * np.outer(points[rows], t)) / np.sin(0.5 * step * t)
            kernel[:, 0] = points[rows]
            found: FloatArray = (kernel * np.cos(np.outer(middle[rows], t))) @ weights
            return found

        sums = _by_rows(integral, len(points), len(t)) / period
        _settle(law, out, central, sums, count[central] * step / spread)
    for i in np.flatnonzero(inside & np.isinf(out) & _known(law)):
        out[i] = _tilted_lattice(law, k, float(first[i]), float(count[i]))
    return out


def _by_rows(integral: Callable[[slice], FloatArray], rows: int, columns: int) -> FloatArray:
    """The rows of a table of values and frequencies, a few at a time: 32 MiB."""
    size = max(1, MOST // columns)
    return np.concatenate([integral(slice(i, i + size)) for i in range(0, rows, size)])


def _known(law: Ensemble) -> np.bool_:
    """Whether the law has moments at complex s."""
    return np.bool_(type(law).log_moments is not Ensemble.log_moments)


def _settle(
    law: Ensemble,
    out: FloatArray,
    where: NDArray[np.bool_],
    chances: FloatArray,
    size: FloatArray,
) -> None:
    """Take the chances that are not small beside a central window of the same size."""
    sure = chances > (SURE if _known(law) else FLOOR) * np.minimum(size, 1.0)
    out[np.flatnonzero(where)[sure]] = np.log(chances[sure])


def _tilted_density(law: Ensemble, k: float, low: float, width: float) -> float:
    """Log P of [low, low + width] at the saddle point of low."""
    tilt = tilt_to(law, low / k) if low > 0 else 0.0
    if tilt:
        width = min(width, (DIGITS + 20) / tilt)
    spread = deviation(law, tilt)
    period = width + min(2 * law.bound * k, (DEVIATIONS * math.sqrt(k) + SCALES) * spread)
    t = _frequencies(law, k, tilt, period)
    s = tilt + 1j * t
    with np.errstate(invalid="ignore"):
        kernel = -np.expm1(-s * width) / s
    if tilt == 0:
        kernel[0] = width
    terms = _powers(law, k, tilt, t) * np.exp(-1j * low * t) * kernel * _twice(t)
    return _level(law, k, tilt, low, float(terms.real.sum()) / period)


def _tilted_lattice(law: Ensemble, k: float, first: float, count: float) -> float:
    """Log P of count lattice points from first at the saddle point of first."""
    step = law.step
    tilt = tilt_to(law, min(first / k, law.bound)) if first > 0 else 0.0
    if tilt:
        count = min(count, (DIGITS + 20) // (tilt * step) + 1)
    spread = deviation(law, tilt)
    reach = min(2 * law.bound * k, (DEVIATIONS * math.sqrt(k) + SCALES) * spread + step)
    period = count + math.ceil(reach / step) + 2
    t = _frequencies(law, k, tilt, period * step)
    s = (tilt + 1j * t) * step
    with np.errstate(invalid="ignore"):
        kernel = np.expm1(-count * s) / np.expm1(-s)
    if tilt == 0:
        kernel[0] = count
    terms = _powers(law, k, tilt, t) * np.exp(-1j * first * t) * kernel
    terms *= _twice(t, period * step, step)
    return _level(law, k, tilt, first, float(terms.real.sum()) / period)


def _frequencies(law: Ensemble, k: float, tilt: float, period: float) -> FloatArray:
    """0, 2π/period, … to where φ^k is negligible, or to the end of the lattice's band."""
    unit = 2 * math.pi / period
    count = math.ceil(cutoff(law, k, tilt, deviation(law, tilt), unit * MOST) / unit)
    if law.step:
        count = min(count, int(period / law.step) // 2)
    return np.asarray(unit * np.arange(count + 1), np.float64)


def _line(tilt: float, t: FloatArray) -> Complex:
    """The points θ + it."""
    return np.asarray(tilt + 1j * t, np.complex128)


def _twice(t: FloatArray, period: float = 0.0, step: float = 0.0) -> FloatArray:
    """±t count together; 0 and, on a lattice of evenly many points, π/step count once."""
    weights = np.full(len(t), 2.0)
    weights[0] = 1.0
    if step and len(t) > 1 and round(period / step) == 2 * (len(t) - 1):
        weights[-1] = 1.0
    return weights


def _powers(law: Ensemble, k: float, tilt: float, t: FloatArray) -> NDArray[Any]:
    """φ(t)^k; real at θ = 0, where the law is symmetric."""
    if tilt == 0:
        values = law.characteristic(t)
        odd = k == int(k) and int(k) % 2
        real: FloatArray = (np.sign(values) if odd else 1.0) * np.abs(values) ** k
        return real
    logs = law.log_moments(_line(tilt, t))
    powers: Complex = np.exp(k * (logs - logs[0].real))
    return powers


def _level(law: Ensemble, k: float, tilt: float, start: float, total: float) -> float:
    """K k - θ x0 + log of the trapezoid sum."""
    base = float(law.log_moments(np.array([complex(tilt)])).real[0])
    return k * base - tilt * start + math.log(total) if total > 0 else -math.inf


def tilt_to(law: Ensemble, mean: float) -> float:
    """Return θ >= 0 at which the tilted entry has this mean, (log M)'(θ) = mean, by bisection."""
    largest = LARGEST / law.step if law.step else 1e300
    low, high = 0.0, 1.0 / law.std
    while high < largest and slope(law, high) < mean:
        low, high = high, 4 * high
    high = min(high, largest)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(law, middle) < mean else (low, middle)
        if high - low <= 1e-9 * high:
            break
    return high


def slope(law: Ensemble, tilt: float) -> float:
    """(log M)'(θ) by a central difference: θ decides how small the rounding is, not the result."""
    step = 1e-4 * max(tilt, 1 / law.std)
    low, high = law.log_moments(
        np.array([complex(max(tilt - step, 0.0)), complex(tilt + step)])
    ).real
    return float(high - low) / (tilt + step - max(tilt - step, 0.0))


def deviation(law: Ensemble, tilt: float) -> float:
    """Standard deviation of a tilted entry, √(log M)''(θ); σ at θ = 0."""
    if tilt == 0:
        return law.std
    change = (slope(law, tilt * 1.01) - slope(law, tilt * 0.99)) / (0.02 * tilt)
    least = 1e-3 / tilt if not law.step else 1e-3 * law.step * math.exp(-0.5 * tilt * law.step)
    return min(law.std, math.sqrt(max(change, least * least)))


def cutoff(law: Ensemble, k: float, tilt: float, spread: float, most: float) -> float:
    """Frequency beyond which the integral is below e^-37 of its size, or ``most``."""
    last = math.pi / law.step if law.step else most
    highest = 12 / (spread * math.sqrt(k))
    while highest < last:
        t = highest * np.geomspace(1, 4, 33)
        left = k * _log_modulus(law, tilt, t[t <= last]) + np.log(t[t <= last] * spread)
        if (left + 0.5 * math.log(k) < -DIGITS).all():
            return highest
        highest *= 1.5
    return last


def _log_modulus(law: Ensemble, tilt: float, t: FloatArray) -> FloatArray:
    """Log |φ(t)|."""
    if tilt == 0:
        with np.errstate(divide="ignore"):
            return np.log(np.abs(law.characteristic(t)))
    base = law.log_moments(np.array([complex(tilt)])).real[0]
    out: FloatArray = law.log_moments(_line(tilt, t)).real - base
    return out
