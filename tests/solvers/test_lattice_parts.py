"""A large walk in parts: the same subsets and nodes as one walk, whatever the threads."""

from typing import Any

import numpy as np
import pytest

import slth
from slth.ensembles import sample, sample_target
from slth.problem import Instance
from slth.solvers.lattice import bases, parts, rounds
from slth.solvers.lattice.rounds import Round

POINTS = [("nsn", 30, 9, None), ("normal", 26, 6, None), ("uniform", 24, 4, 9), ("nsn", 20, 2, 7)]
THREADS = (1, 2, 5)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every walk is shared out, into few parts per wave."""
    monkeypatch.setattr(rounds, "LARGE", -np.inf)
    monkeypatch.setattr(rounds, "WAVE", 7)


def instance(ensemble: str, n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Candidates and a target."""
    return sample(ensemble, n, d, seed), sample_target(d, seed, ensemble)


def space(X: np.ndarray, size: int | None) -> bases.Space:
    """All subsets, or those of a size."""
    return bases.whole(X) if size is None else bases.sized(X, size)


@pytest.mark.parametrize(("ensemble", "n", "d", "size"), POINTS)
def test_the_parts_of_a_walk_are_the_walk(always, ensemble, n, d, size) -> None:
    for seed in range(3):
        X, z = instance(ensemble, n, d, seed)
        radius = 1.7 * slth.solve(X, z, solver="mitm", size=size).error
        one = Round(space(X, size), X, z, radius)
        alone = [tuple(keep) for keeps in one.leaves() for keep in keeps.tolist()]
        shared = Round(space(X, size), X, z, radius)
        found, widest = [], 0
        for wave in shared.waves():
            widest = max(widest, len(wave))
            for part in wave:
                found += [tuple(keep) for keeps in part.leaves() for keep in keeps.tolist()]
                shared.ended(part)
        assert 2 <= widest <= 7
        assert found == alone
        assert len(found) > 0
        assert (shared.nodes, shared.complete) == (one.nodes, one.complete)


def answers(X: np.ndarray, z: np.ndarray, threads: int, **asked: Any) -> tuple[Any, ...]:
    """What a search returns, but its time."""
    found = slth.solve(X, z, solver="lattice", threads=threads, **asked)
    return found.keep.tobytes(), found.error, found.status, found.proved, found.work


@pytest.mark.parametrize(("ensemble", "n", "d", "size"), POINTS)
@pytest.mark.parametrize("question", ["least", "hit", "none"])
def test_threads_change_nothing(always, ensemble, n, d, size, question) -> None:
    """Oracle of the error: meet-in-the-middle."""
    for seed in range(3):
        X, z = instance(ensemble, n, d, seed)
        least = slth.solve(X, z, solver="mitm", size=size)
        eps = {"least": None, "hit": 1.2 * least.error, "none": 0.9 * least.error}[question]
        found = [answers(X, z, threads, eps=eps, size=size) for threads in THREADS]
        assert found[0] == found[1] == found[2]
        assert found[0][1] >= least.error * (1 - 1e-12)
        if question == "hit":
            assert found[0][1] <= eps
        else:
            assert found[0][1] == pytest.approx(least.error, rel=1e-12)
            assert found[0][3]


@pytest.mark.parametrize("cap", [3, 1000])
def test_all_hits_are_found_by_any_threads(always, cap) -> None:
    X, z = instance("nsn", 24, 4, 5)
    eps = 3 * slth.solve(X, z, solver="mitm").error
    every = [slth.solve_all(X, z, eps, cap=cap, threads=threads) for threads in THREADS]
    for other in every[1:]:
        assert np.array_equal(other.keep, every[0].keep)
        assert (other.complete, other.work) == (every[0].complete, every[0].work)
    masks = (np.arange(1 << 24)[:: 1 << 12, None] >> np.arange(24)) & 1  # every half of 12
    low = ((np.arange(1 << 12)[:, None] >> np.arange(24)) & 1) @ X
    count = sum(int((np.abs(low + high @ X - z).max(axis=1) <= eps).sum()) for high in masks)
    assert every[0].complete == (count <= cap)
    assert len(every[0]) == min(count, cap)
    assert all(Instance(X, z).error(keep) <= eps for keep in every[0].keep)


def test_a_walk_that_loses_a_part_is_seen(always, monkeypatch) -> None:
    """An unsound twin: the hits of one part are missing."""
    X, z = instance("nsn", 24, 4, 5)
    eps = 3 * slth.solve(X, z, solver="mitm").error
    right = len(slth.solve_all(X, z, eps))
    split = parts.split

    def twin(*args: Any) -> Any:
        places, level, nodes = split(*args)
        return places[::2], level, nodes

    monkeypatch.setattr(rounds, "split", twin)
    assert len(slth.solve_all(X, z, eps)) < right


def test_large_walks_alone_are_shared_out() -> None:
    X, z = instance("normal", 20, 6, 1)
    small = Round(bases.whole(X), X, z, 0.3)
    assert [len(wave) for wave in small.waves()] == [1]
    X, z = instance("normal", 54, 9, 1)
    large = Round(bases.whole(X), X, z, 0.15)
    assert len(next(iter(large.waves()))) == rounds.WAVE
    limited = Round(bases.whole(X), X, z, 0.15, limit=1000)
    assert [len(wave) for wave in limited.waves()] == [1]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_candidates_are_one_walk(always, n) -> None:
    """No level lies between the root and half way down."""
    X, z = instance("normal", n, 4, 0)
    least = slth.solve(X, z, solver="mitm").error
    found = slth.solve(X, z, solver="lattice", threads=2)
    assert (found.error, found.proved) == (least, True)
    missed = slth.solve(X, z, eps=0.7 * least, solver="lattice", threads=2)
    assert (missed.error, missed.proved) == (least, True)
