"""Time the beam beside the k-list: python -m benchmarks.beam [--out FILE] [--quick].

Batches of normally-scaled normal candidates, X_i = a_i v_i, lengths and directions drawn anew for
every instance (one draw of the lengths moves the error of a whole batch by a third), targets of
deviation 0.15. Times are CPU seconds of one thread, after a warm-up, the least of three rounds; the
solvers take turns in every round. `batch` is `slth.solve_batch`, checks included; `pool` is
`slth.solvers.beam.search` on the same problems, given as factors and directions, a call a problem
since the factors differ; `klist` gets 2^17 and 2^20 pairs. A ratio is to klist of 2^20 in the same
run. `bar` is what was asked for: median error and problems per second.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import slth
from benchmarks.run import machine
from slth import seeding
from slth.checks import FloatArray
from slth.solvers._base import Solver
from slth.solvers.beam import search
from slth.solvers.beam.solver import Beam

SEED = 20_261_129
DEVIATION = 0.15
ROUNDS = 3
WIDTHS = (64, 256, 1024)
PAIRS = (17, 20)  # log2 of klist's budgets
FEW = 20  # instances of a solver that takes 10 ms and more
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """d, n; bar: the median error and the problems per second asked for; count: instances."""

    d: int
    n: int
    error: float
    speed: int
    count: int = 200


FULL = (
    Size(9, 200, 0.043, 8000),
    Size(9, 1000, 0.0085, 3000),
    Size(18, 1000, 0.035, 2000),
    Size(25, 1000, 0.067, 1600),
    Size(25, 4000, 0.017, 600),
)
QUICK = (Size(5, 60, 1.0, 1, 6),)


def instances(size: Size) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Factors (count, n), directions (count, n, d) and targets (count, d)."""
    rng = seeding.generator(SEED, "beam", size.d, size.n)
    a = rng.standard_normal((size.count, size.n))
    V = rng.standard_normal((size.count, size.n, size.d))
    return a, V, DEVIATION * rng.standard_normal((size.count, size.d))


def measure(size: Size) -> list[Row]:
    """One row per method: median and worst error, problems per CPU second, ratios to klist."""
    a, V, Z = instances(size)
    X = a[..., None] * V
    few = min(FEW, size.count)

    def batch(solver: str | Solver, count: int, budget: int | None = None) -> FloatArray:
        return slth.solve_batch(X[:count], Z[:count], None, solver, budget, threads=1).error

    def pool() -> FloatArray:
        problems = zip(a, V, Z, strict=True)
        return np.concatenate([search(f, v, z[None], threads=1).error for f, v, z in problems])

    methods: dict[str, tuple[Callable[[], FloatArray], int]] = {
        f"batch {w}": (lambda w=w: batch(Beam(width=w), size.count), size.count)  # type: ignore[misc]
        for w in WIDTHS
    }
    methods["pool 256"] = pool, size.count
    for k in PAIRS:
        methods[f"klist 2^{k}"] = (lambda k=k: batch("klist", few, 2**k)), few  # type: ignore[misc]
    times = dict.fromkeys(methods, np.inf)
    errors: dict[str, FloatArray] = {}
    for turn in range(ROUNDS + 1):  # the first warms up
        for name, (method, count) in methods.items():
            start = time.process_time()
            errors[name] = method()
            if turn:
                times[name] = min(times[name], (time.process_time() - start) / count)
    last = f"klist 2^{PAIRS[-1]}"
    return [
        {
            "d": size.d,
            "n": size.n,
            "method": name,
            "instances": count,
            "median": float(np.median(errors[name])),
            "worst": float(errors[name].max()),
            "per_second": 1 / times[name],
            "error_ratio": float(np.median(errors[name][:few]) / np.median(errors[last])),
            "speed_ratio": times[last] / times[name],
            "bar": [size.error, size.speed] if name == "batch 256" else None,
        }
        for name, (_, count) in methods.items()
    ]


def line(row: Row) -> str:
    """One row for people."""
    bar = f", asked {row['bar'][0]:g} at {row['bar'][1]}/s" if row["bar"] else ""
    return (
        f"d = {row['d']}, n = {row['n']}, {row['method']:<10} median {row['median']:.4f}, worst "
        f"{row['worst']:.4f}, {row['per_second']:.0f}/s; to klist: error {row['error_ratio']:.2f}, "
        f"speed {row['speed_ratio']:.1f}{bar}"
    )


def main() -> None:
    """Parse the arguments, measure, print and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="write the rows as JSON")
    parser.add_argument("--quick", action="store_true", help="one tiny size, a second")
    chosen = parser.parse_args()
    rows: list[Row] = []
    for size in QUICK if chosen.quick else FULL:
        for row in measure(size):
            print(line(row), flush=True)
            rows.append(row)
    if chosen.out:
        report = {"machine": machine(), "rows": rows}
        chosen.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
