"""Time exact solvers where lattices win: python -m benchmarks.lattice [--folder DIR] [--seeds N].

Market split (Cornuéjols and Dawande 1999): m equations in 10(m − 1) unknowns, entries uniform in
[0, D), right-hand sides the rounded-down halves of the row sums; all solutions are counted. The
instances are those of a folder in QOBLIB's format (01-marketsplit, CC BY 4.0, ``*.dat``), or drawn
by its rule. Reals: normal and nsn candidates, targets uniform in the cube; every hit at eps = the
expected optimum, or the first, and the least error with proof. Beside lattice enumeration,
meet-in-the-middle where it takes the instance and is predicted to end; of market split also
solvediophant (Wassermann 2021: all solutions, BKZ with blocks of 40 as in its own scripts) where
``--solvediophant`` names its program sd2: its counts must be the same. Times are CPU seconds of one
thread, compiled; medians over seeds, with the range, and the ratio of the medians.
"""

import argparse
import json
import math
import re
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import slth
from benchmarks.run import machine
from slth import seeding
from slth.ensembles import sample, sample_target
from slth.solvers._all import LARGEST_CAP
from slth.solvers._auto import exact_work

SPLITS = ((4, 50), (5, 50), (6, 50), (6, 100), (7, 200))
LONG_SPLITS = ((7, 50), (7, 100), (8, 200))
HITS = (("normal", 9, 50), ("nsn", 9, 50), ("nsn", 9, 57), ("nsn", 9, 64))
FIRST_HIT = (("nsn", 12, 60), ("nsn", 16, 60), ("nsn", 18, 60))
LONG_HITS = (("normal", 9, 57), ("normal", 9, 60), ("nsn", 9, 68), ("nsn", 9, 74))
LEAST = (("normal", 4, 44), ("normal", 6, 44), ("normal", 9, 44), ("nsn", 9, 57))
LONG_LEAST = (("normal", 9, 57),)
AFFORDABLE = 2.0**32  # predicted pairs of meet-in-the-middle; some ten seconds
Row = dict[str, Any]


def market_split(m: int, largest: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A (n, m) and b (m,) of QOBLIB's rule."""
    rng = seeding.generator(seed, "market split", m, largest)
    A = rng.integers(0, largest, (10 * (m - 1), m))
    return A, A.sum(axis=0) // 2


def read_market_split(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """A (n, m) and b (m,) of a file: comments, m n, then m rows of n + 1 integers."""
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and line[0] != "#"
    ]
    m, n = map(int, lines[0].split()[:2])
    rows = np.array([[int(v) for v in line.split()] for line in lines[1 : m + 1]])
    if rows.shape != (m, n + 1):
        raise ValueError(f"folder: got {path} with rows of shape {rows.shape}, takes {(m, n + 1)}")
    return rows[:, :n].T, rows[:, n]


def threshold(n: int, d: int) -> float:
    """½√(πen/2)·2^(−n/d): about one hit of normal candidates is expected."""
    return 0.5 * math.sqrt(math.pi * math.e * n / 2) * 2.0 ** (-n / d)


def cpu(work: Callable[[], Any]) -> tuple[Any, float]:
    """What work returns, and its CPU seconds."""
    start = time.process_time()
    out = work()
    return out, time.process_time() - start


def summary(name: str, lattice: list[float], other: list[float], **facts: Any) -> Row:
    """Medians, ranges and their ratio."""
    row: Row = {
        "work": name,
        "median": statistics.median(lattice),
        "range": [min(lattice), max(lattice)],
    }
    if other:
        row |= {"mitm": statistics.median(other), "ratio": statistics.median(other) / row["median"]}
    return row | facts


def solvediophant(program: Path, A: np.ndarray, b: np.ndarray) -> tuple[int, float]:
    """The number of all solutions by another program, and its CPU seconds."""
    rows = [" ".join(map(str, (*row, right))) for row, right in zip(A.T, b, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance.dat"
        instance.write_text("\n".join([f"{len(b)} {len(A)} 1", *rows, ""]), encoding="utf-8")
        command = [
            str(program.resolve()),
            "-bkz",
            "-beta40",
            f"-o{folder}/solutions",
            str(instance),
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"Total number of solutions: (\d+)", done.stderr + done.stdout)
    if found is None:
        raise ValueError(
            f"solvediophant: got {program}, which counted nothing: {done.stderr[-200:]}"
        )
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(found[1]), seconds


def splits(
    instances: list[tuple[str, np.ndarray, np.ndarray]], program: Path | None
) -> Iterator[Row]:
    """All solutions by the lattice; mitm decides whether there is one, for up to 4 equations.

    program: solvediophant's, which counts all solutions too.
    """
    for name in dict.fromkeys(name for name, _, _ in instances):
        lattice, other, counts, peer = [], [], [], []
        for _, A, b in (entry for entry in instances if entry[0] == name):
            hits, seconds = cpu(partial(slth.solve_all, A, b, 0, cap=LARGEST_CAP // 64))
            assert hits.complete
            lattice.append(seconds)
            counts.append(len(hits))
            if A.shape[1] <= 4:
                found, seconds = cpu(partial(slth.solve, A, b, 0, "mitm", threads=1, decide=True))
                assert (found.status is slth.Status.HIT) == (len(hits) > 0)
                other.append(seconds)
            if program:
                count, seconds = solvediophant(program, A, b)
                assert count == len(hits)
                peer.append(seconds)
        more = {"solvediophant": statistics.median(peer)} if peer else {}
        yield summary(name, lattice, other, counts=counts, **more)


def reals(cases: tuple[tuple[str, int, int], ...], question: str, seeds: int) -> Iterator[Row]:
    """One question at the threshold, to both solvers."""
    ask = QUESTIONS[question]
    for ensemble, d, n in cases:
        lattice, other, found = [], [], []
        for seed in range(1000, 1000 + seeds):
            X, z = sample(ensemble, n, d, seed), sample_target(d, seed)
            answer, seconds = ask("lattice", X, z)
            lattice.append(seconds)
            found.append(answer)
            if n <= 64 and exact_work(n, d) <= AFFORDABLE:
                same, seconds = (first if question == "every hit" else ask)("mitm", X, z)
                other.append(seconds)
                assert math.isclose(same, bool(answer) if question == "every hit" else answer)
        yield summary(f"{question}, {ensemble}, d = {d}, n = {n}", lattice, other, found=found)


def every(solver: str, X: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """The number of hits at the threshold; of the lattice solver alone."""
    hits, seconds = cpu(lambda: slth.solve_all(X, z, threshold(*X.shape), cap=10**6))
    assert hits.complete
    return len(hits), seconds


def first(solver: str, X: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """Whether there is a hit at the threshold."""
    eps = threshold(*X.shape)
    s, seconds = cpu(lambda: slth.solve(X, z, eps, solver, threads=1, decide=True))
    assert s.status in (slth.Status.HIT, slth.Status.NO_HIT)
    return float(s.status is slth.Status.HIT), seconds


def least(solver: str, X: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """The least error, proved."""
    s, seconds = cpu(lambda: slth.solve(X, z, solver=solver, threads=1))
    assert s.proved
    return s.error, seconds


QUESTIONS = {"every hit": every, "first hit or none": first, "least error": least}


def rows(folder: Path | None, seeds: int, long: bool, program: Path | None = None) -> Iterator[Row]:
    """Every row of the report."""
    if folder is None:
        sizes = SPLITS + (LONG_SPLITS if long else ())
        yield from splits(
            [
                (f"market split, m = {m}, D = {D}", *market_split(m, D, seed))
                for m, D in sizes
                for seed in range(seeds)
            ],
            program,
        )
    else:
        files = sorted(folder.glob("*.dat"))
        if not files:
            raise ValueError(
                f"folder: got {folder}, which holds no *.dat; takes QOBLIB's instances"
            )
        yield from splits([(path.name[:9], *read_market_split(path)) for path in files], program)
    yield from reals(HITS + (LONG_HITS if long else ()), "every hit", seeds)
    yield from reals(FIRST_HIT, "first hit or none", seeds)
    yield from reals(LEAST + (LONG_LEAST if long else ()), "least error", seeds)


def main() -> None:
    """Print a line per row; write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="of QOBLIB's market split instances")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--long", action="store_true", help="cases of seconds to minutes per seed")
    parser.add_argument("--solvediophant", type=Path, help="its program sd2")
    parser.add_argument("--out", type=Path, help="write the rows as JSON")
    options = parser.parse_args()
    X, z = sample("normal", 12, 3, 0), sample_target(3, 0)
    slth.solve_all(X, z, 0.1)  # compile
    slth.solve_all(np.arange(12).reshape(6, 2), [3, 4], 0)
    for solver in ("lattice", "mitm"):
        slth.solve(X, z, solver=solver, threads=1)
        slth.solve(X, z, 0.1, solver=solver, threads=1, decide=True)
    out = []
    for row in rows(options.folder, options.seeds, options.long, options.solvediophant):
        low, high = row["range"]
        beside = f"  mitm {row['mitm']:.2f} s, ratio {row['ratio']:.1f}" if "mitm" in row else ""
        if "solvediophant" in row:
            beside += f"  solvediophant {row['solvediophant']:.2f} s"
        print(f"{row['work']}: {row['median']:.3f} s ({low:.3f}–{high:.3f}){beside}", flush=True)
        out.append(row)
    if options.out:
        report = {"machine": machine(), "seeds": options.seeds, "rows": out}
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
