"""Parts of fixed phases: each bound alone holds, and is exact where every phase is fixed.

Pairs of one input are judged at all kinks of the part, of two and three at inputs of the part and,
with all phases fixed, by linear programs; search off. The exact value is inside what a
search finds. `test_zonotope_phases_rules` has rules that are wrong on purpose.
"""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from torch import Tensor

from slth import seeding
from slth.supnorm import bracket, exact
from slth.supnorm.arguments import one_thread
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.dense import program
from slth.supnorm.zonotope.pair import Pair
from tests.supnorm import test_zonotope_dense as of_dense
from tests.supnorm.rational_networks import exact as rational

SHAPES = [(1, 5, 4, 2), (1, 4, 4, 3, 1), (2, 6, 5, 2), (3, 6, 6, 1), (3, 5, 4, 4, 2)]


def read(two: Pair, x: Tensor) -> Tensor:
    """What f and g read at x (P, inputs), outputs last: (P, 2, entries)."""
    y, z, found = x, x, []
    for f, g in zip(two.f, two.g, strict=True):
        y, z = f.affine(y), g.affine(z)
        found.append(torch.stack([y, z], 1))
        y, z = (part.relu() if f.relu else part for part in (y, z))
    return torch.cat(found, 2)


def gaps(two: Pair, values: Tensor) -> Tensor:
    """|f − g| (P,) of what was read."""
    last = values[:, :, -len(two.f[-1].plus) :]
    return (last[:, 0] - last[:, 1]).abs().amax(1)


def probes(two: Pair, box: Range, rng: np.random.Generator, count: int) -> Tensor:
    """Inputs of a box; of one input all where a ReLU of f or g turns, and the ends."""
    n = box.lo.shape[1]
    if n > 1:
        return box.lo + torch.from_numpy(rng.random((count, n))) * (box.hi - box.lo)
    x = torch.cat([box.lo, box.hi])
    for _ in two.f:
        z, wide = read(two, x).flatten(1), torch.diff(x, dim=0)
        at, k = torch.nonzero(z[:-1] * z[1:] < 0, as_tuple=True)
        share = z[at, k] / (z[at, k] - z[at + 1, k])
        x = torch.cat([x, x[at] + share[:, None] * wide[at]]).sort(0).values
    return x


def pairs(count: int, seed: int = 0) -> Iterator[tuple[Pair, Range, np.random.Generator]]:
    for shape, gap, index in itertools.product(SHAPES, (0.01, 0.2, 1.0), range(count)):
        rng = seeding.generator(index + seed, "phases", str(shape), str(gap))
        middle = torch.from_numpy(rng.normal(size=shape[0]))
        wide = float(rng.choice([0.1, 0.5, 1.5]))
        f, g = of_dense.random_pair(rng, shape, gap)
        yield *of_dense.opened(f, g, middle - wide, middle + wide), rng


def drawn(two: Pair, box: Range, rng: np.random.Generator, share: float) -> Tensor:
    """Phases of an input of the box, a share of them, (1, 2, entries)."""
    x = box.lo + torch.from_numpy(rng.random(box.lo.shape)) * (box.hi - box.lo)
    signs = read(two, x).sign().to(torch.int8)
    signs[:, :, -len(two.f[-1].plus) :] = 0
    return signs * torch.from_numpy(rng.random(signs.shape) < share)


def bounds(two: Pair, box: Range, phases: Tensor) -> tuple[list[float], list[Tensor]]:
    """Every bound of a part, and ranges (6, entries)."""
    of = of_dense.dense(two)
    with one_thread(), torch.no_grad():
        found, again = of.bound(box, 0.0, phases), of.bound(box, 0.0, phases)
        made = [float(found.bounds[0, 1])]
        for steps, inside in ((0, False), (3, False), (1, True)):
            made.append(float(of.parted(box, phases, again, 0.0, steps, inside=inside)[0][0]))
    return made, [found.ends[0], again.ends[0]]


def check(cases: Iterator[tuple[Pair, Range, np.random.Generator]]) -> int:
    """How many parts were judged by an input of theirs."""
    count = 0
    for two, box, rng in cases:
        values = read(two, probes(two, box, rng, 400))
        for share in (0.2, 0.6, 1.0):
            phases = drawn(two, box, rng, share)
            own = values[(values * phases >= -1e-13).flatten(1).all(1)]
            if not len(own):
                continue
            count += 1
            made, ranges = bounds(two, box, phases)
            for ends in ranges:
                three = torch.cat([own, own[:, :1] - own[:, 1:]], 1)
                assert bool((three >= ends[::2] - 1e-12).all()), "below a range"
                assert bool((three <= ends[1::2] + 1e-12).all()), "above a range"
            most = float(gaps(two, own).max())
            assert all(most <= bound + 1e-11 for bound in made), "above a bound"
    return count


def test_every_bound_of_a_part_alone() -> None:
    assert check(pairs(5)) > 125


def largest(two: Pair, box: Range, phases: Tensor) -> float:
    """The largest |f − g| of a part where every phase is fixed, by linear programs."""
    n = box.lo.shape[1]
    # slopes of every entry and its constant, as rows
    y = z = torch.cat([torch.eye(n, dtype=torch.float64), torch.zeros(1, n, dtype=torch.float64)])
    limits, at = [], 0
    for f, g in zip(two.f, two.g, strict=True):
        y, z = (v @ h.plus.T for h, v in ((f, y), (g, z)))
        assert f.bias is not None
        assert g.bias is not None
        y[n] += f.bias
        z[n] += g.bias
        if f.relu:
            m = y.shape[1]
            signs = phases[0, :, at : at + m].double()
            limits += [y * signs[0], z * signs[1]]
            y, z, at = y * (signs[0] > 0), z * (signs[1] > 0), at + m
    rows_, best = torch.cat(limits, 1), 0.0
    sides = list(zip(box.lo[0].tolist(), box.hi[0].tolist(), strict=True))
    for column in (y - z).T:
        for sign in (1.0, -1.0):
            found: Any = linprog(
                -sign * column[:n].numpy(), -rows_[:n].T.numpy(), rows_[n].numpy(), bounds=sides
            )
            if found.status == 0:
                best = max(best, sign * float(column[n]) - found.fun)
    return best


def test_a_part_of_fixed_phases_is_bounded_exactly() -> None:
    for two, box, rng in pairs(3, seed=50):
        phases = drawn(two, box, rng, 1.1)
        value, made = largest(two, box, phases), bounds(two, box, phases)[0]
        assert value - 1e-8 <= min(made), "above a bound"
        assert min(made) <= value + 1e-8 * (1 + value), "not exact"


def test_parts_of_a_point_hold_the_exact_value() -> None:
    for index in range(6):
        rng = seeding.generator(index, "phases of a point")
        f, g = of_dense.random_pair(rng, (3, 5, 5, 2), 0.01 if index % 2 else 1.0)
        x = torch.from_numpy(rng.normal(size=3))
        two, box = of_dense.opened(f, g, x, torch.where(torch.arange(3) < index % 3, x, x + 1e-15))
        values = zip(*(rational(h, x.tolist()) for h in (f, g)), strict=True)
        most = max(abs(a - b) for a, b in values)
        for bound in bounds(two, box, drawn(two, box, rng, 0.7))[0]:
            assert most <= Fraction(bound) < most + Fraction(1, 10**10)


def test_parts_without_an_input_say_so() -> None:
    count = 0
    for two, box, rng in pairs(2, seed=90):
        of, phases = of_dense.dense(two), -drawn(two, box, rng, 1.1)
        with one_thread(), torch.no_grad():
            found = of.bound(box, 0.0, phases)
            bound = float(of.parted(box, phases, found, 0.0, 2, inside=False)[0][0])
        held = (read(two, probes(two, box, rng, 400)) * phases >= 0).flatten(1).all(1)
        if not bool(held.any()):
            count += bound <= 1e-9
    assert count > 20


def test_programs_are_solved() -> None:
    rng = seeding.generator(0, "programs")
    empty = 0
    for _ in range(300):
        n, k = int(rng.integers(1, 7)), int(rng.integers(1, 9))
        c, table, shift = rng.normal(size=n), rng.normal(size=(k, n)), rng.normal(size=k)
        held, y = np.empty(k), np.zeros(n)
        status = program.solve(c.copy(), table.copy(), shift.copy(), held, y)
        right: Any = linprog(-c, -table, shift, bounds=[(-1, 1)] * n)
        assert bool((held >= 0).all())
        if status == program.EMPTY:
            empty += 1
            assert right.status == 2
            assert held @ shift + np.abs(held @ table).sum() < 0
            continue
        assert status == program.SOLVED
        assert c @ y == pytest.approx(-right.fun, rel=1e-9, abs=1e-9)
        bound = held @ shift + np.abs(c + held @ table).sum()
        assert bound == pytest.approx(-right.fun, rel=1e-9, abs=1e-9)
    assert 20 < empty < 200


def test_ends_meet_where_halves_of_the_box_share_open_phases() -> None:
    rng = seeding.generator(3, "phases close")
    f, g = of_dense.random_pair(rng, (8, 16, 16, 2), 0.03)
    middle = rng.normal(size=8)
    box = (middle - 0.2, middle + 0.2)
    asked: Any = {"input_splits": 4000, "samples": 0, "restarts": 0, "steps": 0}
    found, again = (bracket(f, g, box, **asked) for _ in range(2))
    assert found.upper <= found.lower * (1 + 1e-8)
    assert found.trace == again.trace
    assert found.upper == again.upper


def test_the_exact_value_is_inside() -> None:
    rng = seeding.generator(1, "phases exact")
    f, g = of_dense.random_pair(rng, (3, 6, 6, 2), 0.1)
    best = exact(f, g, (-1.0, 1.0))
    for splits in (2, 20, 400):
        found = bracket(f, g, bounds=["input_splitting"], input_splits=splits, samples=0)
        assert found.lower - 1e-6 <= best <= found.upper + 1e-6
    assert found.upper <= found.lower * (1 + 1e-8)
