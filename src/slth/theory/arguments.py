"""Checks shared by the theory functions."""

from numpy.typing import ArrayLike

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble, lookup

MOST = 2**24  # candidates and coordinates: some functions hold an array of as many entries


def size(name: str, value: int, low: int = 1, high: int = MOST) -> int:
    """Return a number of candidates or coordinates in [low, high]."""
    return checks.integer(name, value, low, high)


def law(ensemble: str | Ensemble, d: int) -> tuple[Ensemble, int]:
    """Return an ensemble and the dimension d that it takes."""
    found, d = lookup(ensemble), size("d", d)
    return lookup(found, d), d


def target(z: ArrayLike, d: int, name: str = "z") -> FloatArray:
    """Return z as (d,) float64; a scalar stands for the same value in every coordinate."""
    values = checks.array(name, z, (0, 1), "(d,) or a scalar").reshape(-1)
    if values.shape[0] not in (1, d):
        raise ValueError(f"{name}: got shape {values.shape}, takes ({d},) or a scalar")
    return values if values.shape[0] == d else values.repeat(d)


def tolerance(eps: float, ensemble: Ensemble | None = None) -> float:
    """Return eps > 0; eps = 0 is allowed for an integer ensemble, where a hit can be exact."""
    if ensemble is not None and ensemble.integer and checks.real("eps", eps) == 0:
        return 0.0
    return checks.positive("eps", eps)


def probability(value: float) -> float:
    """Return a probability strictly between 0 and 1."""
    return fraction("probability", value)


def fraction(name: str, value: float) -> float:
    """Return a number strictly between 0 and 1."""
    number = checks.positive(name, value)
    if number >= 1:
        raise ValueError(f"{name}: got {value!r}, takes a number in (0, 1)")
    return number
