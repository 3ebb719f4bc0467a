"""All targets at once for vectors of every length: a union bound given the candidates, clumped."""

import itertools
import math

import numpy as np
from scipy.special import logsumexp

from slth import seeding
from slth.checks import FloatArray
from slth.ensembles import Ensemble
from slth.theory._nodes import legendre

CLUSTER = 4  # shortest candidates, whose sums hit together, as in `refined_probability`
SAMPLES = {1: 256, 2: 256, 3: 96}  # draws of the candidates
NODES = {1: 48, 2: 24, 3: 12}  # Gauss-Legendre, a coordinate of the cube
POINTS = 24  # of a cluster's cubes, to measure their overlap


class Clumps:
    """Draws of the candidates, (N, n, d), and what a bound at any cell needs of them."""

    def __init__(self, law: Ensemble, n: int, d: int) -> None:
        N = SAMPLES[d]
        X = law.draw(N * n, d, seeding.child(0, "clumped union", law.name, n, d))
        X = X.reshape(N, n, d)
        self.n, self.d, self.m = n, d, min(CLUSTER, n)
        self.centre = X.sum(axis=1) / 2
        self.M = np.einsum("kij,kil->kjl", X, X) / 4
        order = np.argsort(np.abs(X).max(axis=2), axis=1, kind="stable")[:, : self.m]
        shortest = np.take_along_axis(X, order[..., None], axis=1)
        patterns = np.array(list(itertools.product([0.0, 1.0], repeat=self.m)))
        self.sums = np.einsum("pm,kmd->kpd", patterns, shortest)
        x, w = legendre(NODES[d])
        self.z = np.array(list(itertools.product(x, repeat=d)))
        self.log_weights = np.log(np.array(list(itertools.product(w / 2, repeat=d)))).sum(axis=1)
        rng = seeding.generator(0, "clumped union points", law.name, n, d)
        self.picks = rng.integers(0, len(patterns), (POINTS, N))
        self.steps = rng.uniform(-1, 1, (POINTS, N, d))

    def bound(self, eps: float, t: float) -> float:
        """E_X[(1 − Σ_c e^{−λ_c})₊] for cells of side t·eps.

        λ_c = 2^(n−m) V φ(c): a translate of the sums of the m shortest hits the cube of half side
        h = (1 − t/2) eps about a centre c when one of its 2^m sums does, so when it lies in a union
        of 2^m cubes, of volume V = 2^m (2h)^d E[1/C] (as in `refined_probability`), and translates
        have the density φ of N(T/2, M + h²/3), M = ¼ Σ X Xᵀ. A larger m lowers the bound, as fewer
        translates are left, which lie more evenly than a Poisson process: at n = 13, d = 2 and the
        median radius .22 for m = 4, .15 for 6, .04 for 9.
        """
        h = (1 - t / 2) * eps
        log_clumps = self.n * math.log(2) + self.d * math.log(2 * h) + np.log(self._distinct(h))
        levels = log_clumps[:, None] + self._log_density(h)
        cells = self.d * math.log(max(2 / (t * eps), 1.0))
        missed = logsumexp(self.log_weights - np.exp(np.minimum(levels, 700.0)), axis=1)
        return float(np.maximum(1 - np.exp(np.minimum(cells + missed, 1.0)), 0).mean())

    def _log_density(self, h: float) -> FloatArray:
        """Log φ at the nodes of the cube, (N, nodes)."""
        root = np.linalg.cholesky(self.M + h * h / 3 * np.eye(self.d))
        log_det = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        away = np.linalg.solve(root, (self.z[None] - self.centre[:, None]).transpose(0, 2, 1))
        density: FloatArray = -0.5 * (away**2).sum(axis=1) - log_det[:, None]
        return density - 0.5 * self.d * math.log(2 * math.pi)

    def _distinct(self, h: float) -> FloatArray:
        """E[1/C] of each draw, (N,): C cubes of half side h lie over a random point of a cube."""
        inverse, rows = np.zeros(len(self.sums)), np.arange(len(self.sums))
        for pick, step in zip(self.picks, self.steps, strict=True):
            point = self.sums[rows, pick] + h * step
            inside = (np.abs(point[:, None] - self.sums) <= h * (1 + 1e-12)).all(axis=2)
            inverse += 1.0 / np.maximum(inside.sum(axis=1), 1)
        return inverse / POINTS
