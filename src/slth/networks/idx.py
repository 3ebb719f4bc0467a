"""The IDX format of MNIST and its kin: a magic number, sizes, then bytes; gzipped or not."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

UNSIGNED_BYTE = 0x08  # the only element type these data sets use


def read_idx(path: str | Path, ndim: int, home: str = "its home page") -> np.ndarray:
    """Return the uint8 array (…) of ``ndim`` axes in an IDX file.

    Big-endian: bytes 0, 0, type, ndim; ndim sizes of four bytes; the elements, row by row. Raises
    FileNotFoundError, or ValueError that names the file, what it holds, what it should hold and
    where to get it: not gzip, wrong magic number, sizes that the length does not match.
    """
    data = _bytes(Path(path), home)
    wanted = bytes([0, 0, UNSIGNED_BYTE, ndim])
    if data[:4] != wanted:
        raise _damaged(path, f"begins with {data[:4].hex() or 'nothing'}", wanted.hex(), home)
    head = 4 + 4 * ndim
    if len(data) < head:
        raise _damaged(path, f"ends after {len(data)} bytes", f"{head} bytes of header", home)
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", ndim, 4))
    size = head + math.prod(shape)
    if len(data) != size:
        words = "×".join(map(str, shape))
        raise _damaged(path, f"holds {len(data)} bytes", f"{size}, a header and {words}", home)
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)


def _bytes(path: Path, home: str) -> bytes:
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        if path.suffix == ".gz":
            raise _damaged(path, f"begins with {data[:2].hex() or 'nothing'}", "gzip's 1f8b", home)
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, f"is not whole gzip ({error})", "a whole file", home) from None


def _damaged(path: str | Path, got: str, wanted: str, home: str) -> ValueError:
    return ValueError(f"{path}: {got}, takes {wanted}; get it again from {home}")
