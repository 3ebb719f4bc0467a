"""Files read with a bound on the memory they take, whatever their bytes ask for."""

import json
import stat
import zlib
from pathlib import Path
from typing import Any

GZIP = b"\x1f\x8b"  # its magic number
MEMBERS = 4096  # of a gzip file: block compressors write one for each 64 KiB
CHUNK = 2**16
LARGEST_JSON = 2**26  # bytes


def size_of(path: str | Path, most: int) -> int:
    """Return the bytes of a regular file; ValueError naming it when it is none or too large.

    Raises FileNotFoundError when it is missing.
    """
    found = Path(path).stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path}: is a folder, a pipe or a device, takes a file")
    if found.st_size > most:
        raise ValueError(f"{path}: holds {found.st_size:,} bytes, takes at most {most:,}")
    return found.st_size


def read_bytes(path: str | Path, most: int) -> bytes:
    """Return what a file of at most ``most`` bytes holds; raises what `size_of` raises."""
    size = size_of(path, most)
    with Path(path).open("rb") as file:
        return file.read(size)


def inflate(data: bytes, most: int) -> bytes:
    """Return the first ``most`` bytes that gzip data stand for, all of them where there are fewer.

    Checksums are compared where fewer than ``most`` come out. Raises zlib.error, EOFError or
    ValueError for data that are not whole gzip. Memory: ``most``, whatever the data.
    """
    pieces: list[bytes] = []
    at, left = 0, most
    for _ in range(MEMBERS):
        member = zlib.decompressobj(wbits=31)
        while left and at < len(data) and not member.eof:
            chunk = data[at : at + CHUNK]
            pieces.append(member.decompress(chunk, left))
            left -= len(pieces[-1])
            at += len(chunk) - len(member.unused_data) - len(member.unconsumed_tail)
        if not left:
            return b"".join(pieces)
        if not member.eof:
            raise EOFError("it ends before the end of its stream")
        if data[at : at + 1] in (b"", b"\0"):  # padding
            if data.count(0, at) < len(data) - at:
                raise ValueError("something else follows its end")
            return b"".join(pieces)
    raise ValueError(f"it has more than {MEMBERS} members")


def read_json(path: str | Path, most: int = LARGEST_JSON) -> Any:
    """Return the value of a JSON file in UTF-8.

    Raises FileNotFoundError, or ValueError naming the file: too large, not UTF-8, not JSON, nested
    too deeply, an integer of too many digits.
    """
    data = read_bytes(path, most)
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not readable JSON ({str(error)[:200]})") from None
