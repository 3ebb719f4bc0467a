"""Where compiled kernels lie on disk, and which files are taken from there.

A kernel's file is its SHA-256 and its pickle. It is written under another name and renamed, so that
processes side by side see whole files; two that compile the same kernel write the same. A file
that is not whole is passed over. Unpickling runs code: a file counts only if it and its folder
belong to this user, to root or to the owner of the kernel's source, who can run code here anyway,
and nobody else may write there.
"""

import contextlib
import hashlib
import logging
import os
import stat
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from numba.misc.appdirs import AppDirs

log = logging.getLogger(__name__)
PRIVATE = "slth-"  # a folder among the temporary files, one a user
OTHERS = stat.S_IWGRP | stat.S_IWOTH
_warned: set[str] = set()


def places(source: Path, digest: str, wanted: str = "") -> list[Path]:
    """Return the folders for kernels of ``source``, the first choice first.

    ``wanted`` (NUMBA_CACHE_DIR), the ``__pycache__`` beside the source, the user's cache, a folder
    of this user among the temporary files. None of them need exist.
    """
    roots = [Path(wanted).absolute()] if wanted else []
    roots += [source.parent / "__pycache__", Path(AppDirs("slth", appauthor=False).user_cache_dir)]
    with contextlib.suppress(OSError):  # no folder for temporary files
        roots.append(Path(tempfile.gettempdir()) / f"{PRIVATE}{os.geteuid()}")
    # a home that is not known stays "~", which is no absolute path
    return [root / f"kernels-{digest[:16]}" for root in roots if root.is_absolute()]


def read(folders: list[Path], name: str, source: Path) -> Iterator[bytes]:
    """Yield the whole, safe payloads called ``name``, of a kernel of ``source``."""
    owner = _owner(source)
    for folder in folders:
        try:
            if not _is_safe(folder, owner):
                continue
            with open(folder / name, "rb") as file:
                safe = _is_ours(os.fstat(file.fileno()), owner)
                content = file.read() if safe else b""
        except OSError:
            continue
        payload = content[32:]
        if safe and hashlib.sha256(payload).digest() == content[:32]:
            yield payload
        else:
            log.debug("kernel %s in %s: damaged or not ours, compiled anew", name, folder)


def write(folders: list[Path], name: str, payload: bytes, source: Path) -> Path | None:
    """Write a payload to the first folder that takes it; where none does, say so once."""
    owner = _owner(source)
    for folder in folders:
        with contextlib.suppress(OSError):
            _make(folder)
            if _is_safe(folder, owner):
                _replace(folder / name, hashlib.sha256(payload).digest() + payload)
                return folder / name
    if folders and not _warned:
        _warned.add(name)
        log.warning(
            "compiled kernels are not kept, and compiled in every process: no folder that only "
            "this user may write among %s; NUMBA_CACHE_DIR names another",
            ", ".join(str(folder.parent) for folder in folders),
        )
    return None


def _make(folder: Path) -> None:
    """Make a folder and what is missing above it, for this user's writing alone."""
    for path in [*reversed(folder.parents), folder]:
        if not path.exists():
            path.mkdir(mode=0o700 if path.name.startswith(PRIVATE) else 0o755, exist_ok=True)


def _owner(source: Path) -> int:
    with contextlib.suppress(OSError):
        return source.stat().st_uid
    return 0


def _is_safe(folder: Path, owner: int) -> bool:
    """Whether only trusted users may write the folder; among temporary files also the one above.

    There a link counts as what it is, since anyone may lay one.
    """
    if folder.parent.name.startswith(PRIVATE):
        above = os.lstat(folder.parent)
        if not (stat.S_ISDIR(above.st_mode) and _is_ours(above, owner)):
            return False
    return _is_ours(os.stat(folder), owner)


def _is_ours(found: os.stat_result, owner: int) -> bool:
    return found.st_uid in (os.geteuid(), 0, owner) and not found.st_mode & OTHERS


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.tmp.{uuid.uuid4().hex[:16]}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(content)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
