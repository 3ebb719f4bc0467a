"""HiGHS's process: what it answers, and what ends it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import slth
from slth.solvers import _highs
from tests.sweeps import swept

SOURCE = Path(_highs.__file__).parents[2]
LIMIT = 150  # seconds that a process may take on a busy machine
X = np.array([[0.5], [0.25], [0.125], [0.7]])
SUMS = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]
START = """
import os, signal, sys, threading, time
sys.path.insert(0, sys.argv[1])
import numpy as np, slth
from slth.solvers import _highs
def error(z=0.375, solver="milp"):
    return slth.solve([0.5, 0.25, 0.125], z, solver=solver).error
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    _highs.end()
    yield
    _highs.end()


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter that knows the package by sys.path alone."""
    return subprocess.run(
        [sys.executable, "-P", "-c", START + textwrap.dedent(code), str(SOURCE)],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def error(z: float, solver: str = "milp") -> float:
    return slth.solve(X, [z], solver=solver).error


def test_one_process_answers_all_calls_from_all_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: error(SUMS[k % 8]), range(16)))
    assert max(found) < 1e-6
    first = _highs.pid()
    assert error(0.375, "lp_rounding") < 1e-6
    assert _highs.pid() == first


def test_a_process_killed_between_calls_is_started_anew() -> None:
    assert error(0.625) < 1e-6
    first = _highs.pid()
    assert first
    os.kill(first, signal.SIGKILL)
    assert error(0.625) < 1e-6
    assert _highs.pid() != first


def test_an_interrupt_of_the_terminal_leaves_the_process_to_its_parent() -> None:
    assert error(0.25) < 1e-6
    first = _highs.pid()
    assert first
    os.kill(first, signal.SIGINT)
    assert error(0.75) < 1e-6
    assert _highs.pid() == first


def test_a_process_that_dies_in_every_call_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    dying = tmp_path / "dying.py"
    dying.write_text(f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(7)")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(_highs.process, "__name__", "dying")
    with pytest.raises(RuntimeError, match=r"HiGHS.*ended with status 7 .* 2 times"):
        error(0.25)
    assert starts.read_text() == "xx"
    monkeypatch.undo()
    assert error(0.25) < 1e-6


def test_what_it_raises_is_raised_here_and_the_process_lives_on() -> None:
    assert error(0.25) < 1e-6
    first = _highs.pid()
    with pytest.raises(ValueError, match="bounds"):
        _highs.call(
            "integer",
            objective=np.ones(2),
            rows=np.ones((1, 2)),
            sides=(np.zeros(1), np.ones(1)),
            bounds=np.zeros((2, 3)),
            nodes=1,
        )
    assert _highs.pid() == first
    assert error(0.25) < 1e-6


def test_a_fork_has_a_process_of_its_own(tmp_path: Path) -> None:
    done = python(
        """
        assert error() < 1e-6
        first = _highs.pid()
        _highs._lock.acquire()  # as by another thread at the time of the fork
        child = os.fork()
        if not child:
            signal.alarm(200)
            good = error(0.625) < 1e-6 and _highs.pid() != first
            _highs.end()
            os._exit(not good)
        _highs._lock.release()
        assert os.waitpid(child, 0)[1] == 0
        assert error() < 1e-6 and _highs.pid() == first
        """,
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_modules_of_the_working_directory_are_not_taken(tmp_path: Path) -> None:
    for name in ("queue", "scipy", "signal"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')")
    done = python("print(error() < 1e-6, error(solver='lp_rounding') < 1e-6)", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True True\n", "")


LONG = """
def search(solver):
    rng = np.random.default_rng(0)
    n, d = (60, 9) if solver == "milp" else (20000, 40)
    slth.solve(rng.standard_normal((n, d)), np.full(d, 0.1), solver=solver, memory=2**34)

"""


@pytest.mark.parametrize("solver", swept(["milp", "lp_rounding"], 1))
def test_the_end_of_the_parent_ends_a_search(tmp_path: Path, solver: str) -> None:
    """Even by SIGKILL, which leaves it no last words."""
    code = f"""
        error()  # scipy is imported
        threading.Thread(target=search, args=({solver!r},), daemon=True).start()
        time.sleep(0.5)
        print(_highs.pid(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    done = python(LONG + textwrap.dedent(code), tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    until = time.monotonic() + LIMIT
    while _runs(int(done.stdout)):
        assert time.monotonic() < until
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_an_interrupted_search_ends_with_its_process_and_the_interpreter(tmp_path: Path) -> None:
    code = """
        error()
        for solver in ("milp", "lp_rounding"):
            first = _highs.pid()
            threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                search(solver)
            except KeyboardInterrupt:
                print("interrupted", _highs.pid())
            try:
                os.kill(first, 0)
            except ProcessLookupError:
                print("gone", error() < 1e-6)
        """
    done = python(LONG + textwrap.dedent(code), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["interrupted None", "gone True"] * 2
