"""Arrays of numbers from the words and bytes of a pickle, once these fit each other."""

import math
import re
from typing import Any

import numpy as np


class RefusedError(Exception):
    """A pickle asks for more than plain values; the message says for what."""


def as_text(word: Any) -> str:
    """Return a word as text, whether the pickle holds it as text or as bytes."""
    if type(word) not in (str, bytes):
        raise RefusedError(f"names a {type(word).__name__}, takes text")
    return word.decode("ascii") if type(word) is bytes else word


def as_code(code: Any) -> str:
    """Return the code of a numeric dtype: kind and size, as u1 or f8."""
    text = as_text(code)
    if not re.fullmatch("[biuf][1248]", text):
        raise RefusedError(f"holds an array of dtype {text[:20]}, takes numbers only")
    return text


def as_dtype(code: str, state: tuple[Any, ...]) -> np.dtype:
    """Return a numeric dtype by its pickled state: version 3, a byte order, no more."""
    version, order, *rest = state
    plain = len(rest) == 6 and all(type(item) in (int, type(None)) for item in rest)
    if version != 3 or not plain or rest != [None, None, None, -1, -1, 0]:
        raise RefusedError(f"sets another state than a number's of dtype {code}")
    if as_text(order) not in ("<", ">", "|", "="):
        raise RefusedError(f"sets another byte order than a number's of dtype {code}")
    return np.dtype(as_text(order) + code)


def as_array(content: Any, dtype: Any, shape: Any, fortran: bool) -> np.ndarray:
    """Return a view of bytes as an array, once they are as many as it needs."""
    if not isinstance(dtype, np.dtype) or type(content) not in (bytes, bytearray):
        raise RefusedError(f"holds an array of a {type(content).__name__}, takes bytes of numbers")
    sizes = shape if type(shape) is tuple else ()
    if sizes is not shape or len(sizes) > 8 or not all(map(_is_size, sizes)):
        raise RefusedError("holds an array of no shape")
    if math.prod(sizes) * dtype.itemsize != len(content):
        raise RefusedError(f"holds an array of {len(content)} bytes, takes those of its shape")
    return np.frombuffer(content, dtype).reshape(sizes, order="F" if fortran else "C")


def _is_size(size: Any) -> bool:
    return type(size) is int and 0 <= size < 2**48
