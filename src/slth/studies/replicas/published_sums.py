"""Figures others published for d = 1, computed again: LeNet-5's weights, Burkholz's failures."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from slth import checks, seeding
from slth.checks import FloatArray
from slth.intervals import clopper_pearson
from slth.problem import Status
from slth.solvers._solve import solve_batch

LENET = {"conv1": (6, 1, 5, 5), "conv1 bias": (6,), "conv2": (16, 6, 5, 5), "conv2 bias": (16,)}
CHUNK = 1 << 14  # instances at a time
CONFIDENCE = 0.95  # of the intervals of failure rates
FACTORS = {1: "one uniform", 2: "product of two uniforms"}


def lenet_weights(seed: int = 0) -> FloatArray:
    """2 572 numbers with the shapes of LeNet-5's convolutions, U[-1/√fan-in, 1/√fan-in].

    The published experiment used trained ones, on MNIST and Fashion-MNIST: pass those where they
    are at hand.
    """
    fans = {"conv1": 25, "conv1 bias": 25, "conv2": 150, "conv2 bias": 150}
    return np.concatenate(
        [
            seeding.generator(seed, "lenet", name).uniform(-1, 1, shape).ravel() / fans[name] ** 0.5
            for name, shape in LENET.items()
        ]
    )


def tensor_error(weights: FloatArray, error: FloatArray) -> float:
    """Max over the four tensors of LENET of max|error| / max|weight|, both (2572,) in that order.

    A tensor of zeros is left out. The error of da Cunha, Natale, Viennot, ICLR 2022, by their code.
    """
    ends = np.cumsum([math.prod(shape) for shape in LENET.values()])
    parts = zip(np.split(weights, ends[:-1]), np.split(error, ends[:-1]), strict=True)
    pairs = [(float(np.abs(w).max()), float(np.abs(e).max())) for w, e in parts]
    return max(most / size for size, most in pairs if size > 0)


def nearest_sums(weights: FloatArray, n: int, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Nearest subset sum of n uniforms on [-1, 1] of each weight's own, and its error, (weights,).

    Exact (meet-in-the-middle). Cost: 2^{n/2} per weight.
    """
    X = seeding.generator(seed, "weight errors", n).uniform(-1.0, 1.0, (len(weights), n))
    found = solve_batch(X, weights, solver="mitm", threads=1)
    return np.where(found.keep, X, 0.0).sum(axis=1), found.error


def weight_errors(weights: FloatArray, sizes: Sequence[int], seed: int = 0) -> pd.DataFrame:
    """Least error of each weight with n uniforms on [-1, 1] of its own; a row for each n.

    Columns: n, weights, max_error, max_relative_error (error / |w|, the weight's own; zero weights
    left out; what was published divides as `tensor_error` does), hits at error .01. Exact
    (meet-in-the-middle). Source of the experiment: da Cunha, Natale, Viennot, ICLR 2022. Cost:
    2^{n/2} per weight.
    """
    z = checks.array("weights", weights, (1,), "(weights,)")
    size = np.abs(z)
    rows = []
    for n in sizes:
        error = nearest_sums(z, n, seed)[1]
        relative = error[size > 0] / size[size > 0]
        rows.append((n, len(z), error.max(), relative.max(), int((error <= 0.01).sum())))
    names = ["n", "weights", "max_error", "max_relative_error", "hits"]
    return pd.DataFrame(rows, columns=names)


def failure_rate(
    factors: int, n: int = 15, eps: float = 0.01, trials: int = 1_000_000, seed: int = 0
) -> dict[str, float]:
    """Share of targets U[-1, 1] that no subset of n candidates reaches within eps, with interval.

    factors: 1, candidates U[-1, 1]; 2, products of two. Returns trials, failures, rate, and its
    Clopper–Pearson interval low, high at 95 %. Recomputed from the cached data of
    Burkholz (NeurIPS 2022): 0.404 % and 3.55 % for n = 15, eps = .01. Cost: about 2 µs per trial.
    """
    checks.integer("factors", factors, low=1, high=2)
    trials = checks.integer("trials", trials, low=1)
    failures = 0
    for start in range(0, trials, CHUNK):
        B = min(CHUNK, trials - start)
        rng = seeding.generator(seed, "failure rate", FACTORS[factors], n, start)
        X, z = rng.uniform(-1.0, 1.0, (factors, B, n)).prod(axis=0), rng.uniform(-1.0, 1.0, B)
        answer = solve_batch(X, z, eps, "mitm", threads=1, decide=True)
        failures += int((answer.status != Status.HIT).sum())
    low, high = clopper_pearson(failures, trials, CONFIDENCE)
    rate = failures / trials
    return {"trials": trials, "failures": failures, "rate": rate, "low": low, "high": high}
