"""Pickles read as data: of the names in them four are known, and none of these acts."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np


def read_pickle(path: str | Path) -> Any:
    """Return the dicts, lists, numbers, bytes and numeric arrays in a pickle; runs no code of it.

    Python 2 strings come back as bytes. Raises FileNotFoundError, or ValueError naming the file:
    a pickle that asks for any other name (it could run code), or one that is damaged.
    """
    data = Path(path).read_bytes()
    try:
        return _Reader(io.BytesIO(data), encoding="bytes").load()
    except _ForeignNameError as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to spell
        raise ValueError(
            f"{path}: not a readable pickle ({type(error).__name__}: {error})"
        ) from None


class _ForeignNameError(Exception):
    pass


class _Word:
    """Stands for a name; without attributes, so that a pickle has nothing to set on it."""

    __slots__ = ()


class _Array(_Word):
    """numpy.ndarray, as an argument only."""

    __slots__ = ()


class _Reconstruct(_Word):
    """What numpy's _reconstruct does for plain arrays: an empty one, filled by its state."""

    __slots__ = ()

    def __call__(self, kind: Any, shape: Any, code: Any) -> np.ndarray:
        if not isinstance(kind, _Array) or tuple(shape) != (0,):
            raise _ForeignNameError(
                f"rebuilds {kind!r} of shape {shape!r}, takes plain arrays only"
            )
        return np.empty((0,), np.uint8)


class _Dtype(_Word):
    """A numeric dtype, of its own, since its state is set next; objects could hold anything."""

    __slots__ = ()

    def __call__(self, code: Any, *flags: Any) -> np.dtype:
        made = np.dtype(_text(code), copy=True)
        if made.kind not in "biuf":
            raise _ForeignNameError(f"holds an array of dtype {made}, takes numbers only")
        return made


class _Encode(_Word):
    """How Python 3 writes bytes in old protocols: text whose code points are the bytes."""

    __slots__ = ()

    def __call__(self, text: Any, encoding: Any) -> bytes:
        if _text(encoding) not in ("latin1", "latin-1"):
            raise _ForeignNameError(f"encodes to {encoding!r}, takes latin1 only")
        return text if isinstance(text, bytes) else str(text).encode("latin1")


def _text(word: Any) -> str:
    return word.decode("ascii") if isinstance(word, bytes) else str(word)


# what a pickled array needs to come back; anything else in a pickle is refused by name
ALLOWED: dict[tuple[str, str], type[_Word]] = {
    ("numpy.core.multiarray", "_reconstruct"): _Reconstruct,  # before numpy 2
    ("numpy._core.multiarray", "_reconstruct"): _Reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _Encode,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        word = ALLOWED.get((module, name))
        if word is None:
            raise _ForeignNameError(f"asks for {module}.{name}, takes plain data and arrays only")
        return word()

    def persistent_load(self, pid: Any) -> Any:
        raise _ForeignNameError("asks for a persistent object, takes plain data and arrays only")
