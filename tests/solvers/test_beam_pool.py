"""`search` over a pool of scaled directions: the answers of the solver, without its candidates."""

import numpy as np
import pytest

from slth import seeding
from slth.checks import TooLargeError
from slth.problem import Instance
from slth.solvers import _solve as front
from slth.solvers.beam import search, used
from slth.solvers.beam.solver import Beam


def pool(n, d, count, sd=0.15, seed=0):
    """Factors (n,), directions (count, n, d), targets (count, d)."""
    rng = seeding.generator(seed, "pool", n, d)
    a, V = rng.standard_normal(n), rng.standard_normal((count, n, d))
    return a, V, sd * rng.standard_normal((count, d))


def signs(n, d, count, seed=0):
    """A pool whose directions have root mean square 1 exactly, so that lengths are |a|."""
    a, V, Z = pool(n, d, count, seed=seed)
    return a, np.sign(V), Z


@pytest.mark.parametrize(("n", "d"), [(100, 1), (200, 9), (300, 16), (400, 25)])
@pytest.mark.parametrize("width", [1, 40, 256])
def test_it_agrees_with_the_batch_of_the_candidates_formed(n, d, width):
    a, V, Z = signs(n, d, 40)
    found = search(a, V, Z, width, threads=1)
    batch = front.solve_batch(a[:, None] * V, Z, None, Beam(width=width), threads=1)
    assert (found.keep == batch.keep).all()
    assert (found.error == batch.error).all()
    assert (found.work == batch.work).all()


def test_shared_directions_are_one_copy_for_all_targets():
    a, V, Z = pool(200, 9, 40)
    one = search(a, V[0], Z, threads=1)
    many = search(a, np.stack([V[0]] * 40), Z, threads=1)
    assert (one.keep == many.keep).all()


@pytest.mark.parametrize("d", [1, 4, 9, 60, 288])
def test_errors_are_those_of_the_subsets_and_no_worse_than_the_empty_one(d):
    a, V, Z = pool(150, d, 12)
    Z[3] = 0
    found = search(a, V, Z, threads=1)
    for b in range(12):
        assert found.error[b] == Instance(a[:, None] * V[b], Z[b]).error(found.keep[b])
    assert (found.error <= np.abs(Z).max(axis=1)).all()
    assert not found.keep[3].any()


def test_normal_directions_are_almost_as_good_ordered_by_their_factors_alone():
    a, V, Z = pool(400, 9, 100)
    found = search(a, V, Z, threads=1)
    batch = front.solve_batch(a[:, None] * V, Z, None, "beam", threads=1)
    assert np.median(found.error) < 1.2 * np.median(batch.error)


@pytest.mark.parametrize("gap", [0.0, 0.02, 0.5])
def test_only_the_candidates_used_are_looked_at(gap):
    """The others may be drawn later, or never: here they are not even near the range."""
    a, V, Z = pool(2000, 9, 30)
    scale = float(np.sqrt(np.square(Z).mean(axis=1)).max())
    chosen = used(a, 9, scale, gap=gap)
    whole = search(a, V, Z, gap=gap, threads=1)
    assert len(chosen) < 1000
    others = np.delete(np.arange(2000), chosen)
    assert not whole.keep[:, others].any()
    V[:, others] = 1e30
    assert (search(a, V, Z, gap=gap, threads=1).keep == whole.keep).all()
    alone = search(a[chosen], V[:, chosen], Z, gap=gap, threads=1)
    assert (alone.keep == whole.keep[:, chosen]).all()


def test_the_order_of_the_pool_and_its_signs_do_not_matter():
    a, V, Z = pool(300, 9, 40)
    order = seeding.generator(1, "order").permutation(300)
    here, there = search(a, V, Z, threads=1), search(a[order], V[:, order], Z, threads=1)
    assert (there.keep == here.keep[:, order]).all()
    assert (search(-a, -V, Z, threads=1).keep == here.keep).all()


def test_threads_change_nothing():
    a, V, Z = pool(200, 9, 100)
    here, there = search(a, V, Z, threads=1), search(a, V, Z, threads=3)
    assert here.keep.tobytes() == there.keep.tobytes()
    assert here.error.tobytes() == there.error.tobytes()


@pytest.mark.parametrize("power", [-400, -30, 17, 300])
def test_a_power_of_two_changes_nothing_but_the_error(power):
    a, V, Z = pool(150, 5, 10)
    here, there = search(a, V, Z), search(np.ldexp(a, power), V, np.ldexp(Z, power))
    assert (here.keep == there.keep).all()
    assert (there.error == np.ldexp(here.error, power)).all()


FAULTS = [
    ({"factors": np.ones((3, 2))}, ValueError, "factors"),
    ({"factors": [1.0, np.nan, 1.0]}, ValueError, "factors"),
    ({"factors": [1e300, 1.0, 1.0]}, ValueError, "factors.*2\\^500"),
    ({"targets": np.full((4, 2), 1e200)}, ValueError, "targets.*2\\^500"),
    ({"targets": np.ones(2)}, ValueError, "targets"),
    ({"directions": np.ones((3, 5))}, ValueError, "directions.*takes \\(3, 2\\) or \\(4, 3, 2\\)"),
    ({"directions": np.ones((2, 3, 2))}, ValueError, "directions"),
    ({"directions": np.full((3, 2), np.inf)}, ValueError, "directions"),
    ({"width": 0}, ValueError, "width"),
    ({"width": 1.5}, TypeError, "width"),
    ({"gap": -0.1}, ValueError, "gap"),
    ({"reach": 0}, ValueError, "reach"),
    ({"threads": 0}, ValueError, "threads"),
    ({"memory": 1000}, TooLargeError, "memory="),
]


@pytest.mark.parametrize(("change", "kind", "words"), FAULTS)
def test_faults_name_the_argument(change, kind, words):
    call = {"factors": np.ones(3), "directions": np.ones((3, 2)), "targets": np.ones((4, 2))}
    with pytest.raises(kind, match=words):
        search(**(call | change))


def test_used_names_its_faults():
    for arguments, word in [(([[1.0]], 2, 1.0), "factors"), (([1.0], 0, 1.0), "d")]:
        with pytest.raises(ValueError, match=f"^{word}:"):
            used(*arguments)
    with pytest.raises(ValueError, match=r"^scale:"):
        used([1.0], 2, 0.0)
