"""With NUMBA_DISABLE_JIT every solver runs as plain Python and gives what compiled code gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from slth.ensembles import sample, sample_target
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from slth.solvers.kernels import compiled
from tests.solvers.solver_checks import EXACT, check_solution

CASES = [
    (name, n, d, options)
    for name in registry.SOLVERS
    for n, d in ((1, 1), (6, 1), (9, 1), (7, 2))
    for options in ({}, {"eps": 0.3}, {"eps": 0.05, "decide": True}, {"budget": 40}, {"size": 1})
    if "size" not in options or registry.get(name).sized
]
CASES += [
    ("mitm", 11, 1, {"size": 4}),
    ("mitm", 12, 3, {}),
    ("klist", 40, 3, {"budget": 20_000}),
    ("klist", 60, 5, {"budget": 20_000, "size": 20}),
    ("beam", 30, 2, {"budget": 2000}),
    ("annealing", 30, 2, {"budget": 2000}),
    ("differencing", 40, 2, {"budget": 2000}),
]
CODE = """
import json, sys
import slth
from tests.solvers.test_solver_plain import CASES, answer, batches
from slth.solvers.enumeration import _bits
assert not hasattr(_bits, "py_func"), "compiled"
print(json.dumps([[answer(*case)[1:] for case in CASES], batches()]))
"""


def problem(n, d):
    return sample("normal", n, d, n), sample_target(d, n)


def answer(name, n, d, options):
    X, z = problem(n, d)
    s = front.solve(X, z, solver=name, threads=1, **options)
    return s, s.keep.astype(int).tolist(), s.status.name, s.work


def batches():
    X3 = np.stack([sample("uniform", 9, 1, seed) for seed in range(20)])
    Z2 = np.stack([sample_target(1, seed) for seed in range(20)])
    one = X3[0]
    found = [
        front.solve_batch(X3, Z2, None, "mitm", threads=1),
        front.solve_batch(X3, Z2, 0.02, "mitm", size=3, threads=1),
        front.solve_targets(one, Z2, None, "mitm", threads=1),
        front.solve_batch(X3, Z2, None, "differencing", threads=1),
    ]
    return [[b.keep.astype(int).tolist(), b.work.tolist()] for b in found]


def test_every_solver_runs_uncompiled_and_gives_the_same() -> None:
    """Of the k-list's sums of float32 only the order is the compiler's: legal answers there."""
    root = Path(compiled.__file__).parents[3]
    places = os.pathsep.join([str(root), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE],
        env=os.environ | {"PYTHONPATH": places, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    plain, batched = json.loads(done.stdout)
    for case, (keep, status, work) in zip(CASES, plain, strict=True):
        name, n, d, options = case
        s, *compiled_answer = answer(*case)
        X, z = problem(n, d)
        if "size" not in options:
            check_solution(s, X, z, options.get("eps"))
        if name in EXACT or name in ("annealing", "differencing"):
            assert [keep, status, work] == compiled_answer, case
        else:
            assert len(keep) == n
            assert 1 <= work <= options.get("budget", 2**32)
    assert batched == batches()
