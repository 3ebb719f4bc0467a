"""Arrays of numbers in an .npz as `numpy.savez` writes it, read without trust in its sizes."""

import io
import math
import os
import struct
import zipfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from slth.bounded import size_of

LARGEST = 2**32 - 2  # bytes: beyond, the format needs records that are not read here
DIRECTORY = 2**22  # bytes of a zip's table of contents: 50 000 arrays

_END = struct.Struct("<4s4H2LH")  # end of the table of contents
_END_MARK, _LOCATOR_MARK = b"PK\x05\x06", b"PK\x06\x07"
_LOCATOR = 20  # bytes of the record that points to 64-bit sizes


class Archive:
    """The arrays of an .npz, by name; `read` returns one.

    names: in the order of the file. Members are stored as they are: nothing is inflated, and all
    of them together hold fewer bytes than the file. Raises ValueError for another file, and what
    zipfile raises on a damaged one.
    """

    def __init__(self, path: Path) -> None:
        size = size_of(path, LARGEST)
        self._file = path.open("rb")
        try:
            _check_end(self._file, size)
            self._zip = zipfile.ZipFile(self._file)
            self._members = {
                item.filename.removesuffix(".npy"): item for item in self._zip.filelist
            }
            _check_members(self._zip.filelist, len(self._members), size)
        except BaseException:
            self._file.close()
            raise
        self.names = list(self._members)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def read(self, name: str, kinds: str = "fiub", most: int = LARGEST) -> np.ndarray:
        """Return an array; ValueError for another kind of dtype, or more bytes than ``most``."""
        if self._members[name].file_size > most:
            raise ValueError(f"{name} of more than {most:,} bytes")
        data = self._zip.read(self._members[name])  # compares the CRC
        stream = io.BytesIO(data)
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError(f"{name} of another version than 1.0")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        if dtype.kind not in kinds or dtype.itemsize == 0:
            raise ValueError(f"{name} of dtype {dtype}, takes kinds {kinds}")
        if math.prod(shape) * dtype.itemsize != len(data) - stream.tell():
            raise ValueError(f"{name} of another length than its shape {shape} has")
        found = np.frombuffer(data, dtype, offset=stream.tell())
        return found.reshape(shape, order="F" if fortran else "C").copy()


def _check_end(file: BinaryIO, size: int) -> None:
    """The table of contents is short and fills the end of the file, as its writer leaves it."""
    file.seek(max(0, size - _END.size - _LOCATOR))
    tail = file.read()
    if len(tail) < _END.size:
        raise ValueError(f"{size} bytes, too few for a zip")
    mark, *_, table, start, comment = _END.unpack(tail[-_END.size :])
    if mark != _END_MARK or comment or start + table + _END.size != size:
        raise ValueError("no zip, or one that does not end where it says")
    if table > DIRECTORY or tail.startswith(_LOCATOR_MARK):
        raise ValueError(f"a table of contents of more than {DIRECTORY:,} bytes")
    file.seek(0, os.SEEK_SET)


def _check_members(members: list[zipfile.ZipInfo], names: int, size: int) -> None:
    if names != len(members):
        raise ValueError("two arrays of one name")
    for item in members:
        if item.compress_type != zipfile.ZIP_STORED or item.file_size != item.compress_size:
            raise ValueError(f"{item.filename[:100]} is compressed, takes stored arrays")
    if sum(item.file_size for item in members) > size:
        raise ValueError("arrays of more bytes than the file")
