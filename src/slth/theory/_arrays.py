"""Theory functions of one n, for arrays of n: the same shape comes back."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, cast, overload

import numpy as np
from numpy.typing import ArrayLike

from slth import checks
from slth.checks import FloatArray
from slth.ensembles import Ensemble

Law = str | Ensemble
LARGEST = 10**6  # sizes of a range, each of which costs an evaluation


class OfTarget(Protocol):
    """A number of (ensemble, n, d, eps, z)."""

    @overload
    def __call__(self, ensemble: Law, n: int, d: int, eps: float, z: ArrayLike) -> float: ...
    @overload
    def __call__(
        self, ensemble: Law, n: ArrayLike, d: int, eps: float, z: ArrayLike
    ) -> FloatArray: ...


class OfTargetOrCube(Protocol):
    """A number of (ensemble, n, d, eps, z), z None: averaged."""

    @overload
    def __call__(
        self, ensemble: Law, n: int, d: int, eps: float, z: ArrayLike | None = None
    ) -> float: ...
    @overload
    def __call__(
        self, ensemble: Law, n: ArrayLike, d: int, eps: float, z: ArrayLike | None = None
    ) -> FloatArray: ...


class OfSize(Protocol):
    """A number of (n, d, ensemble)."""

    @overload
    def __call__(self, n: int, d: int, ensemble: Law = "normal") -> float: ...
    @overload
    def __call__(self, n: ArrayLike, d: int, ensemble: Law = "normal") -> FloatArray: ...


def over_target(function: Callable[..., float]) -> OfTarget:
    """Let n be an array, `each_n`."""
    return cast(OfTarget, each_n(function))


def over_target_or_cube(function: Callable[..., float]) -> OfTargetOrCube:
    """Let n be an array, `each_n`."""
    return cast(OfTargetOrCube, each_n(function))


def over_size(function: Callable[..., float]) -> OfSize:
    """Let n be an array, `each_n`."""
    return cast(OfSize, each_n(function))


def each_n(function: Callable[..., float]) -> Callable[..., Any]:
    """Let n be an array of integers: the values in its shape, float64. Cost: a call a distinct n.

    Raises what the function raises, and ValueError/TypeError naming n: no integers, empty.
    """
    at = list(inspect.signature(function).parameters).index("n")

    @functools.wraps(function)
    def extended(*arguments: Any, **named: Any) -> Any:
        n = named["n"] if "n" in named else arguments[at] if at < len(arguments) else None
        if not _is_array(n):
            return function(*arguments, **named)
        sizes = _integers(n)
        distinct, places = np.unique(sizes, return_inverse=True)
        if "n" in named:
            values = [function(*arguments, **{**named, "n": int(one)}) for one in distinct]
        else:
            head, tail = arguments[:at], arguments[at + 1 :]
            values = [function(*head, int(one), *tail, **named) for one in distinct]
        return np.array(values, dtype=np.float64)[places].reshape(sizes.shape)

    return extended


def _is_array(n: object) -> bool:
    axes = 0 if isinstance(n, type) else getattr(n, "ndim", 0)
    return isinstance(n, (list, tuple, range)) or axes > 0


def _integers(n: object) -> np.ndarray:
    words = "an integer, or an array of integers"
    if isinstance(n, range) and len(n) > LARGEST:
        raise ValueError(f"n: got {n}, takes {words}, at most {LARGEST:,} of them")
    raw = checks.numbers("n", list(n) if isinstance(n, range) else n, words)
    if raw.size == 0:
        raise ValueError(f"n: got shape {raw.shape}, which is empty; takes {words}")
    if raw.dtype.kind not in "iu":
        raise TypeError(f"n: got dtype {raw.dtype}, takes {words}")
    return raw
