"""Every solver at every budget and scale against exact arithmetic: no warning, no false proof."""

from fractions import Fraction

import numpy as np
import pytest

import slth
from slth.problem import Status
from tests.solvers.solver_checks import EXACT
from tests.sweeps import swept

BUDGETS = [1, 2, 3, 10, 100, 1000, None]
SCALES = [1e-320, 1e-307, 1e-160, 1.0, 1e150, 1e300, 9e306]
KINDS = ["alike", "mixed", "far target", "near target", "sparse", "zero", "equal"]
SLOW = ("milp", "lp_rounding")  # HiGHS: one budget of each kind and scale


def instance(kind, scale, d, seed):
    """At most seven candidates (n, d), and a target, of one kind and size."""
    rng = np.random.default_rng([KINDS.index(kind), SCALES.index(scale), d, seed])
    n = int(rng.integers(1, 8))
    X, z = rng.uniform(-1, 1, (n, d)), rng.uniform(-2, 2, d)
    if kind == "mixed":
        X *= 10.0 ** rng.uniform(-300, 0, (n, 1))
    elif kind == "far target":
        X, z = 1e-200 * X, z * np.array([1, 1e-3, 1e-6])[:d]
    elif kind == "near target":
        z *= 1e-200
    elif kind == "sparse":
        X *= rng.random((n, d)) < 0.3
    elif kind == "zero":
        X, z = 0 * X, z * int(rng.integers(0, 2))
    elif kind == "equal":
        X, z = np.full((n, d), 0.5), rng.integers(0, 5, d) / 4
    return scale * X, scale * z


def exact_errors(X, z):
    """‖Σ_S X_i − z‖_∞ of every subset by its mask, and Σ|X_i| + |z|, as fractions."""
    rows = [[Fraction(v) for v in row] for row in X.tolist()]
    goal = [Fraction(v) for v in z.tolist()]
    sums = [[Fraction(0)] * len(goal)]
    for row in rows:
        sums += [[a + b for a, b in zip(total, row, strict=True)] for total in sums]
    errors = [max(abs(a - b) for a, b in zip(total, goal, strict=True)) for total in sums]
    columns = zip(*rows, goal, strict=True)
    return errors, max(sum(abs(v) for v in column) for column in columns)


def check(s, solver, X, z, eps, budget):
    errors, total = exact_errors(X, z)
    rounding = total * (len(X) + 3) / 2**51
    true = errors[sum(1 << i for i in np.flatnonzero(s.keep).tolist())]
    assert abs(Fraction(s.error) - true) <= rounding
    assert true <= max(abs(Fraction(v)) for v in z.tolist()) + rounding
    assert (s.status is Status.HIT) == (eps is not None and s.error <= eps)
    if s.status in (Status.OPTIMAL, Status.NO_HIT):
        assert solver in EXACT
    if s.proved:
        assert true <= min(errors) + rounding or s.status is Status.NO_HIT
    if s.status is Status.NO_HIT:
        assert min(errors) > Fraction(eps) - rounding
    if budget is None and solver in EXACT:
        assert s.status is not Status.BUDGET


@pytest.mark.parametrize("solver", slth.solvers())  # type: ignore[operator]
@pytest.mark.parametrize("scale", swept(SCALES, 2))
def test_scales_and_budgets(solver, scale):
    for k, kind in enumerate(KINDS):
        first = (k + SCALES.index(scale)) % len(BUDGETS)
        for budget in BUDGETS[first:][:1] if solver in SLOW else BUDGETS:
            d = 1 + (k + (budget or 0)) % 3
            X, z = instance(kind, scale, d, budget or 0)
            for eps in (None, [5e-324, 1e308, scale / 8][(k + d) % 3]):
                decide = eps is not None and k % 2 == 0
                s = slth.solve(X, z, eps, solver, budget, decide=decide, threads=1)
                check(s, solver, X, z, eps, budget)


@pytest.mark.parametrize("solver", slth.solvers())  # type: ignore[operator]
@pytest.mark.parametrize("power", [-1040, -700, 700, 1010])
def test_a_power_of_two_changes_nothing_but_the_error(solver, power):
    rng = np.random.default_rng(abs(power))
    for d in (1, 2):
        X, z = rng.integers(-99, 100, (9, d)) / 8, rng.integers(-99, 100, d) / 8
        plain = slth.solve(X, z, 0.25, solver, 500, threads=1)
        scaled = slth.solve(
            np.ldexp(X, power), np.ldexp(z, power), float(np.ldexp(0.25, power)), solver, 500
        )
        assert (scaled.keep == plain.keep).all()
        assert (scaled.status, scaled.work) == (plain.status, plain.work)
        assert scaled.error == np.ldexp(plain.error, power)


@pytest.mark.parametrize("solver", EXACT)
def test_a_batch_of_all_scales_is_solved_one_by_one(solver):
    rng = np.random.default_rng(5)
    units = np.array(SCALES)
    for d in (1, 2):
        X = units[:, None, None] * rng.uniform(-1, 1, (len(units), 7, d))
        Z = units[:, None] * rng.uniform(-1, 1, (len(units), d))
        batch = slth.solve_batch(X, Z, solver=solver)
        for k, (x, z) in enumerate(zip(X, Z, strict=True)):
            one = slth.solve(x, z, solver=solver)
            assert (one.keep == batch.keep[k]).all()
            assert (one.error, one.status) == (batch.error[k], batch.status[k])
