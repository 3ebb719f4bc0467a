"""How a search ends early, and what it has found till then.

One flag a solve, which compiled loops and Python loops look at, and the best subset that a solver
has offered. Python handles signals between bytecodes of the main thread, so a compiled loop there
would end before Ctrl-C does. Hence a search called from the main thread runs in another one: the
main thread only waits, and whatever a signal handler raises there (KeyboardInterrupt) raises the
flag as well.
"""

import concurrent.futures
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from slth.checks import BoolArray

Flag = NDArray[np.uint8]  # shape (1,); not 0: stop
Out = TypeVar("Out")

GRACE = 1.0  # seconds; code that looks at no flag (a compilation) is left to end by itself
EVERY = 0.5  # seconds from one look at a running search to the next
_here = threading.local()


class StoppedError(BaseException):
    """The search was told to stop. No Exception: a solver's own handlers are not to catch it."""


class Search:
    """What a search shares with those who wait for it: the flag, and the best subset offered.

    measure: the error of a subset, (n,) bool, inf where it is none of the subsets asked for; None:
    offers are not looked at.
    """

    def __init__(self, measure: Callable[[BoolArray], float] | None = None) -> None:
        self.flag: Flag = np.zeros(1, dtype=np.uint8)
        self.keep: BoolArray | None = None
        self.error = np.inf
        self._measure = measure
        self._lock = threading.Lock()

    def offer(self, keep: BoolArray) -> None:
        """Remember a copy of the subset where it is better than those before."""
        if self._measure is None:
            return
        error = self._measure(keep)
        with self._lock:
            if error < self.error:
                self.keep, self.error = keep.copy(), error


_NONE = Search()


def current() -> Search:
    """Return the search that this thread works for; outside of one, one that never ends."""
    found: Search = getattr(_here, "search", _NONE)
    return found


def flag() -> Flag:
    """Return the flag of the search that this thread works for."""
    return current().flag


def offer(keep: BoolArray) -> None:
    """Tell who waits for this thread's search of a subset, (n,) bool in the order of X."""
    current().offer(keep)


def check(keep: BoolArray | None = None) -> None:
    """Raise StoppedError when the search is to stop; ``keep``, if given, is offered before."""
    if flag()[0]:
        if keep is not None:
            offer(keep)
        raise StoppedError


@contextmanager
def using(search: Search) -> Iterator[None]:
    """Work for this search."""
    before = current()
    _here.search = search
    try:
        yield
    finally:
        _here.search = before


def interruptible(
    work: Callable[[], Out], search: Search | None = None, watch: Callable[[], None] | None = None
) -> Out:
    """Return work(), or raise what it raises; a signal's exception comes through while it runs.

    Called from the main thread, work runs in another, with the caller's context variables
    (numpy's errstate). A signal that raises sets the flag and waits up to GRACE seconds for the
    end of the work. Elsewhere, where no signal arrives, work is just called. watch: called by the
    waiting thread, whichever that is, every EVERY seconds; what it raises ends the work as a
    signal does. Cost: 0.1 ms.
    """
    search = search or Search()
    if threading.current_thread() is not threading.main_thread() and watch is None:
        search.flag = flag()  # of the search that this one is a part of
        with using(search):
            return work()
    outcome: concurrent.futures.Future[Out] = concurrent.futures.Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            with using(search):
                outcome.set_result(context.run(work))
        except BaseException as error:
            outcome.set_exception(error)

    thread = threading.Thread(target=run, name="slth search", daemon=True)
    try:
        try:
            thread.start()
        except RuntimeError:  # the system gives this process no further thread
            with using(search):
                return work()
        while watch is not None and not concurrent.futures.wait([outcome], EVERY).done:
            watch()
        return outcome.result()
    finally:
        search.flag[0] = 1
        if thread.is_alive():
            concurrent.futures.wait([outcome], GRACE)
