"""Argument checks: every error names the argument, what it got and what it takes."""

import difflib
import math
import operator
import sys
from collections.abc import Iterable
from numbers import Integral
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

EXACT_INTEGERS = 2**53  # float64 holds every integer up to here

Kind = TypeVar("Kind")


class TooLargeError(ValueError):
    """The work asked for needs more memory than the caller allowed.

    >>> X = slth.sample("normal", 40, d=2, seed=1)
    >>> try:
    ...     slth.solve(X, [0, 0], solver="mitm", memory=10**6)
    ... except slth.TooLargeError as error:
    ...     print(str(error).partition(", memory")[0])
    memory: solver 'mitm' on n = 40, d = 2 needs 5,644,296 bytes (0.01 GiB)
    """


def integer(name: str, value: object, low: int | None = None, high: int | None = None) -> int:
    """Return ``value`` as an int in [low, high]; TypeError or ValueError otherwise."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: got {value!r}, takes an integer")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):  # what tensors raise
        raise TypeError(f"{name}: got {shown(value)}, takes an integer") from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{name}: got {shown(number)}, takes an integer {_range(low, high)}")
    return number


def flag(name: str, value: object) -> bool:
    """Return ``value`` as a bool; TypeError for anything but True and False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: got {shown(value)}, takes True or False")
    return bool(value)


def positive(name: str, value: object) -> float:
    """Return ``value`` as a finite float > 0; TypeError or ValueError otherwise."""
    number = real(name, value)
    if number <= 0:
        raise ValueError(f"{name}: got {shown(value)}, takes a number > 0")
    return number


def real(name: str, value: object) -> float:
    """Return ``value`` as a finite float, rounded if need be; TypeError or ValueError otherwise."""
    wrong = TypeError(f"{name}: got {shown(value)}, takes a number")
    if isinstance(value, (bool, np.bool_, str, bytes, bytearray)):
        raise wrong
    try:
        plain = value if isinstance(value, (float, int)) else _plain(value)
        if isinstance(plain, np.ndarray):
            plain = plain[()] if plain.ndim == 0 and plain.dtype.kind in "fiu" else None
        if isinstance(plain, np.complexfloating):
            raise wrong
        number = float(plain)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError, _RefusedError):
        raise wrong from None
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name}: got {shown(value)}, takes a finite number")
    return number


def choice(name: str, value: object, options: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``options``; ValueError with the near misses otherwise."""
    names = list(options)
    takes = f"takes one of {', '.join(names)}" if names else "takes none"
    if not isinstance(value, str):
        raise TypeError(f"{name}: got {shown(value)}, {takes}")
    if value not in names:
        near = difflib.get_close_matches(value, names, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"{name}: got {shown(value)}, {takes}{hint}")
    return value


def array(name: str, value: object, ndims: tuple[int, ...], shape_words: str) -> FloatArray:
    """Return ``value`` as a finite, non-empty, C-ordered float64 array with ndim in ``ndims``.

    Takes what `numbers` takes, and no number that float64 does not hold: TypeError or ValueError
    naming the argument otherwise.
    """
    raw = numbers(name, value, shape_words)
    if raw.ndim not in ndims:
        raise ValueError(f"{name}: got shape {raw.shape}, takes {shape_words}")
    if raw.size == 0:
        raise ValueError(f"{name}: got shape {raw.shape}, which is empty; takes {shape_words}")
    if raw.dtype.kind == "f" and not np.isfinite(raw).all():
        bad = np.argwhere(~np.isfinite(raw))[0].tolist()
        raise ValueError(f"{name}: got {raw[tuple(bad)]} at {bad}, takes finite numbers")
    with np.errstate(over="ignore", under="ignore"):
        out = np.ascontiguousarray(raw, dtype=np.float64)
    lost = _first_lost(raw, out)
    if lost is not None:
        raise ValueError(
            f"{name}: got {raw[lost]!s} at {list(lost)}, which float64 does not hold; takes "
            "numbers that it holds (integers up to 2^53): divide by a common factor, or round first"
        )
    return out


def numbers(name: str, value: object, shape_words: str) -> np.ndarray:
    """Return ``value`` as an array of real numbers, bool as 0 and 1; arrays are not copied.

    Takes NumPy arrays, dense torch tensors (any device and precision, with gradients or not),
    pandas objects, and nested sequences of them and of numbers. TypeError or ValueError naming the
    argument for anything else: masked arrays, sparse and meta tensors, objects, strings, complex
    numbers, and sequences whose integers no 64-bit type holds together.
    """
    takes = f"takes real numbers of shape {shape_words}"
    try:
        plain = _plain(value)
        raw = np.asarray(plain)
    except _RefusedError as refused:
        raise TypeError(f"{name}: got {refused.what}, {takes}; {refused.way_out}") from None
    except (ValueError, TypeError, OverflowError, RuntimeError) as error:
        if isinstance(error, ValueError) and "inhomogeneous" in str(error):
            words = f"got rows of different lengths, takes {shape_words}"
            raise ValueError(f"{name}: {words}") from None
        kind = type(value).__name__
        raise TypeError(f"{name}: got {kind}, which is no array ({error}), {takes}") from None
    if raw.dtype.kind not in "fiub":
        hint = "; convert it with np.asarray(..., dtype=float)" if raw.dtype.kind == "O" else ""
        got = f"dtype {raw.dtype} ({type(value).__name__})"
        raise TypeError(f"{name}: got {got}, {takes}{hint}")
    if raw.dtype.kind == "f" and not isinstance(plain, np.ndarray):
        _refuse_rounded(name, plain, raw)
    return raw


class _RefusedError(Exception):
    """What a value holds that no array of numbers stands for, and the way out."""

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(what)
        self.what, self.way_out = what, way_out


def _plain(value: object) -> object:
    """The value with tensors, at any depth, as arrays."""
    torch = sys.modules.get("torch")  # no tensor exists before torch is imported
    if torch is not None and isinstance(value, torch.Tensor):
        return _from_tensor(value, torch)
    if isinstance(value, np.ma.MaskedArray):
        raise _RefusedError("a masked array", "fill it with .filled(value), or drop what is masked")
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    if isinstance(value, (list, tuple)):
        return [each if type(each) in (float, int) else _member(each) for each in value]
    if hasattr(value, "tocoo"):
        raise _RefusedError(f"sparse {type(value).__name__}", "use .toarray()")
    return value


def _member(value: object) -> object:
    plain = _plain(value)
    return plain[()] if isinstance(plain, np.ndarray) and plain.ndim == 0 else plain


def _from_tensor(value: Any, torch: Any) -> np.ndarray:
    dense = value.layout == torch.strided and not (value.is_quantized or value.is_nested)
    if not dense:
        raise _RefusedError(f"a tensor that is not dense ({value.layout})", "use .to_dense()")
    if value.device.type == "meta":
        raise _RefusedError("a meta tensor, which has no values", "make it on a real device")
    if value.is_complex():
        raise _RefusedError(f"a tensor of dtype {value.dtype}", "use .real or .abs()")
    held = value.detach().to("cpu").resolve_neg()
    if held.is_floating_point() and held.dtype not in (torch.float64, torch.float32):
        held = held.to(torch.float64)  # NumPy has no bfloat16; every shorter format is held
    return np.asarray(held.numpy())


def _first_lost(raw: np.ndarray, out: FloatArray) -> tuple[int, ...] | None:
    """Where the first number is that ``out``, the float64 of ``raw``, changed; None if nowhere."""
    if raw.dtype.kind == "f" and raw.dtype.itemsize > out.itemsize:
        places = np.argwhere(out.astype(raw.dtype).reshape(raw.shape) != raw)
        return tuple(places[0].tolist()) if len(places) else None
    if raw.dtype.kind not in "iu" or raw.dtype.itemsize < out.itemsize:
        return None
    large = np.argwhere((raw > EXACT_INTEGERS) | (raw < -EXACT_INTEGERS))
    lost = (at for at in map(tuple, large.tolist()) if int(float(raw[at])) != int(raw[at]))
    return next(lost, None)


def _refuse_rounded(name: str, value: object, raw: np.ndarray) -> None:
    """Refuse integers of a sequence or table that NumPy made floats of, beside others, by rounding.

    Also a sequence of integers alone whose common type is a float: sums of these would be rounded.
    """
    if not (np.abs(raw, dtype=np.float64) >= EXACT_INTEGERS).any():
        return
    table: Any = value  # pandas' own conversion to objects goes by way of the common type
    objects = list(
        np.asarray(table.astype(object) if hasattr(value, "astype") else value, object).flat
    )
    whole = [isinstance(each, Integral) for each in objects]
    for each, held, integer_ in zip(objects, raw.flat, whole, strict=True):
        if integer_ and not (math.isfinite(held) and int(held) == int(each)):
            raise ValueError(
                f"{name}: got the integer {int(each)} beside others, which float64 does not hold; "
                "takes integers up to 2^53: divide by a common factor, or round first"
            )
    if all(whole):
        raise ValueError(
            f"{name}: got integers up to {raw.max():.3g} that no 64-bit integer type holds "
            "together; takes integers up to 2^53: divide by a common factor, or use floats"
        )


def instance(name: str, value: object, kind: type[Kind]) -> Kind:
    """Return ``value`` if it is of this class; TypeError otherwise."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: got {type(value).__name__}, takes a {kind.__qualname__}")
    return value


def items(name: str, value: object, kind: type[Kind], low: int = 1) -> list[Kind]:
    """Return the members of an iterable, each of this class, at least ``low`` of them.

    Raises TypeError for what is no iterable or holds others, ValueError for too few members.
    """
    wrong = TypeError(f"{name}: got {shown(value)}, takes a sequence of {kind.__qualname__}")
    if isinstance(value, (str, bytes, bytearray)):
        raise wrong
    try:
        members = list(cast(Iterable[Kind], value))
    except (TypeError, RuntimeError):  # RuntimeError: tensors without values
        raise wrong from None
    if len(members) < low:
        raise ValueError(f"{name}: got {len(members)} members, takes at least {low}")
    return [instance(f"{name}[{i}]", member, kind) for i, member in enumerate(members)]


def memory(name: str, needed: int, allowed: int, instead: str) -> None:
    """Raise TooLargeError when ``needed`` bytes exceed ``allowed`` bytes."""
    if needed > allowed:
        raise TooLargeError(
            f"memory: {name} needs {needed:,} bytes ({needed / 2**30:.2f} GiB), "
            f"memory allows {allowed:,}; {instead}"
        )


def shown(value: object) -> str:
    """The value in at most 80 characters, its class where it does not print."""
    try:
        words = repr(value)
    except Exception:  # an integer of more digits than Python prints, alone or inside; their own
        if isinstance(value, int):
            return f"an integer of {value.bit_length()} bits"
        return f"a {type(value).__name__}"
    return words if len(words) <= 80 else words[:77] + "..."


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return f">= {low}"
    return f"<= {high}" if low is None else f"in [{low}, {high}]"
