"""How large targets may be: python -m benchmarks.reach [--out FILE].

Error of the beam over the target, ‖Σ − z‖₂ / ‖z‖₂, for normally-scaled normal candidates and
normal targets z of growing length ‖z‖₂ = share · n, medians over instances; the length that errs
least, and the error at the longest that gain="reach" allows (`slth.tickets.whole.gains`), half of
it (a power of two may miss it by so much) and at the best. A table, with --out also as JSON.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from slth.ensembles import sample
from slth.solvers import solve_batch
from slth.tickets.whole.gains import PER_CANDIDATE, PER_DIMENSION

SHARES = 2.0 ** np.arange(-10, 0.5, 0.5)
POINTS = [(d, ratio * d) for d in (9, 25, 100, 400) for ratio in (3, 5, 10, 20, 40)]


def main() -> None:
    """Measure every point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=30)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = []
    for d, n in POINTS:
        rows.append(_point(d, n, asked.instances))
        print("  ".join(f"{k} {v:.3g}" for k, v in rows[-1].items()), flush=True)
    if asked.out:
        asked.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _point(d: int, n: int, instances: int) -> dict[str, Any]:
    X = np.stack([sample("nsn", n, d, seed) for seed in range(instances)])
    Z = np.stack([np.random.default_rng([7, seed]).standard_normal(d) for seed in range(instances)])
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    errors = [_error(X, Z, share * n) for share in SHARES]
    best = int(np.argmin(errors))
    most = PER_CANDIDATE * n + PER_DIMENSION * d
    return {
        "d": d,
        "n": n,
        "best_share": float(SHARES[best]),
        "rule_share": most / n,
        "best": errors[best],
        "rule": _error(X, Z, most),
        "half": _error(X, Z, most / 2),
    }


def _error(X: np.ndarray, Z: np.ndarray, length: float) -> float:
    found = solve_batch(X, length * Z, solver="beam", threads=1)
    sums = np.einsum("bn,bnd->bd", found.keep.astype(float), X)
    return float(np.median(np.linalg.norm(sums / length - Z, axis=1)))


if __name__ == "__main__":
    main()
