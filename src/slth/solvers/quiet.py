"""Calls of HiGHS without its words: scipy's warnings, and what C code writes to the output."""

import ctypes
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from slth.solvers.kernels import stopping


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings, and nothing on file descriptor 1, which HiGHS writes to below Python."""
    with warnings.catch_warnings(), _without_output():
        warnings.simplefilter("ignore")  # the incumbent is measured anew, whatever its status
        yield


@contextmanager
def _without_output() -> Iterator[None]:
    _flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no output
        yield
        return

    def restore() -> None:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)

    with stopping.undone(restore):  # a search that is left to itself keeps no output from others
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        yield


def _flush() -> None:
    """Write out what C and Python still hold."""
    ctypes.CDLL(None).fflush(None)
    if sys.__stdout__ is not None:
        sys.__stdout__.flush()
