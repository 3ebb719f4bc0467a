"""A search tells of its best subset on its way, and hands it over when it is interrupted."""

import subprocess
import sys

import numpy as np
import pytest

import slth
from slth import InterruptedSearch, Progress
from slth.solvers import SOLVERS, get

CASES = {
    "annealing": {"n": 60, "d": 4, "budget": 10**12},
    "enumeration": {"n": 30, "d": 40},
    "mitm": {"n": 64, "d": 8},
    "klist": {"n": 100, "d": 9, "budget": 10**14},
    "klist of a size": {"n": 200, "d": 9, "budget": 10**14, "size": 60},
    "beam": {"n": 4000, "d": 40, "budget": 10**14},
    "differencing": {"n": 60000, "d": 9, "budget": 10**12},
    "lp_rounding": {"n": 20000, "d": 40},
    "milp": {"n": 60, "d": 9},
    "lattice": {"n": 100, "d": 12},
}
TOLD_EARLY = {"annealing", "klist", "mitm", "lattice"}  # better than the first subset
RUN = """
import signal, sys
import numpy as np
import slth
from slth.solvers.kernels import stopping
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below a shell's background job
cases, early = eval(sys.argv[1]), eval(sys.argv[2])
for name, case in cases.items():
    solver = name.split()[0]
    stopping.EVERY = 0.2 if name in early else 0.1  # seconds between two words of progress
    n, d, size = case.pop("n"), case.pop("d"), case.get("size")
    rng = np.random.default_rng(0)
    slth.solve(rng.standard_normal((12, 3)), [0.3] * 3, solver=solver, budget=1000)  # compile
    X, z, told = rng.standard_normal((n, d)), 3 * rng.standard_normal(d), []
    def look(progress):
        told.append(progress)
        if len(told) == 5:
            signal.raise_signal(signal.SIGINT)
    found = slth.solve(X, z, solver=solver, threads=2, progress=look, on_interrupt="return", **case)
    first = np.arange(n) < (size or 0)
    assert len(told) == 5 and not found.proved and found.status is slth.Status.BUDGET, name
    assert found.keep.sum() == (found.keep.sum() if size is None else size), name
    assert found.error == np.abs(np.add.accumulate(X[found.keep])[-1] - z).max() \\
        if found.keep.any() else found.error == np.abs(z).max(), name
    errors = [each.error for each in told] + [found.error]
    assert errors == sorted(errors, reverse=True), (name, errors)
    if name in early:
        assert errors[-1] < np.abs(X[first].sum(axis=0) - z).max(), name
    assert [each.seconds for each in told] == sorted(each.seconds for each in told), name
    try:
        told = [None] * 4
        slth.solve(X, z, solver=solver, threads=2, progress=look, **case)
    except slth.InterruptedSearch as error:
        assert isinstance(error, KeyboardInterrupt)
        assert error.solution.error <= np.abs(X[first].sum(axis=0) - z).max(), name
    else:
        raise AssertionError(name)
    print(name, flush=True)
"""


def run(script: str, *arguments: object) -> list[str]:
    """Return the lines that a process of its own prints; it ends by itself and in time."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(repr, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_every_solver_is_interrupted() -> None:
    assert {name.split()[0] for name in CASES} == set(SOLVERS)


def test_an_interrupted_search_hands_over_its_best_subset() -> None:
    assert run(RUN, CASES, TOLD_EARLY) == list(CASES)


STOPPED = """
import sys
import numpy as np
from slth.problem import Instance
from slth.solvers import get
from slth.solvers._base import Options
from slth.solvers.kernels import stopping
for solver, n, d in eval(sys.argv[1]):
    rng = np.random.default_rng(3)
    instance = Instance(rng.standard_normal((n, d)), rng.standard_normal(d), None)
    search = stopping.Search()
    search.flag[0] = 1
    with stopping.using(search):
        for threads in (1, 2):
            try:
                get(solver).search(instance, Options(None, threads=threads))
                print(solver, n, d, "ended", flush=True)
            except stopping.StoppedError:
                print(solver, n, d, "stopped", flush=True)
"""


def test_no_search_begins_once_the_flag_is_set() -> None:
    """Each of them twice, with one thread and with two: a search that goes on never ends."""
    sizes = ((24, 1), (60, 6))
    cases = [(name, n, d) for name in SOLVERS for n, d in sizes if not get(name).refusal(n, d)]
    assert {name for name, _, _ in cases} == set(SOLVERS)
    words = [line.rsplit(" ", 1) for line in run(STOPPED, cases)]
    assert [case for case, _ in words] == [f"{s} {n} {d}" for s, n, d in cases for _ in range(2)]
    ends = [word for _, word in words]
    assert ends[::2] == ends[1::2]
    assert set(ends) <= {"stopped", "ended"}


STOPPED_IN_A_SLAB = """
import sys
import numpy as np
from slth.problem import Instance
from slth.solvers.kernels import stopping
from slth.solvers.mitm import rounds, scratch
for n, d in eval(sys.argv[1]):
    rng = np.random.default_rng(3)
    instance = Instance(rng.standard_normal((n, d)), rng.standard_normal(d), None)
    search = stopping.Search()
    def run(visit, slabs):
        search.flag[0] = 1
        space = scratch.scratch(n, d)
        return (visit(slab, space) for slab in slabs)
    with stopping.using(search):
        quarters = rounds.Quarters.of(instance.X, instance.z, None)
        mask, complete, work = rounds.search(quarters, instance, None, False, run)
    print(n, d, complete, flush=True)
"""


def test_a_slab_ends_when_the_flag_is_set_in_it() -> None:
    """A walk that is stopped stands still: a loop that only waits for its end would be endless."""
    sizes = [(64, 24), (56, 6), (40, 3)]
    assert run(STOPPED_IN_A_SLAB, sizes) == [f"{n} {d} False" for n, d in sizes]


def test_what_progress_raises_ends_the_search() -> None:
    def refuse(_: Progress) -> None:
        raise LookupError("enough")

    X = np.random.default_rng(1).standard_normal((60, 4))
    with pytest.raises(LookupError, match="enough"):
        slth.solve(X, X[0], solver="annealing", budget=10**12, progress=refuse)


def test_a_search_that_is_watched_finds_the_same(recwarn: pytest.WarningsRecorder) -> None:
    X = np.random.default_rng(2).standard_normal((40, 9))
    told: list[Progress] = []
    watched = slth.solve(X, X[:3].sum(axis=0), progress=told.append, on_interrupt="return")
    assert watched == slth.solve(X, X[:3].sum(axis=0))
    assert all(each.error >= watched.error for each in told)


def test_arguments_of_the_wrong_kind_are_named() -> None:
    with pytest.raises(TypeError, match=r"^progress: got 3"):
        slth.solve([1, 2], 3, progress=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^on_interrupt: got 'stop'"):
        slth.solve([1, 2], 3, on_interrupt="stop")  # type: ignore[arg-type]
    assert issubclass(InterruptedSearch, KeyboardInterrupt)
