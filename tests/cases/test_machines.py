"""What machines do: damaged caches, no writable folder, few cores, signals in a long search."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from slth import cores
from slth.problem import Instance
from slth.solvers import _solve as front
from slth.solvers._base import Answer, Options, Solver

SOURCE = Path(cores.__file__).parents[1]
LIMIT = 300  # seconds a process may take on a busy machine; no measure of speed


def run(
    code: str, *before: str, clean: bool = False, **more: str
) -> subprocess.CompletedProcess[str]:
    own = {} if clean else {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [*before, sys.executable, "-c", code],
        env=own | {"PYTHONPATH": str(SOURCE)} | more,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def test_case_26_a_damaged_kernel_cache_is_compiled_anew(tmp_path: Path) -> None:
    """In one folder: whole copies elsewhere would be read, and the damaged ones left."""
    code = (
        "from slth.solvers.kernels import files as k; places = k.places\n"
        "k.places = lambda *a: places(*a)[:1]\n"
        "from slth.solvers.enumeration import _bits; print(_bits(7))\n"
        "from slth.solvers.annealing.moves import _below as f; print(f(2**63, 3))"
    )
    first = run(code, NUMBA_CACHE_DIR=str(tmp_path))
    assert first.returncode == 0, first.stderr
    made = list(tmp_path.rglob("*.nb?"))
    assert len(made) == 2
    for path in made:
        path.write_bytes(b"")
    again = run(code, NUMBA_CACHE_DIR=str(tmp_path))
    assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr
    assert all(path.stat().st_size for path in made)


def test_case_25_no_writable_folder_costs_a_word_and_no_more() -> None:
    """Folders cannot be made, as on a read-only disk; what is there is not read."""
    code = (
        "import os, pathlib, tempfile\n"
        "def refuse(*a, **k): raise OSError(30, 'Read-only file system')\n"
        "os.mkdir = refuse; tempfile.tempdir = '/nonexistent'\n"
        "from slth.solvers.kernels import files as kernel_files\n"
        "pathlib.Path.mkdir = refuse; kernel_files._replace = refuse\n"
        "kernel_files.read = lambda *a: iter(())\n"
        "from slth.solvers.enumeration import _bits, _counts\n"
        "print(_bits(7), _counts(2)[3])"
    )
    done = run(code, HOME="/nonexistent")
    assert (done.returncode, done.stdout) == (0, "3 2\n"), done.stderr
    assert done.stderr.count("\n") == 1
    assert "compiled kernels are not kept" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, setpriv")
def test_case_25_another_user_without_a_home() -> None:
    """The package is read-only for it: a folder of its own among the temporary files is used."""
    user = ("setpriv", "--reuid", "12345", "--clear-groups")
    if run("import slth, numba", *user, clean=True).returncode:
        pytest.skip("the interpreter or the package is closed to other users")
    code = "from slth.solvers.enumeration import _bits; print(_bits(7))"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        done = run(code, *user, clean=True, HOME="/nonexistent", TMPDIR=folder)
        kept = [path.name for path in Path(folder).rglob("*.nbc")]
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")
    assert len(kept) == 1


class Threads(Solver):
    """Notes how many threads it is given."""

    name = "threads"
    given = 0

    def search(self, instance: Instance, options: Options) -> Answer:
        Threads.given = options.threads
        return Answer(instance.X[:, 0] > 0, False, 1)


@pytest.mark.parametrize(
    ("shares", "threads"),
    [
        ({}, 3),
        ({"OMP_NUM_THREADS": "2"}, 2),
        ({"OMP_NUM_THREADS": "2,4"}, 2),
        ({"SLURM_CPUS_PER_TASK": "1"}, 1),
        ({"OMP_NUM_THREADS": "64", "NUMBA_NUM_THREADS": "2"}, 2),
        ({"OMP_NUM_THREADS": "0", "SLURM_CPUS_PER_TASK": "many"}, 3),
    ],
)
def test_case_24_threads_are_the_cores_of_the_process_and_the_share_of_the_job(
    monkeypatch: pytest.MonkeyPatch, shares: dict[str, str], threads: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 7})
    for name in cores.SHARES:
        monkeypatch.delenv(name, raising=False)
    for name, value in shares.items():
        monkeypatch.setenv(name, value)
    assert cores.usable() == threads
    front.solve([[0.1], [0.2]], [0.3], solver=Threads())
    assert Threads.given == threads
    front.solve([[0.1], [0.2]], [0.3], solver=Threads(), threads=5)
    assert Threads.given == 5


def test_case_24_no_other_count_of_cores_in_the_package() -> None:
    users = [
        path.name for path in (SOURCE / "slth").rglob("*.py") if "cpu_count" in path.read_text()
    ]
    assert users == ["cores.py"]


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
import slth

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a job of a shell
LONG = {
    "annealing": dict(n=60, d=4, budget=10**11),
    "annealing of many moves": dict(n=2048, d=3000, budget=10**11),
    "enumeration": dict(n=30, d=40),
    "mitm": dict(n=64, d=24),
    "mitm of a table": dict(n=54, d=1, memory=2**36),
    "klist": dict(n=100, d=9, budget=10**13),
    "beam": dict(n=4000, d=40, budget=10**13),
    "klist of a size": dict(n=200, d=9, budget=10**13, size=60),
    "differencing": dict(n=60000, d=9, budget=10**12),
    "lp_rounding": dict(n=20000, d=40),
    "milp": dict(n=60, d=9),
    "auto": dict(n=200, d=16, budget=10**13),
}

def stop(signum, frame):
    raise SystemExit(signum)

signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a shell's background job
X = np.ones((2, 2))
slth.solve(X, X[0], solver="enumeration")
for name in sys.argv[1:]:
    case = dict(LONG[name])
    n, d = case.pop("n"), case.pop("d")
    rng = np.random.default_rng(0)
    X, z = rng.standard_normal((n, d)), np.full(d, 0.1)
    number = signal.SIGTERM if name == "klist" else signal.SIGINT
    timer = threading.Timer(0.3, os.kill, (os.getpid(), number))
    timer.start()
    start = time.monotonic()
    try:
        slth.solve(X, z, solver=name.split()[0], threads=2, **case)
        print(name, "ended by itself")
    except KeyboardInterrupt:
        print(name, "interrupted")
    except SystemExit:
        print(name, "terminated")
    seconds = time.monotonic() - start
    assert seconds < 60, (name, seconds)
    assert slth.solve([[.1], [.2]], [.3], solver="enumeration").keep.all()
print("usable")
"""
LONG = (
    "annealing",
    "enumeration",
    "mitm",
    "klist",
    "beam",
    "klist of a size",
    "differencing",
    "lp_rounding",
    "milp",
    "auto",
)


def test_case_23_a_signal_ends_every_search_and_leaves_python_usable() -> None:
    done = run_script(INTERRUPTED, *LONG)
    assert done.returncode == 0, done.stderr[-2000:]
    words = {name: "terminated" if name == "klist" else "interrupted" for name in LONG}
    assert done.stdout.splitlines() == [f"{name} {words[name]}" for name in LONG] + ["usable"]


def run_script(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=2 * LIMIT,
        check=False,
    )
