"""The lattice solver against meet-in-the-middle, planted subsets, and unsound twins of itself."""

import dataclasses

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import sample, sample_target
from slth.problem import Status
from slth.solvers import _solve as front
from slth.solvers.lattice import bases, rounds, slack, unimodular
from slth.solvers.lattice.rounds import Round
from tests.solvers.solver_checks import check_solver, scale
from tests.solvers.test_lattice_counts import all_errors, between, hits, within

SIZES = [(30, 2), (32, 3), (34, 4), (30, 5), (28, 6), (26, 7), (30, 8), (28, 9)]


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("ensemble", ["normal", "nsn"])
def test_least_error_is_that_of_mitm(ensemble, n, d):
    for seed in range(4):
        X, z = sample(ensemble, n, d, seed), sample_target(d, seed)
        one, other = check_solver("lattice", X, z), check_solver("mitm", X, z)
        assert one.proved
        assert abs(one.error - other.error) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("decide", [False, True])
def test_integers_agree_with_mitm(decide):
    statuses = set()
    for seed in range(8):
        X = sample("quantized", 24, 3, seed)
        z = X[:5].sum(axis=0) if seed % 2 else sample_target(3, seed, "quantized")
        X, z = X.astype(int), z.astype(int)
        one = check_solver("lattice", X, z, 0, decide=decide)
        other = check_solver("mitm", X, z, 0, decide=decide)
        assert one.status is other.status
        assert decide or one.error == other.error
        statuses.add(one.status)
    assert Status.HIT in statuses


@pytest.mark.parametrize(("n", "d"), [(20, 2), (40, 9), (40, 16), (50, 12), (24, 20)])
def test_a_planted_subset_is_found_to_rounding(n, d):
    for seed in range(12):
        X = sample("nsn" if seed % 2 else "normal", n, d, seed)
        keep = seeding.generator(seed, "planted").random(n) < 0.5
        z = X[keep].sum(axis=0)
        s = front.solve(X, z, 1e-12 * scale(X, z), "lattice", threads=1, decide=bool(seed % 3))
        assert s.status is Status.HIT
        assert (s.keep == keep).all()


def test_no_hit_is_proved_where_there_is_none_and_never_where_one_is_planted():
    for seed in range(6):
        X, z = sample("normal", 36, 9, seed), sample_target(9, seed)
        least = check_solver("mitm", X, z).error
        for eps, status in ((0.999 * least, Status.NO_HIT), (1.001 * least, Status.HIT)):
            assert check_solver("lattice", X, z, eps, decide=True).status is status


def lost(twin):
    """Hits that an enumeration with other bounds loses while it claims to be complete."""
    missing = 0
    for seed in range(12):
        X, z = sample("normal", 12, 3, seed), sample_target(3, seed)
        errors = all_errors(X, z)
        radius = between(errors, 12)
        one = Round(bases.whole(X), X, z, radius)
        found = sum(within(X, z, radius, keep) for keep in hits(one))
        if one.complete:
            missing += int((errors <= radius).sum()) - found
    return missing


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b._replace(delta=b.delta - 0.5),
        lambda b: b._replace(square=0.8 * b.square),
        lambda b: b._replace(reach=0.8 * b.reach),
        lambda b: b._replace(low=b.low + 1),
        lambda b: b._replace(high=b.high - 1),
        lambda b: b._replace(centre=b.centre + 0.2),
        lambda b: b._replace(rest_square=b.rest_square + 1.0),
    ],
)
def test_wrong_bounds_lose_hits_that_the_counts_miss(change, monkeypatch):
    right = slack.bounds
    assert lost(None) == 0
    monkeypatch.setattr(rounds.slack, "bounds", lambda *args: change(right(*args)))
    assert lost(change) > 0


def test_a_shift_of_the_lattice_is_paid_for_by_the_bounds():
    """Bounds formed from damaged rows grow with the damage, up to where no proof is claimed."""
    X, z = sample("normal", 30, 9, 0), sample_target(9, 0)
    basis = bases.reduced(bases.whole(X), X, z, 0.3)
    deltas = []
    for damage in (0.0, 1e-9, 1e-6, 1e-3, 1.0):
        Q = basis.gram.Q + damage * seeding.generator(0, "damage").standard_normal(
            basis.gram.Q.shape
        )
        damaged = dataclasses.replace(basis, gram=basis.gram._replace(Q=Q))
        found = slack.bounds(damaged, X, 1 / 0.3)
        deltas.append(found.delta)
        if damage >= 1e-3:
            assert not found.sound
    assert deltas[0] < 1e-6
    assert deltas == sorted(deltas)


def test_a_sublattice_is_refused():
    U = np.eye(6, dtype=np.int64)
    assert unimodular.is_unimodular(U)
    assert unimodular.is_unimodular(U[::-1])
    U[2, 2] = 2
    assert not unimodular.is_unimodular(U)
    U[2, 2] = 1 + 2147483647 * 2147483629
    assert not unimodular.is_unimodular(U)
    U[2] = 0
    assert not unimodular.is_unimodular(U)


def test_a_search_in_a_sublattice_proves_nothing(monkeypatch):
    X, z = sample("normal", 12, 3, 0), sample_target(3, 0)
    whole = bases.whole(X)
    rows = whole.rows.copy()
    rows[0] *= 2
    one = Round(bases.Space(rows, whole.start, whole.completion), X, z, 0.5)
    hits(one)
    assert not one.complete
    assert not one.sound
