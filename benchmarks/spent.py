"""Processor time and memory of one command and all that it starts: `spend`."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A process begins with the memory of the one that started it on its account: a small one does.
LAUNCH = """import os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w", encoding="utf-8") as account:
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=account)
sys.exit(status != 0)
"""


@dataclass(frozen=True)
class Spent:
    """cpu: seconds of user and system time. memory: MB of the largest process. output: stdout."""

    cpu: float
    memory: float
    output: str


def spend(command: Sequence[str], folder: Path, limit: float | None = None) -> Spent | None:
    """Run a command in a folder; None if it took longer than ``limit`` seconds and was killed.

    The time is the kernel's account of the process and of every descendant that was waited for, so
    that other work on the machine does not lengthen it, apart from shared caches and threads.
    Raises RuntimeError with the end of stderr where the command fails.
    """
    late = threading.Event()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
        tempfile.NamedTemporaryFile("r", encoding="utf-8") as account,
    ):
        launch = [sys.executable, "-S", "-c", LAUNCH, account.name, *command]
        process = subprocess.Popen(
            launch, cwd=folder, stdout=out, stderr=err, start_new_session=True
        )
        timer = threading.Timer(limit, _kill, (process.pid, late)) if limit is not None else None
        if timer:
            timer.start()
        process.wait()
        if timer:
            timer.cancel()
        out.seek(0)
        err.seek(0)
        if late.is_set():
            return None
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}: {err.read()[-3000:]}")
        cpu, largest = map(float, account.read().split())
        # ru_maxrss is in KiB on Linux, in bytes on macOS
        unit = 1024 if os.uname().sysname == "Linux" else 1
        return Spent(cpu, largest * unit / 1e6, out.read())


def _kill(group: int, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
