"""The bounds of `slack` against rational arithmetic, along the path of every vector of the cube."""

from fractions import Fraction

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.solvers.lattice import bases, slack
from tests.solvers.test_lattice_counts import all_errors


def exact(values):
    return [Fraction(v) for v in np.asarray(values, dtype=np.float64).tolist()]


def inner(a, b):
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def coefficients(U, x):
    """The integers u with u U = x, for a unimodular U."""
    u = np.rint(np.linalg.solve(U.T.astype(float), x.astype(float))).astype(np.int64)
    assert (u @ U == x).all()
    return u


def paths(X, z, radius, limit):
    """For each subset within radius: its coefficients, and v as the rows' own lattice has it."""
    basis = bases.reduced(bases.whole(X), X, z, radius)
    limits = slack.bounds(basis, X, 1 / radius)
    rows, t = [exact(row) for row in basis.gram.B], exact(basis.t)
    for mask in np.flatnonzero(all_errors(X, z) <= radius)[:limit].tolist():
        x = np.array([(mask >> (len(X) - 1 - i)) & 1 for i in range(len(X))][::-1])
        u = coefficients(basis.U, x - basis.x0)
        v = [
            a + inner(u.tolist(), column)
            for a, column in zip(t, zip(*rows, strict=True), strict=True)
        ]
        yield basis, limits, u, v


@pytest.mark.parametrize(
    ("n", "d", "lengths"), [(10, 2, 0), (9, 4, 0), (8, 3, 6), (7, 9, 0), (11, 1, 3)]
)
def test_no_vector_of_the_cube_is_beyond_the_bounds(n, d, lengths):
    """⟨v, w⟩ ≥ s − Δ, |a| ≤ reach, low ≤ u ≤ high, s ≤ square, sums within 1 + eta."""
    checked = 0
    for seed in range(3):
        X = sample("normal", n, d, seed) * np.logspace(0, lengths, n)[:, None]
        z = sample_target(d, seed)
        radius = float(np.sort(all_errors(X, z))[15])
        for basis, limits, u, v in paths(X, z, radius, 16):
            Q, c, mu = basis.gram.Q, basis.gram.c, basis.gram.mu
            assert limits.sound
            assert all(abs(s) <= 1 + Fraction(limits.eta) for s in v[n : n + d])
            w, square = limits.rest.copy(), limits.rest_square
            for k in range(len(u) - 1, -1, -1):
                middle = -(u[k + 1 :] @ mu[k + 1 :, k]) - limits.centre[k]
                a = u[k] - middle
                w, square = w + a * Q[k], square + a * a * c[k]
                assert limits.low[k] <= u[k] <= limits.high[k]
                assert abs(a) <= limits.reach[k]
                assert square <= limits.square
                product = inner(v, exact(w))
                assert product >= Fraction(square) - Fraction(limits.delta)
                along = inner(v, exact(Q[k]))
                assert abs(along) <= Fraction(limits.reach[k]) * Fraction(c[k])
                assert (
                    square
                    <= np.abs(w).sum() * (1 + 1e-12)
                    + limits.delta
                    + 4 * limits.eta * np.abs(w).sum()
                )
                checked += 1
    assert checked > 300


def test_the_bounds_are_not_idle():
    """Without its slack Δ the inequality fails for some vector, by rounding alone."""
    failed = 0
    for seed in range(6):
        X, z = sample("normal", 9, 3, seed), sample_target(3, seed)
        radius = float(np.sort(all_errors(X, z))[15])
        for basis, limits, u, v in paths(X, z, radius, 16):
            w, square = limits.rest.copy(), limits.rest_square
            for k in range(len(u) - 1, -1, -1):
                a = u[k] + u[k + 1 :] @ basis.gram.mu[k + 1 :, k] + limits.centre[k]
                w, square = w + a * basis.gram.Q[k], square + a * a * basis.gram.c[k]
                failed += inner(v, exact(w)) < Fraction(square)
    assert failed > 0
