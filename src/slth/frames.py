"""Result tables on disk: Parquet with a kind and a schema version, written whole or not at all."""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from slth import digests
from slth.bounded import size_of

VERSION = 1  # raise when a column changes its meaning: older files are then refused by name

LARGEST = 2**31  # bytes of a file

_PARQUET = b"PAR1"  # at its end
_META, _SUM = b"slth", b"slth sum"
_SLOT, _DIGITS = b"sha256 of this file with zeros here: ", 64


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it on success and vanishes on failure.

    The temporary name keeps the suffix of ``path``, since writers choose a format by it. What a
    killed writer of the same path left behind is removed; its lock died with it, while that of a
    writer still at work (a job whose controller was killed) stands.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".part-{target.stem}-"
    for stale in target.parent.iterdir():
        if stale.name.startswith(prefix) and stale.suffix == target.suffix:
            _remove_unlocked(stale)
    part, handle = _created(target.parent, prefix, target.suffix)
    _locked(handle)
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        digests.record(target, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        os.close(handle)


def _created(folder: Path, prefix: str, suffix: str) -> tuple[Path, int]:
    """A new file of the mode that the umask gives, as any other output; `mkstemp` gives 600."""
    while True:
        part = folder / f"{prefix}{secrets.token_hex(4)}{suffix}"
        with contextlib.suppress(FileExistsError):
            return part, os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)


def _locked(handle: int) -> bool:
    """Lock an open file; False when another process holds it, or the file system has no locks.

    Without locks (some of Lustre, NFS) what killed writers left behind stays.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_unlocked(part: Path) -> None:
    # opened for writing too: NFS asks for that before it locks
    with contextlib.suppress(OSError), part.open("r+b") as held:
        if _locked(held.fileno()):
            part.unlink()


def write(path: str | Path, frame: pd.DataFrame, kind: str) -> None:
    """Write ``frame`` as a ``kind`` table; the same rows give the same bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    words = {_META: f"{kind} {VERSION}".encode(), _SUM: _SLOT + b"0" * _DIGITS}
    table = table.replace_schema_metadata(words)
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    data = bytearray(buffer.getvalue())
    at = _slot(data)
    data[at : at + _DIGITS] = hashlib.sha256(data).hexdigest().encode()
    with replacing(path) as part:
        part.write_bytes(data)


def read(path: str | Path, kind: str) -> pd.DataFrame:
    """Read a ``kind`` table; ValueError naming the file if it is damaged, foreign or too old.

    Every byte counts: the footer holds the SHA-256 of the file in which that sum itself is zeros.
    Cost: memory of the file beside the frame's.
    """
    try:
        data = _checked(Path(path))
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
        got = (table.schema.metadata or {}).get(_META, b"").decode()
        if got != f"{kind} {VERSION}":
            raise ValueError(f"holds {got!r}, takes '{kind} {VERSION}'")
        return table.to_pandas()
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        words = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"{path}: {words}; delete it and rerun") from None


def _checked(path: Path) -> bytearray:
    """The bytes of a file, its sum zeros again, once they have that sum."""
    size = size_of(path, LARGEST)
    with path.open("rb") as file:
        file.seek(max(0, size - len(_PARQUET)))
        if file.read() != _PARQUET:
            raise ValueError("is no Parquet file, or not a whole one")
        file.seek(0)
        data = bytearray(file.read(size))
    at = _slot(data)
    wanted = bytes(data[at : at + _DIGITS])
    data[at : at + _DIGITS] = b"0" * _DIGITS
    if hashlib.sha256(data).hexdigest().encode() != wanted:
        raise ValueError("damaged: its SHA-256 is not the one in its footer")
    return data


def _slot(data: bytes | bytearray) -> int:
    """Where the footer has the sum of the file; ValueError where it has none."""
    length = int.from_bytes(data[-8:-4], "little")
    at = data.rfind(_SLOT, max(0, len(data) - 8 - length))
    if at < 0 or at + len(_SLOT) + _DIGITS > len(data) - 8:
        raise ValueError("a foreign table, one of an earlier version, or damaged: it has no sum")
    return at + len(_SLOT)


def read_all(paths: Iterable[str | Path], kind: str) -> pd.DataFrame:
    """Read and stack ``kind`` tables in the order given; an empty frame where there is none."""
    tables = [read(path, kind) for path in paths]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
