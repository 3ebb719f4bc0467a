"""Powers of two taken out of an instance before the search, where sums or squares would overflow.

Multiplying by a power of two rounds nothing as long as no bit falls below 2^-1074, so the answer
is that of the instance as given. Ordinary instances are left as they are.
"""

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance, grain
from slth.solvers._base import Answer, Options

ORDINARY = 500  # sums within 2^±500 are searched as they are: their squares are finite
LARGEST = 1020  # sums below 2^1020 leave room for a few more additions
ENUMERABLE = 30  # candidates of which all subsets may be examined instead


def exponents(names: tuple[str, str], X: FloatArray, Z: FloatArray) -> np.ndarray:
    """The exponent to take out of each instance X (B, n, d), Z (B, d), or 0: (B,) int64.

    X may be (1, n, d) for all Z. Raises ValueError where sums may overflow and no power of two
    that prevents it keeps every bit.
    """
    sizes = np.maximum(np.maximum(X.max(axis=(1, 2)), -X.min(axis=(1, 2))), np.abs(Z).max(axis=1))
    top = np.frexp(sizes)[1].astype(np.int64)
    room = (X.shape[1] + 1).bit_length()  # of a sum of n + 1 terms
    out = np.zeros(len(Z), dtype=np.int64)
    for b in np.flatnonzero((top < -ORDINARY) | (top + room > ORDINARY)).tolist():
        x, z = X[b % len(X)], Z[b]
        needed = max(0, int(top[b]) + room - LARGEST)
        if is_exact(int(top[b]), x, z):
            out[b] = top[b]
        elif is_exact(needed, x, z):
            out[b] = needed
        else:
            raise ValueError(_too_wide(names, x, z, b if len(Z) > 1 else None))
    return out


def is_exact(exponent: int, *arrays: FloatArray) -> bool:
    """Whether arrays times 2^-exponent keep every bit."""
    with np.errstate(under="ignore"):
        return all(
            bool((np.ldexp(np.ldexp(values, -exponent), exponent) == values).all())
            for values in arrays
        )


def rounding_slack(X: FloatArray, z: FloatArray) -> float:
    """A bound on what rounding changes in comparing two sums of X (n, d) with z (d,).

    A sum of n + 1 terms is off by at most (n + 1)·2^-53·Σ|terms|. Where every sum is a multiple of
    a unit u and exact, none is, and u/8 tells all of them apart.
    """
    scale = float((np.abs(X).sum(axis=0) + np.abs(z)).max())
    slack = 4 * (len(X) + 4) * 2.0**-53 * scale
    unit = grain(X, z)
    return min(slack, unit / 8) if scale <= 2.0**53 * unit else slack


def by_enumeration(instance: Instance, options: Options) -> Answer | None:
    """The answer by enumeration where the entries differ by more than scaling to 1 can hold.

    None where they do not. ValueError for more than ENUMERABLE candidates.
    """
    if is_exact(instance.exponent, instance.X, instance.z):
        return None
    if instance.n > ENUMERABLE:
        raise ValueError(
            f"X: got n = {instance.n} and {_range(instance.X, instance.z)}; meet-in-the-middle "
            f"with d >= 2 takes such a range up to n = {ENUMERABLE}; use solver='klist', or leave "
            "out the smallest"
        )
    from slth.solvers.enumeration import Enumeration

    return Enumeration().search(instance, options)


def _too_wide(names: tuple[str, str], x: FloatArray, z: FloatArray, b: int | None) -> str:
    where = "" if b is None else f"instance {b} with "
    return (
        f"{names[0]}: got {where}{_range(x, z)} in {names[0]} and {names[1]}, whose sums float64 "
        f"does not hold; takes Σ|{names[0]}| + |{names[1]}| < 2^{LARGEST}, or no number so small "
        "that dividing all by a power of two loses its bits"
    )


def _range(x: FloatArray, z: FloatArray) -> str:
    sizes = np.abs(np.concatenate([x.reshape(-1), z]))
    return f"numbers from {sizes[sizes > 0].min():.3g} to {sizes.max():.3g}"
