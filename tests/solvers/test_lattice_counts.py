"""Every hit is found: counts and least errors of brute force, over ensembles, ties and scales."""

import itertools

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import ENSEMBLES, sample, sample_target
from slth.solvers.lattice import bases, integers
from slth.solvers.lattice.rounds import Round

REALS = [(12, 1), (11, 2), (13, 3), (10, 6), (12, 9), (6, 9)]
SEEDS = 8


def all_errors(X, z):
    """The errors of all 2^n subsets."""
    sums = np.zeros((1, X.shape[1]))
    for row in X:
        sums = np.concatenate([sums, sums + row])
    return np.abs(sums - z).max(axis=1)


def hits(one):
    return [tuple(keep) for keeps in one.leaves(64) for keep in keeps.tolist()]


def count(X, z, radius):
    """Distinct subsets within radius that the enumeration finds, and whether it is complete."""
    one = Round(bases.whole(X), X, z, radius)
    found = hits(one)
    assert len(set(found)) == len(found)
    return sum(within(X, z, radius, keep) for keep in found), one.complete


def within(X, z, radius, keep):
    return np.abs(X[list(keep)].sum(axis=0) - z).max() <= radius


def between(errors, at_least):
    """A radius half-way between two unequal errors, with so many subsets within it or more."""
    values, counts = np.unique(errors.round(12), return_counts=True)
    k = min(int(np.searchsorted(counts.cumsum(), at_least)), len(values) - 2)
    return (values[k] + values[k + 1]) / 2


@pytest.mark.parametrize("ensemble", [name for name in ENSEMBLES if name != "product"])
@pytest.mark.parametrize(("n", "d"), REALS)
def test_hits_within_a_radius_are_those_of_brute_force(ensemble, n, d):
    for seed in range(SEEDS):
        X, z = sample(ensemble, n, d, seed), sample_target(d, seed, ensemble)
        errors = all_errors(X, z)
        for at_least in (1, 7, 40):
            radius = between(errors, at_least)
            assert count(X, z, radius) == (int((errors <= radius).sum()), True)


@pytest.mark.parametrize("power", [-8, -3, 3, 8])
def test_candidates_of_all_lengths(power):
    for seed, d in itertools.product(range(5), (1, 2, 5)):
        X = sample("normal", 11, d, seed) * np.logspace(0, power, 11)[:, None]
        z = sample_target(d, seed)
        errors = all_errors(X, z)
        radius = between(errors, 6)
        assert count(X, z, radius) == (int((errors <= radius).sum()), True)


@pytest.mark.parametrize("copies", [2, 3])
def test_equal_candidates_are_all_counted(copies):
    for seed, d in itertools.product(range(6), (1, 2, 4)):
        X, z = np.repeat(sample("normal", 4, d, seed), copies, axis=0), sample_target(d, seed)
        errors = all_errors(X, z)
        radius = between(errors, 9)
        assert count(X, z, radius) == (int((errors <= radius).sum()), True)


@pytest.mark.parametrize(("n", "m", "largest"), [(12, 1, 30), (14, 2, 9), (14, 3, 4), (9, 5, 3)])
def test_exact_solutions_of_integers(n, m, largest):
    nonempty = 0
    for seed in range(12):
        rng = seeding.generator(seed, "equations", n, m)
        A = rng.integers(-largest, largest, (n, m))
        z = A[rng.random(n) < 0.5].sum(axis=0) + (seed % 3 == 2)
        expected = int((all_errors(A.astype(float), z) == 0).sum())
        nonempty += expected > 0
        try:
            space = integers.kernel(A, z)
        except integers.UnsolvableError:
            assert expected == 0
            continue
        assert space is not None
        one = Round(space, np.zeros((n, 0)), np.zeros(0), 1.0)
        assert (len(hits(one)), one.complete) == (expected, True)
    assert nonempty >= 8


@pytest.mark.parametrize("size", [0, 1, 4, 9, 10])
def test_hits_of_a_fixed_size(size):
    for seed, d in itertools.product(range(6), (1, 3)):
        X, z = sample("normal", 10, d, seed), sample_target(d, seed)
        masks = [list(S) for S in itertools.combinations(range(10), size)]
        errors = np.sort([np.abs(X[S].sum(axis=0) - z).max() for S in masks])
        k = min(5, len(errors))
        radius = errors[k - 1] * (1 + 1e-9) if k == len(errors) else (errors[k - 1] + errors[k]) / 2
        one = Round(bases.sized(X, size), X, z, radius)
        found = hits(one)
        assert all(sum(keep) == size for keep in found)
        assert len(set(found)) == len(found)
        assert (sum(within(X, z, radius, keep) for keep in found), one.complete) == (k, True)
