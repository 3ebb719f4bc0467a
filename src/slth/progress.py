"""What a job writes to its log: progress with an estimate of what is left, and its errors."""

import contextlib
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO, TypeVar

Item = TypeVar("Item")


def track(
    items: Iterable[Item], total: int, label: str, every: float = 10.0, log: TextIO | None = None
) -> Iterator[Item]:
    """Yield ``items``; write a line to ``log`` (stderr) every ``every`` seconds and at the end."""
    out = log or sys.stderr
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= every or done == total:
            left = (now - start) / done * (total - done)
            print(f"{label}: {done}/{total}, about {left:.0f} s left", file=out, flush=True)
            last = now


@contextlib.contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Send stdout and stderr of a job to its log, a traceback included when it fails."""
    with (
        Path(path).open("w", 1, encoding="utf-8", errors="backslashreplace") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        try:
            yield
        except BaseException:
            traceback.print_exc()
            raise
