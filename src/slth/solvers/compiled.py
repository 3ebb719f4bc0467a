"""numba's njit with a cache that knows every kernel of the room.

numba dates a cached kernel by the file of its own function. One that calls a kernel of another file
would be taken from the cache after that file changed, and compute with the old code, or crash. So
kernels are kept in a folder named by the source of all of them.
"""

import functools
import hashlib
import os
from pathlib import Path
from typing import Any

import numba

config: Any = numba.config  # its settings are set at run time


def njit(*signatures: Any, **options: Any) -> Any:
    """`numba.njit` with its cache in `cache_folder`; NUMBA_CACHE_DIR goes before it."""
    before = config.CACHE_DIR
    decorate = numba.njit(*signatures, **options)

    def compiled(function: Any) -> Any:
        config.CACHE_DIR = before or cache_folder()
        try:
            return decorate(function)  # the place of the cache is settled here
        finally:
            config.CACHE_DIR = before

    return compiled


@functools.cache
def cache_folder(room: Path = Path(__file__).parent) -> str:
    """Return the folder for the kernels of ``room``; in the user's cache if it is not writable."""
    digest = hashlib.sha256()
    for path in sorted(room.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    home = room if os.access(room, os.W_OK) else Path.home() / ".cache" / "slth"
    return str(home / "__pycache__" / f"kernels-{digest.hexdigest()[:12]}")
