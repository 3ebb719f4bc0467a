"""The points at which a sum of ReLU neurons is largest: never exceeded, and reached."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from slth.studies.neurons.settings import most_points
from slth.supnorm.vertices import box_vertices


def values(U: np.ndarray, c: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.abs(np.maximum(x @ U.T, 0) @ c)


@pytest.mark.parametrize(("m", "p"), [(1, 1), (5, 1), (7, 2), (1, 3), (6, 3), (5, 4), (4, 5)])
def test_no_sample_exceeds_them(m: int, p: int) -> None:
    rng = np.random.default_rng(m + p)
    U = rng.standard_normal((m, p))
    points = box_vertices(U)
    inside = rng.uniform(-1, 1, (20000, p))
    faces = inside.copy()
    faces[np.arange(len(faces)), rng.integers(0, p, len(faces))] = rng.choice([-1, 1], len(faces))
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=p)))
    for _ in range(20):
        c = rng.standard_normal(m)
        most = values(U, c, points).max()
        for x in (inside, faces, corners):
            assert values(U, c, x).max() <= most * (1 + 1e-12)
        if p <= 2:
            assert values(U, c, faces).max() > 0.98 * most


@pytest.mark.parametrize(("m", "p"), [(4, 2), (4, 3), (5, 3), (4, 4)])
def test_they_reach_what_linear_programs_find(m: int, p: int) -> None:
    """The largest size over every pattern of active neurons, each a polytope."""
    rng = np.random.default_rng(10 * m + p)
    for _ in range(3):
        U, c = rng.standard_normal((m, p)), rng.standard_normal(m)
        most = 0.0
        for active in itertools.product((0.0, 1.0), repeat=m):
            slope = (np.array(active) * c) @ U
            side = np.where(active, -1.0, 1.0)[:, None] * U  # side x <= 0
            for sign in (-1, 1):
                found = linprog(sign * slope, side, np.zeros(m), bounds=[(-1, 1)] * p)
                assert found.fun is not None
                most = max(most, -found.fun)  # 0 is in every polytope
        assert values(U, c, box_vertices(U)).max() == pytest.approx(most, rel=1e-9)


def test_two_inputs_have_the_corners_and_two_ends_a_plane() -> None:
    U = np.random.default_rng(3).standard_normal((9, 2))
    points = box_vertices(U)
    assert len(points) == 4 + 2 * 9
    assert np.abs(points).max(axis=1) == pytest.approx(1)
    along = np.stack([U[:, 1], -U[:, 0]], axis=1)
    ends = along / np.abs(along).max(axis=1, keepdims=True)
    wanted = {tuple(x) for x in np.round([*ends, *-ends], 9).tolist()}
    assert {tuple(x) for x in np.round(points[4:], 9).tolist()} == wanted


def test_the_count_bounds_the_points() -> None:
    for m, p in [(3, 1), (5, 2), (6, 3), (5, 5)]:
        points = box_vertices(np.random.default_rng(p).standard_normal((m, p)))
        assert 2**p <= len(points) <= most_points(m, p)


def test_planes_that_coincide_are_taken() -> None:
    points = box_vertices([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert np.isfinite(points).all()


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="rows: got p = 9"):
        box_vertices(np.ones((1, 9)))
    with pytest.raises(ValueError, match="rows"):
        box_vertices([1.0, 2.0])
