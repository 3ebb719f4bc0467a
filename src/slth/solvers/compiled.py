"""numba's njit with a cache that knows every kernel of the room.

numba dates a cached kernel by the file of its own function. One that calls a kernel of another file
would be taken from the cache after that file changed, and compute with the old code, or crash. So
kernels are kept in a folder named by the source of all of them, and by nothing else: a copy of the
room elsewhere may be given that folder.
"""

import functools
import hashlib
import os
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import UserProvidedCacheLocator

config: Any = numba.config  # its settings are set at run time


class Locator(UserProvidedCacheLocator):
    """Keeps kernels in the folder itself, not in one below it that the room's path would name."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """Nothing below the folder; ``py_file`` is the kernel's file."""
        return ""


def njit(*signatures: Any, **options: Any) -> Any:
    """`numba.njit` with its cache in `cache_folder`; NUMBA_CACHE_DIR goes before it."""
    before = config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES
    decorate = numba.njit(*signatures, **options)

    def compiled(function: Any) -> Any:
        if not before[0]:
            config.CACHE_DIR = cache_folder()
            config.CACHE_LOCATOR_CLASSES = f"{__name__}.{Locator.__name__}"
        try:
            return decorate(function)  # the place of the cache is settled here
        finally:
            config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = before

    return compiled


@functools.cache
def cache_folder(room: Path = Path(__file__).parent) -> str:
    """Return the folder for the kernels of ``room``; in the user's cache if it is not writable."""
    digest = hashlib.sha256()
    for path in sorted(room.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    home = room if os.access(room, os.W_OK) else Path.home() / ".cache" / "slth"
    return str(home / "__pycache__" / f"kernels-{digest.hexdigest()[:12]}")
