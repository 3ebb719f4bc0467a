"""The IDX format of MNIST and its kin: a magic number, sizes, then bytes; gzipped or not."""

import hashlib
import math
import zlib
from pathlib import Path

import numpy as np

from slth.bounded import GZIP, inflate, size_of
from slth.data_files import LARGEST

UNSIGNED_BYTE = 0x08  # the only element type these data sets use


def read_idx(path: str | Path, ndim: int, home: str = "its home page") -> np.ndarray:
    """Return the uint8 array (…) of ``ndim`` axes in an IDX file.

    Big-endian: bytes 0, 0, type, ndim; ndim sizes of four bytes; the elements, row by row. Raises
    FileNotFoundError, or ValueError that names the file, what it holds, what it should hold and
    where to get it: not gzip, wrong magic number, sizes that the length does not match, more than
    `slth.data_files.LARGEST` bytes. Nothing is read or inflated beyond the sizes in the header.
    """
    file, head = Path(path), 4 + 4 * ndim
    held = size_of(file, LARGEST)
    shape = _shape(file, _content(file, held, head, home), ndim, home)
    size, words = head + math.prod(shape), f"a header and {'×'.join(map(str, shape))}"
    if size > LARGEST:
        raise _damaged(path, f"asks for {size:,} bytes, {words}", f"at most {LARGEST:,}", home)
    data = b"" if held != size and not _zipped(file) else _content(file, held, size + 1, home)
    if len(data) != size:
        got = f"{len(data)} bytes or more" if len(data) > size else f"{len(data) or held} bytes"
        raise _damaged(path, f"holds {got}", f"{size}, {words}", home)
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)


def digest(array: np.ndarray) -> str:
    """Return the SHA-256 of the IDX file, not gzipped, of a uint8 array."""
    found = hashlib.sha256(bytes([0, 0, UNSIGNED_BYTE, array.ndim]))
    found.update(np.array(array.shape, ">u4").tobytes())
    found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _shape(path: Path, data: bytes, ndim: int, home: str) -> tuple[int, ...]:
    wanted = bytes([0, 0, UNSIGNED_BYTE, ndim])
    if data[:4] != wanted:
        raise _damaged(path, f"begins with {data[:4].hex() or 'nothing'}", wanted.hex(), home)
    head = 4 + 4 * ndim
    if len(data) < head:
        raise _damaged(path, f"ends after {len(data)} bytes", f"{head} bytes of header", home)
    return tuple(int(size) for size in np.frombuffer(data, ">u4", ndim, 4))


def _content(path: Path, held: int, most: int, home: str) -> bytes:
    """The first ``most`` bytes that a file of ``held`` bytes stands for."""
    with path.open("rb") as file:
        if not _zipped(path):
            data = file.read(min(held, most))
            if path.suffix == ".gz":
                got = f"begins with {data[:2].hex() or 'nothing'}"
                raise _damaged(path, got, "gzip's 1f8b", home)
            return data
        try:
            return inflate(file.read(held), most)
        except (EOFError, ValueError, zlib.error) as error:
            raise _damaged(path, f"is not whole gzip ({error})", "a whole file", home) from None


def _zipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def _damaged(path: str | Path, got: str, wanted: str, home: str) -> ValueError:
    return ValueError(f"{path}: {got}, takes {wanted}; get it again from {home}")
