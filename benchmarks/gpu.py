"""Time the solvers on the CPU and on a CUDA device: `python benchmarks/gpu.py [--tensors]`.

Prints seconds of each and their ratio, same instances, warm-up excluded, median of 3, and checks
that exact errors agree. --tensors: without a GPU, run the same code on CPU tensors instead (a test
of the script; no prediction of a GPU). Exits with status 2 when there is no CUDA device.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import slth
from slth import devices as gpu
from slth.checks import FloatArray
from slth.solvers._solve import solve_batch

Work = Callable[[str], FloatArray]  # device → errors


def line(batch: int, n: int) -> Work:
    """Exact best subsets of d = 1."""
    X = np.stack([slth.sample("uniform", n=n, d=1, seed=s) for s in range(batch)])
    Z = np.linspace(-1, 1, batch)[:, None]
    return lambda device: solve_batch(X, Z, solver="mitm", device=device).error


def space(n: int, d: int, memory: int) -> Work:
    """The exact optimum of d >= 2."""
    X, z = slth.sample("normal", n=n, d=d, seed=1), np.linspace(-0.7, 0.7, d)
    return lambda device: np.array(
        [slth.solve(X, z, solver="mitm", device=device, memory=memory).error]
    )


def tree(n: int, d: int, budget: int) -> Work:
    """One k-list tree; errors differ by the pairs kept."""
    X, z = slth.sample("normal", n=n, d=d, seed=1), np.linspace(-0.7, 0.7, d)
    return lambda device: np.array(
        [slth.solve(X, z, solver="klist", device=device, budget=budget).error]
    )


def cases(small: bool) -> dict[str, tuple[Work, bool]]:
    """Name → work, and whether both devices must reach the same error."""
    gib = 2**30
    if small:
        return {
            "d = 1, 1000 instances, n = 21": (line(1000, 21), True),
            "d = 4, n = 36": (space(36, 4, 4 * gib), True),
            "k-list, d = 9, n = 100, budget 2^24": (tree(100, 9, 2**24), False),
        }
    return {
        "d = 1, 100 000 instances, n = 21": (line(100_000, 21), True),
        "d = 1, 1000 instances, n = 30": (line(1000, 30), True),
        "d = 4, n = 44": (space(44, 4, 16 * gib), True),
        "d = 4, n = 48": (space(48, 4, 16 * gib), True),
        "d = 8, n = 44": (space(44, 8, 16 * gib), True),
        "k-list, d = 9, n = 100, budget 2^32": (tree(100, 9, 2**32), False),
        "k-list, d = 36, n = 1000, budget 2^34": (tree(1000, 36, 2**34), False),
    }


def timed(work: Work, device: str) -> tuple[float, FloatArray]:
    """Median seconds of three calls after one that warms up; the errors."""
    error, seconds = work(device), []
    for _ in range(3):
        start = time.perf_counter()
        error = work(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), error


def main() -> int:
    """Run the cases."""
    parser = argparse.ArgumentParser(description="CPU against CUDA, as ratios")
    parser.add_argument("--tensors", action="store_true", help="CPU tensors instead of a GPU")
    tensors = parser.parse_args().tensors
    if tensors:
        gpu.available = lambda: True
        gpu.place = lambda device: torch.device("cpu")
    elif not torch.cuda.is_available():
        print("benchmarks/gpu.py: no CUDA device (torch.cuda.is_available() is False)")
        return 2
    print("device:", "CPU tensors" if tensors else torch.cuda.get_device_name())
    print(f"{'case':42} {'cpu s':>9} {'cuda s':>9} {'cpu/cuda':>9}  least errors")
    for name, (work, exact) in cases(tensors).items():
        (cpu, error), (cuda, other) = timed(work, "cpu"), timed(work, "cuda")
        if exact and np.abs(error - other).max() > 1e-12:
            print(f"{name}: errors differ by {np.abs(error - other).max():.1e}")
            return 1
        best = f"{error.min():.3g} {other.min():.3g}"
        print(f"{name:42} {cpu:9.4f} {cuda:9.4f} {cpu / cuda:9.3f}  {best}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
