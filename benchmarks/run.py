"""Run the benchmark: python -m benchmarks.run --out results/benchmark/benchmark.json [--quick].

Ours first and alone; then the peers, each in a process of its own, two at a time, one thread each.
Warm-up is excluded, errors are recomputed in float64 from the masks, seconds are wall-clock.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import slth
from benchmarks.peers import PEERS
from benchmarks.tasks import BUDGETS, FULL, LIMIT, QUICK, Task, draw
from slth.frames import replacing
from slth.problem import Instance

SEED = 20_260_101  # of the instances; nothing was tuned on them
HERE = Path(__file__).parent
PACKAGES = ("numpy", "scipy", "numba", "slth")
Row = dict[str, Any]


def main() -> None:
    """Parse the arguments, run, write one JSON file, whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/benchmark/benchmark.json"))
    parser.add_argument("--quick", action="store_true", help="seconds: checks that it runs")
    parser.add_argument("--peer-python", default=sys.executable, help="where the peers are")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds per peer and instance")
    chosen = parser.parse_args()
    tasks = QUICK if chosen.quick else FULL
    peers = available(chosen.peer_python)
    rows = [row for task in tasks for row in ours(task)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(ask, task, name, chosen, Path(folder))
            for task in tasks
            for name in task.peers
            if name in peers
        ]
        rows += [row for job in jobs for row in job.result()]
    report = {"machine": machine(), "versions": peers | own_versions(), "limit": chosen.limit}
    with replacing(chosen.out) as part:
        lines = ",\n".join(json.dumps(row) for row in rows)
        head = json.dumps(report)[:-1]
        part.write_text(f'{head}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{chosen.out}: {len(rows)} rows, peers: {', '.join(sorted(peers)) or 'none installed'}")


def ours(task: Task) -> Iterator[Row]:
    """Time our solvers on the instances of a task, after one warm-up call on others."""
    for solver in task.ours:
        budget = task.budget or BUDGETS.get(solver)
        if task.quick and budget is not None:
            budget //= 1000
        small = min(task.instances, 2000)
        warm = 10**6 if task.kind != "best" else budget and min(budget, 2**30)
        _solve(task, solver, *draw(task, SEED - 1, small), warm)
        for seed in range(task.seeds):
            X, Z = draw(task, SEED + seed, task.instances)
            start = time.perf_counter()
            keep, states = _solve(task, solver, X, Z, budget)
            seconds = (time.perf_counter() - start) / len(X)
            errors = [Instance(x, z).error(k) for x, z, k in zip(X[:1000], Z, keep, strict=False)]
            solved = _solved(task, states, errors)
            empty = float(np.median(np.abs(Z[:1000]).max(axis=1)))
            yield _row(task, solver, seconds, float(np.median(errors)), solved, empty)
        print(f"{task.name}: {solver} done", flush=True)


def _solve(
    task: Task, solver: str, X: np.ndarray, Z: np.ndarray, budget: int | None
) -> tuple[np.ndarray, list[str]]:
    if task.kind == "batch":
        b = slth.solve_batch(X, Z, task.eps, solver, threads=task.threads)
        return b.keep, [s.name for s in b.status[:1000]]
    s = slth.solve(
        X[0], Z[0], task.eps, solver, budget=budget, threads=task.threads, memory=16 * 2**30
    )
    return s.keep[None], [s.status.name]


def _solved(task: Task, states: list[str], errors: list[float]) -> float:
    """Share of instances answered: a subset within eps, its absence proved, the optimum proved."""
    if task.kind == "best":
        return float("nan")
    if task.eps is None:
        return float(np.mean([state == "OPTIMAL" for state in states]))
    settled = [e <= task.eps or s == "OPTIMAL" for e, s in zip(errors, states, strict=True)]
    return float(np.mean(settled))


def ask(task: Task, name: str, chosen: argparse.Namespace, folder: Path) -> list[Row]:
    """Let one peer solve ten instances of a task in a process of its own."""
    source, out = folder / f"{task.name}-{name}.npz", folder / f"{task.name}-{name}.json"
    pairs = [draw(task, SEED + seed, 1) for seed in range(task.seeds)]
    X, Z = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    np.savez(source, X=X, Z=Z, eps=np.nan if task.eps is None else task.eps)
    command = [chosen.peer_python, str(HERE / "peers.py"), name, str(source), str(out)]
    limit = max(2.0, task.seeds * (chosen.limit + 30))
    subprocess.run([*command, str(chosen.limit)], check=True, timeout=limit, env=_one_thread())
    rows = []
    for k, found in enumerate(json.loads(out.read_text(encoding="utf-8"))):
        keep = np.zeros(task.n, dtype=bool)
        keep[found["keep"] or []] = True
        error = Instance(X[k], Z[k]).error(keep)
        done = found["state"] in ("done", "infeasible")
        solved = float(done or (task.eps is not None and error <= task.eps))
        row = _row(task, name, found["seconds"], error, solved, float(np.abs(Z[k]).max()))
        rows.append(row | {"state": found["state"]})
    print(f"{task.name}: {name} done, {len(rows)} instances", flush=True)
    return rows


def _one_thread() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _row(task: Task, solver: str, seconds: float, error: float, solved: float, empty: float) -> Row:
    return {
        "task": task.name,
        "kind": task.kind,
        "n": task.n,
        "d": task.d,
        "eps": task.eps,
        "threads": task.threads,
        "solver": solver,
        "instances": task.instances,
        "seconds": seconds,
        "error": error,
        "empty": empty,
        "solved": None if np.isnan(solved) else solved,
    }


def available(python: str) -> dict[str, str]:
    """Return peer → version of those that ``python`` can import."""
    found = {}
    for name, (package, _) in PEERS.items():
        code = (
            f"import {package}; from importlib.metadata import version; print(version('{package}'))"
        )
        done = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8"
        )
        if done.returncode == 0:
            found[name] = f"{package} {done.stdout.split()[-1]}"
    return found


def own_versions() -> dict[str, str]:
    """Return the versions of what we run on."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def machine() -> dict[str, Any]:
    """Return the processor's name, cores and system; no host name, no clock."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line
            for line in info.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        model = names[0].split(":", 1)[1].strip() if names else model
    return {"processor": model, "cores": os.cpu_count(), "system": platform.system()}


if __name__ == "__main__":
    main()
