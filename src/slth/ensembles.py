"""Ensembles: the laws of the random candidate vectors X_1, ..., X_n.

Every entry is symmetric about 0. A sample is nested in n: row i depends on (name, d, seed) alone,
so `sample(name, n, d, seed)` is the first n rows of every longer sample with the same d and seed.
To add an ensemble: one class below, one line in ENSEMBLES.
"""

import abc
import math

import numpy as np
from numpy.typing import NDArray

from slth import checks, seeding
from slth.checks import FloatArray

__all__ = [
    "ENSEMBLES",
    "Binary",
    "Ensemble",
    "Normal",
    "NormallyScaledNormal",
    "Product",
    "Quantized",
    "Uniform",
    "lookup",
    "nsn_factors",
    "sample",
    "sample_batch",
    "sample_target",
]

Complex = NDArray[np.complex128]
MOST = 2**31  # numbers of a sample: 16 GiB


class Ensemble(abc.ABC):
    """The law of one candidate vector in R^d, with what the theory needs to know of it.

    name: the registry's word. printed: the name in print. std: per-coordinate standard deviation σ.
    independent: whether the entries of one vector are independent. integer: whether entries are
    integers. bound: |entry| <= bound (inf if unbounded). step: the sum of k vectors has entries in
    k·bound + step·Z; 0 for a density. max_d: largest dimension, None for any. target_bound:
    sample_target draws from [-target_bound, target_bound]^d.

    >>> slth.ensembles.ENSEMBLES["uniform"]
    Uniform 'uniform'
    """

    name: str
    printed: str = ""
    std: float
    independent: bool = True
    integer: bool = False
    bound: float = math.inf
    step: int = 0
    max_d: int | None = None
    target_bound: float = 1.0

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    @abc.abstractmethod
    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        """Return n candidates, shape (n, d) float64; row i must not depend on n."""

    @abc.abstractmethod
    def characteristic(self, t: FloatArray) -> FloatArray:
        """E cos(t x) for one entry x, elementwise: real, because every ensemble is symmetric."""

    def log_moments(self, s: Complex) -> Complex:
        """Log E e^{sx} for one entry x, elementwise; s complex, Re s >= 0, as large as it may be.

        Optional: with it the chance of a window far out is exact relative to itself, without it
        absolute, by `characteristic`.
        """
        raise NotImplementedError(f"ensemble {self.name!r} has no log_moments(s)")

    def cumulative(self, x: FloatArray) -> FloatArray:
        """P(one entry <= x), elementwise: asked of a bounded density other than uniform."""
        raise NotImplementedError(f"ensemble {self.name!r} has no cumulative(x)")

    def targets(self) -> FloatArray | None:
        """The equally likely values of one entry of a target; None: uniform on the interval."""
        if not self.integer:
            return None
        return np.arange(-self.target_bound, self.target_bound + 1)

    def generator(self, d: int, seed: int, *part: str) -> np.random.Generator:
        return seeding.generator(seed, "ensemble", self.name, d, *part)


def one(s: Complex) -> Complex:
    """Ones of the shape of s: the moments at 0."""
    return np.ones(s.shape, np.complex128)


class Uniform(Ensemble):
    """U[-1, 1]^d (Lueker 1998 for d = 1).

    >>> slth.ensembles.Uniform().bound
    1.0
    """

    name, std, bound = "uniform", 3**-0.5, 1.0
    printed = "uniform"

    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        return self.generator(d, seed).uniform(-1.0, 1.0, (n, d))

    def characteristic(self, t: FloatArray) -> FloatArray:
        return np.sinc(t / np.pi)

    def log_moments(self, s: Complex) -> Complex:
        # sinh(s)/s = e^s (1 - e^{-2s}) / 2s
        out: Complex = s + np.log(np.divide(-np.expm1(-2 * s), 2 * s, out=one(s), where=s != 0))
        return out


class Normal(Ensemble):
    """N(0, I_d) (Becchetti et al. 2022).

    >>> slth.ensembles.Normal().std
    1.0
    """

    name, std = "normal", 1.0
    printed = "normal"

    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        return self.generator(d, seed).standard_normal((n, d))

    def characteristic(self, t: FloatArray) -> FloatArray:
        return np.exp(-0.5 * t * t)


class NormallyScaledNormal(Ensemble):
    """X = a·b, a ~ N(0, 1), b ~ N(0, I_d): the entries share a (da Cunha, d'Amore, Natale 2023).

    >>> slth.ensembles.NormallyScaledNormal().independent
    False
    """

    name, std, independent = "nsn", 1.0, False
    printed = "normally-scaled normal"

    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        a, b = self.factors(n, d, seed)
        return a[:, None] * b

    def factors(self, n: int, d: int, seed: int) -> tuple[FloatArray, FloatArray]:
        a = self.generator(d, seed, "a").standard_normal(n)
        return a, self.generator(d, seed, "b").standard_normal((n, d))

    def characteristic(self, t: FloatArray) -> FloatArray:
        return 1 / np.sqrt(1 + t * t)  # one entry; not a product over entries


class Product(Ensemble):
    """u·v, u and v ~ U[-1, 1], d = 1: an edge through one hidden unit (Pensia et al. 2020).

    >>> slth.ensembles.Product().max_d
    1
    """

    name, std, bound, max_d = "product", 1 / 3, 1.0, 1
    printed = "product of uniforms"

    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        u = self.generator(d, seed, "u").uniform(-1.0, 1.0, (n, d))
        return u * self.generator(d, seed, "v").uniform(-1.0, 1.0, (n, d))

    def characteristic(self, t: FloatArray) -> FloatArray:
        from scipy.special import sici  # not needed to draw, or to read a config

        # ∫_0^1 sin(tu)/(tu) du = Si(t)/t
        out: FloatArray = np.divide(sici(t)[0], t, out=np.ones(t.shape), where=t != 0)
        return out

    def log_moments(self, s: Complex) -> Complex:
        from scipy.special import shichi

        # Shi(s)/s; far out Shi(s) = e^s/(2s) Σ_j j!/s^j, cut where the terms are least
        far = s.real > 40
        near: Complex = np.divide(shichi(s)[0], s, out=one(s), where=(s != 0) & ~far)
        out: Complex = np.log(near)
        x, series, term = s[far], one(s[far]), one(s[far])
        for j in range(1, 38):
            term = term * j / x
            series = series + term
        out[far] = x - np.log(2) - 2 * np.log(x) + np.log(series)
        return out

    def cumulative(self, x: FloatArray) -> FloatArray:
        # density -½ log|x| on [-1, 1]
        x = np.clip(x, -1, 1)
        magnitude = np.abs(x)
        return 0.5 + 0.5 * x * (1 - np.log(np.where(magnitude > 0, magnitude, 1.0)))


class Quantized(Ensemble):
    """Integers uniform on {-q, ..., q}, q = 2^(bits-1) - 1 (signed `bits`-bit, symmetric).

    Targets are uniform on {-q, ..., q}^d.

    >>> slth.ensembles.Quantized(bits=4).q
    7
    """

    printed, integer, step = "quantized", True, 1

    def __init__(self, bits: int = 8, name: str | None = None) -> None:
        """bits: 2 to 32, default 8 (q = 127). name: default ``quantized{bits}``."""
        self.bits = checks.integer("bits", bits, low=2, high=32)
        self.name = name or f"quantized{bits}"
        self.q = 2 ** (self.bits - 1) - 1
        self.bound = self.target_bound = float(self.q)
        self.std = math.sqrt(self.q * (self.q + 1) / 3)

    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        entries = self.generator(d, seed).integers(-self.q, self.q, (n, d), endpoint=True)
        return entries.astype(np.float64)

    def characteristic(self, t: FloatArray) -> FloatArray:
        # Dirichlet kernel sin((2q+1)t/2) / ((2q+1) sin(t/2)) on |t| <= π
        half = np.asarray(t, np.float64) / (2 * np.pi)
        out: FloatArray = np.sinc((2 * self.q + 1) * half) / np.sinc(half)
        return out

    def log_moments(self, s: Complex) -> Complex:
        # e^{qs} (1 - e^{-(2q+1)s}) / ((2q+1) (1 - e^{-s}))
        below = (2 * self.q + 1) * np.expm1(-s)
        ratio = np.divide(np.expm1(-(2 * self.q + 1) * s), below, out=one(s), where=s != 0)
        out: Complex = self.q * s + np.log(ratio)
        return out


class Binary(Ensemble):
    """Entries ±1 with probability 1/2.

    The entries of a subset sum all have the parity of |S|, so targets are uniform on {-1, 1}^d:
    a target of mixed parity could never be hit.

    >>> sorted({*slth.sample(slth.ensembles.Binary(), n=9, d=2, seed=1).flat})
    [np.float64(-1.0), np.float64(1.0)]
    """

    name, std, integer, bound, step = "binary", 1.0, True, 1.0, 2
    printed = "binary"

    def draw(self, n: int, d: int, seed: int) -> FloatArray:
        bits = self.generator(d, seed).integers(0, 2, (n, d))
        return (2 * bits - 1).astype(np.float64)

    def characteristic(self, t: FloatArray) -> FloatArray:
        return np.cos(t)

    def log_moments(self, s: Complex) -> Complex:
        out: Complex = s + np.log1p(np.exp(-2 * s)) - np.log(2)  # log cosh
        return out

    def targets(self) -> FloatArray:
        return np.array([-1.0, 1.0])


ENSEMBLES: dict[str, Ensemble] = {
    "uniform": Uniform(),
    "normal": Normal(),
    "nsn": NormallyScaledNormal(),
    "product": Product(),
    "binary": Binary(),
    "quantized": Quantized(bits=8, name="quantized"),
}


def lookup(ensemble: str | Ensemble, d: int | None = None, argument: str = "ensemble") -> Ensemble:
    """Return the ensemble of that name (an Ensemble passes through), checked against d.

    Raises ValueError/TypeError naming the argument.

    >>> slth.ensembles.lookup("nsn")
    NormallyScaledNormal 'nsn'
    """
    if not isinstance(ensemble, Ensemble):
        ensemble = ENSEMBLES[checks.choice(argument, ensemble, ENSEMBLES)]
    if d is not None and checks.integer("d", d, low=1) > (ensemble.max_d or d):
        raise ValueError(f"d: got {d}, ensemble {ensemble.name!r} takes d <= {ensemble.max_d}")
    return ensemble


def sample(name: str | Ensemble, n: int, d: int, seed: int) -> FloatArray:
    """Return n candidates, shape (n, d) float64.

    Row i depends on (name, d, seed) only: the sample is a prefix of every longer one. Raises
    ValueError/TypeError naming the argument. Cost: O(n d).

    >>> X = slth.sample("nsn", n=24, d=2, seed=7)
    >>> X.shape, bool((slth.sample("nsn", n=5, d=2, seed=7) == X[:5]).all())
    ((24, 2), True)
    """
    law, d = lookup(name, argument="name"), checks.integer("d", d, 1, MOST)
    n = checks.integer("n", n, 1, MOST)
    if n * d > MOST:
        raise ValueError(f"n: got {n} with d = {d}, takes n·d <= {MOST:,}; draw several samples")
    return lookup(law, d).draw(n, d, checks.integer("seed", seed, low=0))


def sample_batch(name: str | Ensemble, batch: int, n: int, d: int, seed: int) -> FloatArray:
    """Return ``batch`` independent samples, shape (batch, n, d) float64.

    Sample b is `sample(name, n, d, seeding.child(seed, "batch", b))`: it does not depend on
    ``batch``. Cost: O(batch n d), and about 50 µs per sample for its generator.

    >>> slth.ensembles.sample_batch("nsn", batch=5, n=24, d=2, seed=7).shape
    (5, 24, 2)
    """
    count = checks.integer("batch", batch, low=1)
    seeds = (seeding.child(seed, "batch", b) for b in range(count))
    return np.stack([sample(name, n, d, s) for s in seeds])


def sample_target(d: int, seed: int, ensemble: str | Ensemble = "normal") -> FloatArray:
    """Return one target z, shape (d,) float64, on a stream independent of every sample's.

    Uniform in [-1, 1]^d; for an integer ensemble uniform on its integer targets: {-q, ..., q}^d for
    quantized, {-1, 1}^d for binary. Entry j does not depend on d.

    >>> z = slth.sample_target(3, seed=1)
    >>> z.shape, bool((abs(z) <= 1).all())
    ((3,), True)
    """
    law = lookup(ensemble)
    d = checks.integer("d", d, low=1)
    rng = seeding.generator(seed, "target")
    values = law.targets()
    if values is None:
        return rng.uniform(-law.target_bound, law.target_bound, d)
    return values[rng.integers(0, len(values), d)]


def nsn_factors(n: int, d: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return a (n,) and b (n, d) with `sample("nsn", n, d, seed)` equal to a[:, None] * b.

    >>> a, b = slth.ensembles.nsn_factors(n=3, d=2, seed=1)
    >>> bool((slth.sample("nsn", n=3, d=2, seed=1) == a[:, None] * b).all())
    True
    """
    n, d = checks.integer("n", n, low=1), checks.integer("d", d, low=1)
    return NormallyScaledNormal().factors(n, d, checks.integer("seed", seed, low=0))


def __dir__() -> list[str]:
    return __all__
