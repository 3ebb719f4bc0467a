"""numba's njit with a cache on disk that knows every file a kernel depends on.

numba dates a cached kernel by the file of its own function: one that calls a kernel of another file
would be taken from the cache after that file changed, and compute with the old code, or crash. And
its index is a file that concurrent processes overwrite. Here a kernel is named by its types, its
processor and the content of its module and of the package's modules that this one imports, however
deep; `kernel_files` keeps it. An edit invalidates the kernels that depend on the file, no others.
"""

import functools
import hashlib
import inspect
import logging
import pickle
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import typeinfer
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.extending import intrinsic

from slth import dependencies
from slth.solvers.kernels import files as kernel_files

config: Any = numba.config  # its settings are set at run time
VERSIONS = (numba.__version__, llvmlite.__version__, np.__version__, platform.python_version())
log = logging.getLogger(__name__)


def njit(*signatures: Any, cache: bool = False, **options: Any) -> Any:
    """`numba.njit` with the cache of this file; with NUMBA_DISABLE_JIT the function as it is."""

    def compiled(function: Any) -> Any:
        if config.DISABLE_JIT:
            return _plain(function)
        dispatcher = numba.njit(**options)(function)
        if cache:
            dispatcher._cache = KernelCache(function)
        if signatures:
            with typeinfer.register_dispatcher(dispatcher):
                for signature in signatures:
                    dispatcher.compile(signature)
                dispatcher.disable_compile()
        return dispatcher

    return compiled


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as Python, where integers wrap around and 0/0 is nan in silence, as compiled."""

    @functools.wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments, **named)

    return run


class KernelCache(_Cache):
    """The cache of one function: what numba's dispatcher asks before and tells after compiling."""

    def __init__(self, function: Any) -> None:
        self.function, self.enabled = function, True
        self.source = Path(inspect.getfile(function)).resolve()
        self.digest = source_digest(function.__module__, self.source)  # now: files may change

    @property
    def cache_path(self) -> str | None:
        """The first folder that may hold the kernels of this function; None: they are not kept."""
        return next((str(place) for place in self._places()), None)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the kernel of these argument types, or None: not there, damaged or not safe."""
        target_context.refresh()
        if not self.enabled:
            return None
        key = self._key(sig, target_context.codegen())
        for payload in kernel_files.read(self._places(), _name(key), self.source):
            try:
                found, kernel = pickle.loads(payload)
                if found == key:
                    return CompileResult._rebuild(target_context, *kernel)
            except Exception:
                log.debug("kernel %s: not readable, compiled anew", self.function, exc_info=True)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel in the first place that takes it."""
        if not self.enabled or data.lifted or data.library.has_dynamic_globals:
            return
        key = self._key(sig, data.codegen)
        payload = dumps((key, data._reduce()))
        kernel_files.write(self._places(), _name(key), payload, self.source)

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        self.enabled = False

    def flush(self) -> None:
        """Nothing: a file is named by all that it depends on."""

    def _places(self) -> list[Path]:
        if self.digest is None:
            return []
        return kernel_files.places(self.source, self.digest, config.CACHE_DIR)

    def _key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        code = self.function.__code__
        where = self.function.__module__, self.function.__qualname__, code.co_firstlineno
        return (*where, hashlib.sha256(code.co_code).hexdigest(), sig, codegen.magic_tuple())


def _name(key: tuple[Any, ...]) -> str:
    """A file's name: module, function, digest of the key; "<locals>" without the brackets."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    name = f"{key[0].rpartition('.')[2]}.{key[1]}-{digest}.nbc"
    return name.replace("<", "").replace(">", "")


@functools.cache
def source_digest(module: str, source: Path) -> str | None:
    """Digest of a kernel's module and of all modules of its package that it imports; of versions.

    None, kernels are not kept: a module outside of any package, whose imports are not followed, or
    without its source.
    """
    package = getattr(sys.modules.get(module.partition(".")[0]), "__path__", None)
    if package is None or not source.is_file():
        return None
    root = Path(next(iter(package))).resolve()
    digest = hashlib.sha256(repr(VERSIONS).encode())
    own = Path(__file__).resolve()
    for path in sorted({source, own, *dependencies.closure(source, package=root)}):
        name = path.relative_to(root) if path.is_relative_to(root) else path.name
        content = path.read_bytes()
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _stopped(flag: Any) -> bool:
    """Whether a search's flag (`stopping`) is set; None: never."""
    return flag is not None and bool(flag[0])


@intrinsic  # type: ignore[untyped-decorator]
def _stopped_compiled(typing_context: Any, flag: Any) -> Any:
    """`_stopped` in compiled code: an atomic load, which no optimiser moves out of a loop."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        if not isinstance(flag, types.Array):
            return context.get_constant(types.boolean, False)
        array = context.make_array(flag)(context, builder, values[0])
        byte = builder.load_atomic(array.data, "monotonic", 1, typ=ir.IntType(8))
        return builder.icmp_unsigned("!=", byte, byte.type(0))

    return types.boolean(flag), code


stopped: Any = _stopped if config.DISABLE_JIT else _stopped_compiled
