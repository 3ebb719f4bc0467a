"""Result tables on disk: Parquet with a kind and a schema version, written whole or not at all."""

import contextlib
import fcntl
import os
import tempfile
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
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=prefix, suffix=target.suffix)
    fcntl.flock(handle, fcntl.LOCK_EX)
    part = Path(name)
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        digests.record(target, part)
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        os.close(handle)


def _remove_unlocked(part: Path) -> None:
    with contextlib.suppress(OSError), part.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
    """Read and stack ``kind`` tables in the order given; an empty frame where there is none."""
    tables = [read(path, kind) for path in paths]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
