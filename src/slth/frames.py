"""Result tables on disk: Parquet with a kind and a schema version, written whole or not at all."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from slth import digests

VERSION = 1  # raise when a column changes its meaning: older files are then refused by name

_META = b"slth"


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
    table = table.replace_schema_metadata({_META: f"{kind} {VERSION}".encode()})
    with replacing(path) as part:
        pq.write_table(table, part, compression="zstd", write_page_checksum=True)


def read(path: str | Path, kind: str) -> pd.DataFrame:
    """Read a ``kind`` table; ValueError naming the file if it is damaged, foreign or too old."""
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(
            f"{path}: not a readable Parquet file ({error}); delete it and rerun"
        ) from None
    got = (table.schema.metadata or {}).get(_META, b"").decode()
    if got != f"{kind} {VERSION}":
        raise ValueError(
            f"{path}: holds {got or 'a foreign table'!r}, takes '{kind} {VERSION}'; "
            "delete it and rerun"
        )
    return table.to_pandas()


def read_all(paths: Iterable[str | Path], kind: str) -> pd.DataFrame:
    """Read and stack ``kind`` tables in the order given."""
    return pd.concat([read(path, kind) for path in paths], ignore_index=True)
