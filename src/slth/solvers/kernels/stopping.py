"""How a search ends early: one flag a solve, which compiled loops and Python loops look at.

Python handles signals between bytecodes of the main thread, so a compiled loop there would end
before Ctrl-C does. Hence a search called from the main thread runs in another one: the main thread
only waits, and whatever a signal handler raises there (KeyboardInterrupt) raises the flag as well.
"""

import concurrent.futures
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Flag = NDArray[np.uint8]  # shape (1,); not 0: stop
Out = TypeVar("Out")

GRACE = 1.0  # seconds; code that looks at no flag (a compilation) is left to end by itself
_NEVER: Flag = np.zeros(1, dtype=np.uint8)
_here = threading.local()


class StoppedError(BaseException):
    """The search was told to stop. No Exception: a solver's own handlers are not to catch it."""


def flag() -> Flag:
    """Return the flag of the search that this thread works for; outside of one, one never set."""
    found: Flag = getattr(_here, "flag", _NEVER)
    return found


def check() -> None:
    """Raise StoppedError when the search is to stop."""
    if flag()[0]:
        raise StoppedError


@contextmanager
def using(stop: Flag) -> Iterator[None]:
    """Work for the search with this flag."""
    before = flag()
    _here.flag = stop
    try:
        yield
    finally:
        _here.flag = before


def interruptible(work: Callable[[], Out]) -> Out:
    """Return work(), or raise what it raises; a signal's exception comes through while it runs.

    Called from the main thread, work runs in another, with the caller's context variables
    (numpy's errstate). A signal that raises sets the flag and waits up to GRACE seconds for the
    end of the work. Elsewhere, where no signal arrives, work is just called. Cost: 0.1 ms.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    stop: Flag = np.zeros(1, dtype=np.uint8)
    outcome: concurrent.futures.Future[Out] = concurrent.futures.Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            with using(stop):
                outcome.set_result(context.run(work))
        except BaseException as error:
            outcome.set_exception(error)

    thread = threading.Thread(target=run, name="slth search", daemon=True)
    try:
        try:
            thread.start()
        except RuntimeError:  # the system gives this process no further thread
            return work()
        return outcome.result()
    finally:
        stop[0] = 1
        if thread.is_alive():
            concurrent.futures.wait([outcome], GRACE)
