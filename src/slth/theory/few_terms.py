"""P(|S_k - z| <= eps) for few entries, exactly: where a Fourier integral decays too slowly."""

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from scipy.interpolate import BSpline

from slth.checks import FloatArray
from slth.ensembles import Ensemble, Quantized
from slth.theory._nodes import legendre

SPLINE_TERMS = 20  # uniform: beyond, the Fourier integral is short
COUNTED_TERMS = 20  # quantized: counted by integers up to here
CONVOLVED_TERMS = 3  # product: its Fourier integral decays as 1/t^k
_GAUSS, _GAUSS_WEIGHTS = legendre(16)
# tanh-sinh on [-1, 1]: exact at ends with logarithmic singularities (Takahasi, Mori 1974)
_S = np.linspace(-3.0, 3.0, 97)
_U = 0.5 * math.pi * np.sinh(_S)
_NEAR = 1 / (np.exp(_U) * np.cosh(_U))  # 1 - tanh(u): distance to the end, without cancellation
_STRONG = 0.5 * math.pi * np.cosh(_S) / np.cosh(_U) ** 2 * (_S[1] - _S[0])


def log_uniform(k: int, value: float, eps: float) -> float:
    """For k entries uniform on [-1, 1]: the density is the B-spline on the knots -k, -k + 2, …, k.

    Polynomial between knots, degree k - 1 <= 19: Gauss's rule of 16 nodes is exact.
    """
    knots = np.arange(-k, k + 1, 2.0)
    spline = BSpline.basis_element(knots, extrapolate=False)

    def density(x: FloatArray) -> FloatArray:
        return 0.5 * np.nan_to_num(spline(x))

    chance = 0.0
    for low, width in pieces(value, eps, knots):
        chance += _gauss(density, low, width)
    return _log(chance)


def log_product(k: int, value: float, eps: float) -> float:
    """For k <= 3 products u·v, density -½ log|x|: convolutions, singular at the integers."""
    densities: dict[int, Callable[[FloatArray], FloatArray]] = {
        1: _product_density, 2: _two_products, 3: _three_products,
    }  # fmt: skip
    if k == 1 and value > 0.5 and eps < 0.1:
        return _log_near_one(value, eps)
    chance = 0.0
    knots = np.arange(-k, k + 1.0)
    for low, width in pieces(value, eps, knots):
        smooth = width < 0.1 * float(np.abs(knots - low).min())
        chance += (_gauss if smooth else _strong)(densities[k], low, width)
    return _log(chance)


def _log_near_one(value: float, eps: float) -> float:
    """One product: ∫ -½ log(1 - y) dy over y = 1 - x, whose end 0 is the edge."""
    edge = 1 - value
    low, width = (edge - eps, 2 * eps) if edge >= eps else (0.0, edge + eps)
    if width <= 0:
        return -math.inf
    y = low + 0.5 * width * (_GAUSS + 1)
    return math.log(0.5 * width) + _log(float(_GAUSS_WEIGHTS @ (-0.5 * np.log1p(-y))))


def log_quantized(law: Quantized, k: int, first: float, count: float) -> float:
    """For k integers uniform on {-q, …, q}: the sums in first, first + 1, … counted by integers."""
    low = int(first) + k * law.q
    ways = _ways_below(low + int(count), k, 2 * law.q + 1) - _ways_below(low, k, 2 * law.q + 1)
    if ways <= 0:
        return -math.inf
    share = Fraction(ways, (2 * law.q + 1) ** k)
    return math.log(share.numerator) - math.log(share.denominator)


def covers(law: Ensemble, k: float) -> bool:
    """Whether k entries of this law are counted here."""
    most = {"uniform": SPLINE_TERMS, "product": CONVOLVED_TERMS}.get(law.name, 0)
    return k <= (COUNTED_TERMS if isinstance(law, Quantized) else most)


def pieces(value: float, eps: float, knots: FloatArray) -> list[tuple[float, float]]:
    """Parts (start, width) of [value - eps, value + eps] between knots.

    A window between two knots has width 2 eps, not the difference of its rounded ends.
    """
    low, high = value - eps, value + eps
    inside = knots[(knots > low) & (knots < high)]
    if not len(inside):
        between = knots[0] <= low and high <= knots[-1]
        return [(low, 2 * eps)] if between else []
    ends = [low, *inside, high] if low >= knots[0] else [*inside, high]
    ends = ends[:-1] if high > knots[-1] else ends
    return [(a, b - a) for a, b in itertools.pairwise(ends)]


def _ways_below(bound: int, k: int, values: int) -> int:
    """How many k-tuples of {0, …, values - 1} sum to less than ``bound``: inclusion, exclusion."""
    if bound <= 0:
        return 0
    terms: Sequence[int] = [
        (-1) ** j * math.comb(k, j) * math.comb(bound - 1 - j * values + k, k)
        for j in range(k + 1)
        if bound - 1 - j * values >= 0
    ]
    return min(sum(terms), values**k)


def _product_density(x: FloatArray) -> FloatArray:
    magnitude = np.clip(np.abs(x), 5e-324, 1)
    return -0.5 * np.log(magnitude)


def _two_products(x: FloatArray) -> FloatArray:
    return _convolved(_product_density, np.array([-1.0, 0.0, 1.0]), x)


def _three_products(x: FloatArray) -> FloatArray:
    return _convolved(_two_products, np.arange(-2, 3.0), x)


def _convolved(
    density: Callable[[FloatArray], FloatArray], singular: FloatArray, x: FloatArray
) -> FloatArray:
    """∫ f(u) density(x - u) du, f = -½ log|u| on [-1, 1]; density's singular points given."""
    flat = np.abs(x).ravel()
    out = np.zeros(len(flat))
    cuts = np.concatenate(
        [np.broadcast_to([-1.0, 0.0, 1.0], (len(flat), 3)), flat[:, None] - singular], axis=1
    )
    low, high = np.maximum(-1.0, flat - singular[-1]), np.minimum(1.0, flat - singular[0])
    cuts = np.sort(np.clip(cuts, low[:, None], np.maximum(low, high)[:, None]), axis=1)
    for a, b in itertools.pairwise(cuts.T):
        some = np.flatnonzero(b > a)
        a, x0, width = a[some], flat[some], (b - a)[some]
        b = a + width
        # distances from both ends, so that log|u| and log|x - u| keep their digits at singularities
        left = 0.5 * width[:, None] * _NEAR[::-1]
        right = 0.5 * width[:, None] * _NEAR
        u = np.where(_S < 0, a[:, None] + left, b[:, None] - right)
        rest = np.where(_S < 0, (x0 - a)[:, None] - left, (x0 - b)[:, None] + right)
        value = _product_density(u) * density(rest)
        out[some] += 0.5 * width * (value @ _STRONG)
    return out.reshape(x.shape)


def _gauss(density: Callable[[FloatArray], FloatArray], low: float, width: float) -> float:
    """∫ of the density over [low, low + width] by Gauss's rule."""
    x = low + 0.5 * width * (_GAUSS + 1)
    return 0.5 * width * float(_GAUSS_WEIGHTS @ density(x))


def _strong(density: Callable[[FloatArray], FloatArray], low: float, width: float) -> float:
    """∫ of the density over [low, low + width] by tanh-sinh."""
    left, right = 0.5 * width * _NEAR[::-1], 0.5 * width * _NEAR
    x = np.where(_S < 0, low + left, (low + width) - right)
    return 0.5 * width * float(density(x) @ _STRONG)


def _log(chance: float) -> float:
    return math.log(chance) if chance > 0 else -math.inf
