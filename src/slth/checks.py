"""Argument checks: every error names the argument, what it got and what it takes."""

import difflib
import math
import operator
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class TooLargeError(ValueError):
    """The work asked for needs more memory than the caller allowed."""


def integer(name: str, value: object, low: int | None = None, high: int | None = None) -> int:
    """Return ``value`` as an int in [low, high]; TypeError or ValueError otherwise."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: got {value!r}, takes an integer")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name}: got {value!r}, takes an integer") from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{name}: got {number}, takes an integer {_range(low, high)}")
    return number


def positive(name: str, value: object) -> float:
    """Return ``value`` as a finite float > 0; TypeError or ValueError otherwise."""
    number = real(name, value)
    if number <= 0:
        raise ValueError(f"{name}: got {value!r}, takes a number > 0")
    return number


def real(name: str, value: object) -> float:
    """Return ``value`` as a finite float; TypeError or ValueError otherwise."""
    if isinstance(value, (bool, np.bool_, str, bytes)):
        raise TypeError(f"{name}: got {value!r}, takes a number")
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{name}: got {value!r}, takes a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{name}: got {value!r}, takes a finite number")
    return number


def choice(name: str, value: object, options: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``options``; ValueError with the near misses otherwise."""
    names = list(options)
    if not isinstance(value, str):
        raise TypeError(f"{name}: got {value!r}, takes one of {', '.join(names)}")
    if value not in names:
        near = difflib.get_close_matches(value, names, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"{name}: got {value!r}, takes one of {', '.join(names)}{hint}")
    return value


def array(name: str, value: ArrayLike, ndims: tuple[int, ...], shape_words: str) -> FloatArray:
    """Return ``value`` as a finite, non-empty, C-ordered float64 array with ndim in ``ndims``."""
    try:
        raw = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths, takes {shape_words}") from None
    if raw.dtype.kind not in "fiub":
        raise TypeError(f"{name}: got dtype {raw.dtype}, takes real numbers of shape {shape_words}")
    if raw.ndim not in ndims:
        raise ValueError(f"{name}: got shape {raw.shape}, takes {shape_words}")
    if raw.size == 0:
        raise ValueError(f"{name}: got shape {raw.shape}, which is empty; takes {shape_words}")
    out = np.ascontiguousarray(raw, dtype=np.float64)
    if not np.isfinite(out).all():
        bad = np.argwhere(~np.isfinite(out))[0].tolist()
        raise ValueError(f"{name}: got {out[tuple(bad)]} at {bad}, takes finite numbers")
    return out


def memory(name: str, needed: int, allowed: int, instead: str) -> None:
    """Raise TooLargeError when ``needed`` bytes exceed ``allowed`` bytes."""
    if needed > allowed:
        raise TooLargeError(
            f"{name}: needs {needed:,} bytes ({needed / 2**30:.2f} GiB), "
            f"memory allows {allowed:,}; {instead}"
        )


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return f">= {low}"
    return f"<= {high}" if low is None else f"in [{low}, {high}]"
