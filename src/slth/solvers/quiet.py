"""Calls of HiGHS without its words: scipy's warnings, and what C code writes to the output."""

import contextlib
import ctypes
import os
import sys
import threading
import warnings
from collections.abc import Iterator

_lock = threading.Lock()
_calls: set[object] = set()  # under way; the process has one output, and one list of filters
_before = contextlib.ExitStack()  # gives both back


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings, and nothing on file descriptor 1, which HiGHS writes to below Python.

    The whole process is meant while any such call is under way; the last to end gives both back.
    """
    call = object()
    with _lock:
        if not _calls:
            _begin()
        _calls.add(call)
    try:
        yield
    finally:
        with _lock:
            if call in _calls:  # unless `end` was called
                _calls.remove(call)
                if not _calls:
                    _give_back()


def end() -> None:
    """Give output and warnings back although a call goes on, in a thread that nobody waits for."""
    with _lock:
        if _calls:
            _calls.clear()
            _give_back()


def _begin() -> None:
    _before.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")  # the incumbent is measured anew, whatever its status
    _flush()
    with contextlib.suppress(OSError):  # there is no output
        kept = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        _before.callback(_restore, kept)


def _give_back() -> None:
    _before.close()


def _restore(kept: int) -> None:
    _flush()
    os.dup2(kept, 1)
    os.close(kept)


def _flush() -> None:
    """Write out what C and Python still hold."""
    ctypes.CDLL(None).fflush(None)
    with contextlib.suppress(AttributeError, ValueError, OSError):  # none, closed, broken
        sys.__stdout__.flush()  # type: ignore[union-attr]
