"""Refined prediction: given all candidates, not only their total, and hits counted in clumps."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike

from slth import checks, seeding
from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory import arguments

CLUSTER = 4  # shortest candidates whose sums hit together
POINTS = 32  # of a cluster's cubes, to measure the overlap
CHUNK = 2**21  # float64 entries of candidates held at once: 16 MiB
SQUARES = 2**25  # of covariances: 256 MiB


def refined_probability(
    ensemble: str | Ensemble,
    n: int,
    d: int,
    eps: float,
    z: ArrayLike | None = None,
    samples: int = 4096,
    seed: int = 0,
) -> float:
    """P(some subset of n candidates is within eps of z) ≈ E_X[1 − (1 − V φ(z))^(2^(n−m))].

    Two corrections of `success_probability`. (1) φ is the density of N(T/2, M), T = Σ X_i,
    M = ¼ Σ X_i X_iᵀ + eps²/3·I: the covariance that the sums of these candidates really have over a
    cube of side 2 eps, where the simple formula takes its mean, and T/2 is no longer free of it.
    (2) Sums that differ by short candidates only hit together. With B the m = 4 shortest, in sup
    norm, the sums are 2^(n−m) translates of {Σ_P X : P ⊆ B}, and one translate hits when z lies in
    the union of its cubes, of volume V = 2^m (2 eps)^d E[1/C], C the number of cubes over a random
    point of a random one (the clump heuristic, Aldous 1989).

    z: (d,), a scalar for every coordinate, or None: uniform on the cube. E_X is a Monte Carlo mean
    over ``samples`` draws from ``seed``: standard error at most 0.5/√samples. Ensembles with a
    density only, ValueError for others. Cost: O(samples (n d² + d³)), 0.3 s at n = 32, d = 4.
    Against brute force at n = 8 and 12, 1000 instances (±0.015) at rates .2, .5, .8: for d >= 2
    within 0.08, worst where eps is of the order of σ (0.12 low at uniform n = 4, d = 2, rate .8);
    at eps = 0.05 and d = 2, 3, 4 within about 0.02 on average. Slightly better than the simple
    formula, which has a gain of its own, for d >= 2 and small eps; worse at d = 1, where it is too
    low at high success (normal, uniform and nsn, n = 8, rate .8: by 0.05, 0.02 and 0.05). Source:
    derived; checked against brute force in tests.

    >>> round(slth.theory.refined_probability("normal", n=12, d=2, eps=0.1, samples=256), 2)
    0.86
    """
    law, d = arguments.law(ensemble, d)
    if law.step:
        raise ValueError(f"ensemble: got {law.name!r}, takes one with a density, not integers")
    n, eps = arguments.size("n", n, low=1), checks.positive("eps", eps)
    samples = checks.integer("samples", samples, low=1)
    target = None if z is None else arguments.target(z, d)
    step = max(1, min(CHUNK // (n * d), SQUARES // d**2))
    total = 0.0
    for start in range(0, samples, step):
        count = min(step, samples - start)
        rng = seeding.generator(seed, "refined", law.name, n, d, start)
        X = law.draw(count * n, d, seeding.child(seed, "refined candidates", n, d, start))
        targets = rng.uniform(-1, 1, (count, d)) if target is None else np.tile(target, (count, 1))
        total += float(_chances(X.reshape(count, n, d), targets, eps, rng).sum())
    return min(total / samples, 1.0)


def _chances(X: FloatArray, z: FloatArray, eps: float, rng: np.random.Generator) -> FloatArray:
    """The formula given X (N, n, d) and z (N, d): (N,); 1 where the empty subset hits."""
    n, d = X.shape[1:]
    m = min(CLUSTER, n)
    log_cube = d * math.log(2 * eps)
    log_volume = m * math.log(2) + log_cube + np.log(_distinct(X, m, eps, rng))
    share = np.exp(np.minimum(log_volume + _log_density(X, z, eps), 0.0))
    with np.errstate(divide="ignore"):
        missed = np.exp(2.0 ** min(n - m, 1000) * np.log1p(-share))
    return np.where(np.abs(z).max(axis=1) <= eps, 1.0, 1.0 - missed)


def _log_density(X: FloatArray, z: FloatArray, eps: float) -> FloatArray:
    """Log of the density of N(T/2, M) at z."""
    d = X.shape[2]
    M = np.einsum("kij,kil->kjl", X, X) / 4 + eps**2 / 3 * np.eye(d)
    root = np.linalg.cholesky(M)
    away = np.linalg.solve(root, (z - X.sum(axis=1) / 2)[..., None])[..., 0]
    log_det = 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    density: FloatArray = -0.5 * (d * math.log(2 * math.pi) + log_det + (away**2).sum(axis=1))
    return density


def _distinct(X: FloatArray, m: int, eps: float, rng: np.random.Generator) -> FloatArray:
    """E[1/C] of the m shortest candidates of each sample, (N,), from POINTS points."""
    N, _, d = X.shape
    order = np.argsort(np.abs(X).max(axis=2), axis=1, kind="stable")[:, :m]
    shortest = np.take_along_axis(X, order[..., None], axis=1)
    patterns = np.array(list(itertools.product([0.0, 1.0], repeat=m)))
    sums = np.einsum("pm,kmd->kpd", patterns, shortest)
    inverse = np.zeros(N)
    for _ in range(POINTS):
        centre = sums[np.arange(N), rng.integers(0, len(patterns), N)]
        point = centre + rng.uniform(-eps, eps, (N, d))
        inside = (np.abs(point[:, None] - sums) <= eps * (1 + 1e-12)).all(axis=2)
        inverse += 1.0 / np.maximum(inside.sum(axis=1), 1)  # its own cube, whatever the rounding
    return inverse / POINTS
