"""The memory a search takes, by the operating system's count, is what it promises or less.

The process that HiGHS runs in counts from its start: interpreter, scipy, model and search.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slth.solvers import _registry as registry
from slth.solvers.kernels import compiled
from tests.sweeps import sweep

MIB = 2**20
NOISE = 4 * MIB  # pages of the allocator and of thread stacks
# solver, n, d, memory, budget
CASES = [
    ("enumeration", 16, 4000, 512, None),
    ("mitm", 44, 1, 4096, None),
    ("mitm", 40, 3, 4096, None),
    ("mitm", 40, 3, 16, 10**6),
    ("lattice", 60, 9, 4096, 10**6),
    ("lattice", 128, 300, 4096, 10**4),
    ("klist", 300, 9, 4096, 10**6),
    ("klist", 300, 9, 96, 2 * 10**8),
    ("klist", 300, 9, 128, 2 * 10**8),
    ("klist", 3000, 100, 64, 10**7),
    ("annealing", 20_000, 60, 4096, 10**6),
    ("beam", 20_000, 60, 4096, None),
    ("beam", 300, 9, 4096, None),
    ("beam", 300, 9, 64, 10**9),
    ("differencing", 20_000, 60, 4096, 10**6),
    ("differencing", 10**6, 1, 4096, None),
    ("lp_rounding", 3000, 9, 4096, 20_000),
    ("lp_rounding", 10_000, 9, 4096, 20_000),
    ("lp_rounding", 800, 60, 4096, None),
    ("milp", 3000, 9, 4096, 1),
]
CODE = """
import ctypes, gc, json, sys
import numpy as np
import slth
from slth.solvers import _highs
from tests.sweeps import sweep

def resident(field, process="self"):
    with open(f"/proc/{process}/status") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))

def problem(n, d):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), rng.uniform(-1, 1, d)

peaks = []
for name, n, d, memory, budget in json.loads(sys.argv[1]):
    few, work = (300, 30_000) if name == "klist" else (14, 2 if name == "milp" else 3000)
    slth.solve(*problem(few, d), None, name, work)  # imports and compilation
    _highs.end()
    X, z = problem(n, d)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")
    before = resident("VmRSS")
    slth.solve(X, z, None, name, budget, memory=memory << 20, threads=2)
    peak = resident("VmHWM") - before
    peaks.append(peak + (resident("VmHWM", _highs.pid()) if _highs.pid() else 0))
print(json.dumps(peaks))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the count is Linux's")
@sweep
def test_no_search_takes_more_than_it_promises_or_is_allowed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(CASES)],
        env=os.environ | {"PYTHONPATH": str(Path(compiled.__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for case, peak in zip(CASES, json.loads(done.stdout), strict=True):
        assert peak <= promised(*case) + NOISE, (case, peak / MIB)


def promised(name: str, n: int, d: int, memory: int, budget: int | None) -> int:
    """What a search without lists needs; the memory allowed for those that plan for it."""
    least = registry.get(name).bytes_needed(n, d)
    return memory * MIB if name in ("klist", "mitm") or (name == "beam" and budget) else least
