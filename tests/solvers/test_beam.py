"""The beam: what its steps compute, what width buys, and what its answers do not depend on."""

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import sample, sample_target
from slth.problem import Instance
from slth.solvers import _solve as front
from slth.solvers.beam import ladder, rests
from slth.solvers.beam.descent import most_work, width_at
from slth.solvers.beam.solver import Beam
from tests.solvers.solver_checks import brute_force, check_batch, check_solver


def batch(n, d, count, seed=0, sd=0.15):
    """Fresh lengths and directions an instance: X (count, n, d), Z (count, d)."""
    rng = seeding.generator(seed, "beam", n, d)
    a, v = rng.standard_normal((count, n, 1)), rng.standard_normal((count, n, d))
    return a * v, sd * rng.standard_normal((count, d))


@pytest.mark.parametrize(
    ("n", "d", "median"), [(200, 9, 0.043), (1000, 9, 0.0085), (1000, 18, 0.035), (1000, 25, 0.067)]
)
def test_errors_of_nsn_candidates(n, d, median):
    X, Z = batch(n, d, 100)
    found = front.solve_batch(X, Z, None, "beam", threads=1)
    assert np.median(found.error) <= median
    assert (found.error < np.abs(Z).max(axis=1)).all()


@pytest.mark.parametrize("d", [1, 2, 7, 8, 9, 33, 288])
def test_errors_are_those_of_the_subsets_and_no_worse_than_the_empty_one(d):
    for kind in ("nsn", "normal"):
        X = np.stack([sample(kind, 90, d, seed) for seed in range(3)])
        check_batch("beam", X, np.stack([sample_target(d, seed) for seed in range(3)]))


def test_whole_filters_of_288_entries():
    X, Z = batch(6000, 288, 2, sd=3.0)
    found = front.solve_batch(X, Z, None, "beam", threads=1)
    assert (found.error < np.abs(Z).max(axis=1) / 5).all()


@pytest.mark.parametrize(("n", "d"), [(3, 1), (5, 2), (12, 2), (12, 5), (13, 13)])
def test_a_beam_that_holds_all_subsets_finds_the_best(n, d):
    """Where no rest is dropped: width 2^n."""
    for seed in range(5):
        X, z = sample("nsn", n, d, seed), sample_target(d, seed)
        s = check_solver(Beam(width=2**n), X, z)
        assert s.error == pytest.approx(brute_force(X, z), abs=2e-6)


def test_a_wider_beam_is_better_in_the_median():
    X, Z = batch(200, 9, 60)
    errors = [
        np.median(front.solve_batch(X, Z, None, Beam(width=width), threads=1).error)
        for width in (1, 8, 64, 512, 4096)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 3


def test_a_larger_budget_is_better_in_the_median():
    X, Z = batch(150, 9, 40)
    found = [
        front.solve_batch(X, Z, None, "beam", budget, threads=1)
        for budget in (1000, 10_000, 100_000, 10**6)
    ]
    errors = [np.median(each.error) for each in found]
    assert errors == sorted(errors, reverse=True)
    for each, budget in zip(found, (1000, 10_000, 100_000, 10**6), strict=True):
        assert (each.work <= budget).all()
        assert each.work.mean() > budget / 4


@pytest.mark.parametrize("d", [1, 3, 9])
def test_the_order_of_the_candidates_does_not_matter(d):
    X, Z = batch(80, d, 20)
    order = seeding.generator(1, "order").permutation(80)
    here = front.solve_batch(X, Z, None, "beam", threads=1)
    there = front.solve_batch(X[:, order], Z, None, "beam", threads=1)
    assert (there.keep == here.keep[:, order]).all()
    assert here.error == pytest.approx(there.error, abs=1e-12)


@pytest.mark.parametrize("d", [1, 4, 9])
def test_signs_and_the_order_of_the_coordinates_do_not_matter_on_integers(d):
    rng = seeding.generator(2, "signs", d)
    X, Z = rng.integers(-40, 41, (10, 60, d)).astype(float), rng.integers(-40, 41, (10, d)) * 1.0
    here = front.solve_batch(X, Z, None, "beam", threads=1)
    assert (front.solve_batch(-X, -Z, None, "beam", threads=1).keep == here.keep).all()
    turned = front.solve_batch(X[..., ::-1], Z[..., ::-1], None, "beam", threads=1)
    assert (turned.error == here.error).all()


def test_an_answer_does_not_depend_on_its_neighbours_nor_on_the_threads():
    X, Z = batch(120, 9, 70)
    whole = front.solve_batch(X, Z, 0.05, "beam", threads=1)
    three = front.solve_batch(X, Z, 0.05, "beam", threads=3)
    assert whole.keep.tobytes() == three.keep.tobytes()
    assert whole.work.tobytes() == three.work.tobytes()
    for b in (0, 31, 32, 69):
        one = front.solve(X[b], Z[b], 0.05, "beam", threads=1)
        assert (one.keep == whole.keep[b]).all()
        assert one.work == whole.work[b]


def test_one_sample_for_many_targets_is_a_batch_of_copies():
    X, Z = batch(150, 5, 40)
    Z[0] = 0.0
    many = front.solve_targets(X[0], Z, None, "beam", threads=1)
    copies = front.solve_batch(np.stack([X[0]] * 40), Z, None, "beam", threads=1)
    assert (many.keep == copies.keep).all()
    assert not many.keep[0].any()


def test_an_eps_that_a_narrow_beam_meets_costs_no_wide_one():
    X, Z = batch(400, 9, 20)
    loose = front.solve_batch(X, Z, 0.1, "beam", threads=1)
    tight = front.solve_batch(X, Z, 1e-9, "beam", threads=1)
    plain = front.solve_batch(X, Z, None, "beam", threads=1)
    assert (loose.error <= 0.1).all()
    assert loose.work.max() < plain.work.min() / 2
    assert (tight.error <= plain.error).all()


@pytest.mark.parametrize("far", [3.0, 30.0, -200.0])
def test_a_target_beyond_the_short_candidates_takes_all(far):
    """Positive numbers: half of the chosen ones sum to far more than z, or to far less."""
    X = np.abs(sample("normal", 300, 3, 0))
    z = np.full(3, far)
    s = check_solver("beam", X, z)
    assert s.error < (0.1 if far > 0 else 201)
    assert s.keep.any() == (far > 0)


@pytest.mark.parametrize("count", [1, 5, 40, 300])
def test_equal_candidates_are_counted_exactly(count):
    s = check_solver("beam", np.ones((count, 2)), np.full(2, count / 3))
    assert s.keep.sum() in (int(count / 3), int(count / 3) + 1)
    assert s.error <= 0.5


def test_zero_candidates_are_never_kept():
    X, Z = batch(50, 3, 4)
    X[:, ::3] = 0
    found = front.solve_batch(X, Z, None, "beam", threads=1)
    assert not found.keep[:, ::3].any()
    assert found.keep.any(axis=1).all()


@pytest.mark.parametrize("fault", [{"width": 0}, {"width": 2.5}, {"gap": -1}, {"reach": 0}])
def test_faults_of_the_parameters_name_them(fault):
    with pytest.raises((ValueError, TypeError), match=next(iter(fault))):
        Beam(**fault)


def test_larger_gaps_use_and_keep_fewer_candidates():
    X, Z = batch(1000, 9, 20)
    kept = [
        front.solve_batch(X, Z, None, Beam(gap=gap), threads=1).keep.sum(axis=1).mean()
        for gap in (0.0, 0.1, 0.5, 1.0)
    ]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] < kept[0] / 3


def test_rungs_are_as_far_apart_as_asked():
    lengths = np.abs(sample("normal", 5000, 1, 3)[:, 0])
    chosen = ladder.rungs(lengths, ladder.ascending(lengths, 0.5), 9, 0.5, 0.1)
    steps = lengths[chosen]
    assert (steps[1:] >= steps[:-1] * (1 + 0.1 / 9)).all()
    assert steps.max() <= 0.5
    skipped = np.setdiff1d(np.flatnonzero(lengths <= 0.5), chosen)
    below = steps[np.searchsorted(steps, lengths[skipped], "right") - 1]
    assert (lengths[skipped] < below * (1 + 0.1 / 9)).all()


def test_scores_are_squared_lengths_of_the_children_and_the_least_are_selected():
    d, count, width = 11, 37, 50
    rng = seeding.generator(0, "step")
    blocks, room = 2, 64
    R, x = np.zeros((blocks, room, 8), np.float32), np.zeros((7, blocks, 8), np.float32)
    plain, rows = rng.standard_normal((count, d)), rng.standard_normal((4, d))
    R.transpose(1, 0, 2).reshape(room, 16)[:count, :d] = plain  # a copy: written back below
    padded = np.zeros((room, 16), np.float32)
    padded[:count, :d] = plain
    R[:] = padded.reshape(room, blocks, 8).transpose(1, 0, 2)
    x.reshape(7, 16)[:4, :d] = rows
    dots, scores = np.zeros((5, room), np.float32), np.zeros(16 * room, np.float32)
    dots[rests.NORM, :count] = np.square(plain).sum(axis=1)
    codes, squares = np.zeros((16, blocks, 8), np.float32), np.zeros(16, np.float32)
    length = rests.measure(R, count, x, 0, dots)
    rests.encode(x, 0, 4, codes, squares)
    rests.score(dots, length, 4, squares, scores)
    signs = np.where((np.arange(16)[:, None] >> np.arange(4)) & 1, -0.5, 0.5)
    children = plain[None] + (signs @ rows)[:, None]
    truth = np.square(children).sum(axis=2)
    assert scores.reshape(-1)[: 16 * length].reshape(16, length)[:, :count] == pytest.approx(
        truth, rel=1e-4
    )
    bounds = rests.threshold(scores, 16 * length, width, np.float32(d), 2 / d)
    found = np.empty(width, np.int32)
    kept = rests.select(scores, length, 16, bounds, width, found)
    chosen = truth[found[:kept] & 15, found[:kept] >> 4]
    assert 7 * width // 8 <= kept <= width
    assert len(np.unique(found[:kept])) == kept
    assert np.sort(chosen) == pytest.approx(np.sort(truth, axis=None)[:kept])
    out = np.empty_like(R)
    rests.move(R, codes, found, kept, out, dots)
    moved = out.transpose(1, 0, 2).reshape(room, 16)[:kept, :d]
    assert moved == pytest.approx(children[found[:kept] & 15, found[:kept] >> 4], abs=1e-5)
    assert dots[rests.NORM, :kept] == pytest.approx(chosen, rel=1e-4)


@pytest.mark.parametrize("ties", [1, 3, 400])
def test_ties_at_the_threshold_fill_the_beam_after_what_is_better(ties):
    scores = np.full(512, np.inf, np.float32)
    scores[:ties], scores[ties : ties + 300] = 1.0, 2.0
    width = 40
    found = np.empty(width, np.int32)
    bounds = rests.threshold(scores, 512, width, np.float32(1.0), 0.5)
    assert rests.select(scores, 32, 16, bounds, width, found) == width
    better = scores.reshape(16, 32)[found & 15, found >> 4] == 1.0
    assert better.sum() == min(ties, width)


@pytest.mark.parametrize("width", [1, 16, 256, 5000])
def test_work_is_predicted(width):
    X, Z = batch(150, 6, 3)
    found = front.solve_batch(X, Z, None, Beam(width=width, gap=0, reach=1e9), threads=1)
    assert (found.work <= most_work(150, 6, width)).all()
    assert (found.work >= most_work(150, 6, width) * 0.7).all()
    assert width_at(0, 6, width) == width


def test_the_incumbent_of_a_tiny_budget_is_legal():
    X, Z = batch(100, 9, 4)
    for budget in range(1, 70, 3):
        found = front.solve_batch(X, Z, None, "beam", budget, threads=1)
        assert (found.work <= budget).all()
        for b in range(4):
            assert found.error[b] == Instance(X[b], Z[b]).error(found.keep[b])
