"""HiGHS in a process of its own, which lasts from its first use to the end of this one.

HiGHS cannot be interrupted, and a thread left in it keeps the interpreter from ending; a process
can be killed. It also keeps to itself what HiGHS prints below Python.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from typing import Any

from slth.solvers import _highs_process as process
from slth.solvers.kernels import stopping

PERIOD = 0.05  # seconds between two looks at the flag of the search
TRIES = 2  # of a request whose process died, which a request need not be the cause of


class _Child:
    """A started process and the socket to it."""

    def __init__(self) -> None:
        self.line, theirs = Pipe()
        paths = (path or os.getcwd() for path in sys.path)
        # -P: the working directory, which -m would search first, is no place for modules
        command = [sys.executable, "-P", "-m", process.__name__, str(theirs.fileno())]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited
        try:
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            )
        except BaseException:
            self.line.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def ask(self, name: str, keywords: dict[str, Any]) -> tuple[bool, Any]:
        """Send a request and wait for the reply, or raise StoppedError."""
        self.line.send((name, keywords))
        while not self.line.poll(PERIOD):
            stopping.check()
        reply: tuple[bool, Any] = self.line.recv()
        return reply

    def end(self) -> int:
        """Kill the process; return its exit status, that of a former death if it was dead."""
        self.line.close()
        self.popen.kill()
        return self.popen.wait()


_lock = threading.Lock()
_child: _Child | None = None


def call(name: str, **keywords: Any) -> Any:
    """Return what a function of `_highs_process` does, or raise what it raises.

    One call at a time; others wait. Raises StoppedError when the search that this thread works for
    is to stop, and then, as after any error here, the process is killed; RuntimeError when it dies
    TRIES times. Cost: 1 s of processor time for the first call, which imports scipy; 0.3 ms later.
    """
    with _turn():
        for _ in range(TRIES):
            try:
                returned, value = _running().ask(name, keywords)
                break
            except (EOFError, OSError) as error:
                failure, status = error, end()
                stopping.check()
            except BaseException:
                end()
                raise
        else:
            raise RuntimeError(
                f"HiGHS: the process it runs in, {sys.executable} -m {process.__name__}, "
                f"ended with status {status} before it answered, {TRIES} times; "
                "-9 is mostly for want of memory; other causes stand on its standard error"
            ) from failure
    if not returned:
        raise value
    return value


def pid() -> int | None:
    """Return the process's number; None when there is none."""
    return None if _child is None else _child.popen.pid


def end() -> int | None:
    """Kill the process, if there is one, and return its exit status; the next call starts anew."""
    global _child
    child, _child = _child, None
    return None if child is None else child.end()


def _running() -> _Child:
    global _child
    if _child is None:
        _child = _Child()
    return _child


@contextmanager
def _turn() -> Iterator[None]:
    while not _lock.acquire(timeout=PERIOD):
        stopping.check()
    try:
        yield
    finally:
        _lock.release()


def _forget() -> None:
    """Leave the process to the parent, of which this one is a fork."""
    global _child, _lock
    child, _child, _lock = _child, None, threading.Lock()
    if child is not None:
        child.line.close()
        child.popen.returncode = 0  # not this process's to wait for


atexit.register(end)  # waited for, so that its time is on this process's account
os.register_at_fork(after_in_child=_forget)
