"""Dense pairs in compiled code: each bound alone holds, rule for rule the one of tensors.

Pairs with one input are judged at all kinks, pairs with two on closing grids (`supnorm_batches`,
their 1×1 convolutions written as matrices); what ReLUs read is compared with the networks at random
inputs; boxes of one point with exact rational arithmetic. Numbers of a pair that are wrong on
purpose are caught by the same checks.
"""

import copy
import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from slth import seeding
from slth.supnorm import bracket
from slth.supnorm.arguments import one_thread, prepare
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope import splitting
from slth.supnorm.zonotope.backward import Backward, Rows
from slth.supnorm.zonotope.dense.network import Bounded, Dense
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.ranges import consistent
from slth.supnorm.zonotope.tighten import narrowed
from tests.supnorm import supnorm_batches as batches
from tests.supnorm.rational_networks import exact

PAIRS = [("line", i) for i in range(8)] + [("plane", i) for i in range(4)]


def as_dense(network: nn.Module, group: int, count: int) -> nn.Sequential:
    """One group of grouped 1×1 convolutions as a network of its own."""
    modules: list[nn.Module] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            n = module.out_channels // count
            own = slice(group * n, (group + 1) * n)
            weight = module.weight[own].flatten(1)
            layer = nn.Linear(weight.shape[1], n, dtype=torch.float64).requires_grad_(False)
            assert module.bias is not None
            layer.weight.copy_(weight)
            layer.bias.copy_(module.bias[own])
            modules.append(layer)
        elif isinstance(module, nn.ReLU):
            modules.append(nn.ReLU())
    return nn.Sequential(*modules)


def opened(
    f: nn.Module, g: nn.Module, lo: Tensor, hi: Tensor, merged: bool = False
) -> tuple[Pair, Range]:
    """The pair over one box; merged: inputs that are fixed there are part of the biases."""
    _, layers, box = prepare(f, g, (lo.numpy(), hi.numpy()), tuple(lo.shape))
    fixed = box.lo if merged else None
    return Pair(*layers, box.hi > box.lo, fixed=fixed), Range(box.lo[None], box.hi[None])


def dense(two: Pair) -> Dense:
    assert two.dense is not None
    return two.dense


def single(kind: str, index: int, count: int = 6) -> list[tuple[Pair, Range, float]]:
    """Pairs, their boxes and the largest |f − g| met."""
    batch = batches.batch(kind, index, count)
    value = batches.reached(batch, kind, seeding.generator(index, "dense", kind))
    found = []
    for k in range(count):
        lo, hi = (end.reshape(count, -1)[k] for end in (batch.lo, batch.hi))
        f, g = (as_dense(h, k, count) for h in (batch.f, batch.g))
        found.append((*opened(f, g, lo, hi), float(value[k])))
    return found


def triples(found: Bounded, two: Pair) -> list[Triple]:
    parts = found.ends.split([len(layer.f.plus) for layer in two.layers], 2)
    return [Triple(*(Range(p[:, 2 * h], p[:, 2 * h + 1]) for h in range(3))) for p in parts]


def check_inside(two: Pair, ranges: list[Triple], x: Tensor) -> None:
    """What the networks read at x (P, inputs) is in the ranges of box 0."""
    y, z = x, x
    for f, g, known in zip(two.f, two.g, ranges, strict=True):
        y, z = f.affine(y), g.affine(z)
        for value, part in zip((y, z, y - z), (known.f, known.g, known.delta), strict=True):
            room = 1e-12 * (1 + value.abs())  # the probe's own evaluation
            assert bool((value >= part.lo - room).all()), "below a range"
            assert bool((value <= part.hi + room).all()), "above a range"
        y, z = (torch.relu(part) if f.relu else part for part in (y, z))


def check(cases: list[tuple[Pair, Range, float]], change=lambda two: two) -> None:
    rng = np.random.default_rng(0)
    for two, box, value in cases:
        of = change(dense(two))
        with one_thread(), torch.no_grad():
            found = of.bound(box, 0.0)
            bounds = [float(found.bounds[0, 1])]
            loose = replace(found, ends=found.ends.clone())
            bounds += [float(of.passed_back(box, loose, 0.0, s)[0][0]) for s in (0, 3)]
            again = replace(found, ends=found.ends.clone())
            bounds.append(float(of.passed_back(box, again, 0.0, 1, inside=True)[0][0]))
            share = torch.from_numpy(rng.random((60, box.lo.shape[1])))
            inside = box.lo + share * (box.hi - box.lo)
            check_inside(two, triples(found, two), inside)
            check_inside(two, triples(again, two), inside)
            check_inside(two, of.tightened(box, 1), inside)
        for bound in bounds:
            assert value <= bound + 1e-12 * (1 + value), "above a bound"


@pytest.mark.parametrize(("kind", "index"), PAIRS)
def test_every_bound_alone(kind: str, index: int) -> None:
    check(single(kind, index))


def random_pair(
    rng: np.random.Generator, widths: tuple[int, ...], gap: float
) -> list[nn.Sequential]:
    networks: list[nn.Sequential] = []
    first: list[Tensor] = []
    for which in range(2):
        modules: list[nn.Module] = []
        for i, (a, b) in enumerate(itertools.pairwise(widths)):
            layer = nn.Linear(a, b, dtype=torch.float64).requires_grad_(False)
            layer.weight.copy_(torch.from_numpy(rng.normal(size=(b, a)) * (2 / a) ** 0.5))
            layer.bias.copy_(torch.from_numpy(rng.normal(size=b)) * 0.2)
            if which:
                layer.weight.mul_(gap).add_((1 - gap) * first[i])
            else:
                first.append(layer.weight.clone())
            modules += [layer] if i == 1 and len(widths) == 6 else [layer, nn.ReLU()]
        networks.append(nn.Sequential(*modules[:-1]))
    return networks


@pytest.mark.parametrize("widths", [(3, 9, 8, 2), (4, 7, 6, 7, 5, 3), (5, 4, 1), (2, 3)])
@pytest.mark.parametrize("gap", [0.01, 1.0])
def test_the_same_numbers_as_by_tensors(widths: tuple[int, ...], gap: float) -> None:
    rng = seeding.generator(1, "dense and tensors", str(widths), str(gap))
    for wide in (0.05, 0.5, 2.0):
        middle = torch.from_numpy(rng.normal(size=widths[0]))
        f, g = random_pair(rng, widths, gap)
        two, box = opened(f, g, middle - wide, middle + wide)
        with one_thread(), torch.no_grad():
            ours, theirs = dense(two).bound(box, 0.0), two.outputs(box, sharing=True)
            evaluation = two.evaluation(theirs)
            assert theirs.shares is not None
            score = theirs.shares.scores(theirs.forms, theirs.bound()[1])
            rows = torch.cat([unit := torch.eye(widths[-1], dtype=torch.float64), -unit])
            asked = Rows(
                len(two.layers) - 1, rows, -rows, torch.zeros(len(rows), dtype=torch.int64)
            )
            back = Backward(two.layers, theirs.before, box).bound(asked, 0).value.amax()
            passed, at = dense(two).passed_back(box, ours, 0.0, 0)
        close: Any = {"rtol": 1e-9, "atol": 1e-12}
        for a, b in zip(triples(ours, two), theirs.before, strict=True):
            for p, q in zip((a.f, a.g, a.delta), (b.f, b.g, b.delta), strict=True):
                torch.testing.assert_close(p.lo, q.lo, **close)
                torch.testing.assert_close(p.hi, q.hi, **close)
        torch.testing.assert_close(ours.shares, score, rtol=1e-6, atol=1e-9)
        torch.testing.assert_close(ours.error, evaluation, rtol=1e-3, atol=1e-18)
        least = min(float(back), float(theirs.delta.size.max()))
        assert float(passed[0]) == pytest.approx(least, rel=1e-6)
        assert bool(((at >= box.lo) & (at <= box.hi)).all())


@pytest.mark.parametrize("widths", [(3, 9, 8, 7, 2), (4, 7, 6, 7, 5, 3)])
def test_ranges_inside_are_narrowed_as_by_tensors(widths: tuple[int, ...]) -> None:
    rng = seeding.generator(9, "dense narrowed", str(widths))
    count = 0
    for wide in (0.3, 1.0):
        middle = torch.from_numpy(rng.normal(size=widths[0]))
        f, g = random_pair(rng, widths, 0.05)
        two, box = opened(f, g, middle - wide, middle + wide)
        with one_thread(), torch.no_grad():
            first = triples(dense(two).bound(box, 0.0), two)
            ours = dense(two).tightened(box, 0)
            for top, (whole, narrow) in enumerate(zip(first, ours, strict=True)):
                if top == 0:
                    continue
                below = Backward(two.layers, ours, box)
                theirs = consistent(narrowed(below, top, whole, 0, two.widest))
                parts = [(whole.f, narrow.f, theirs.f), (whole.g, narrow.g, theirs.g)]
                mixed = torch.stack([(x.lo < 0) & (x.hi > 0) for x, _, _ in parts]).all(0)
                mixed |= torch.tensor(not two.f[top].relu)
                count += int(mixed.sum())
                if top + 1 == len(ours):
                    parts = []
                for _, own, other in [*parts, (whole.delta, narrow.delta, theirs.delta)]:
                    close: Any = {"rtol": 1e-7, "atol": 1e-12}
                    torch.testing.assert_close(own.lo[mixed], other.lo[mixed], **close)
                    torch.testing.assert_close(own.hi[mixed], other.hi[mixed], **close)
    assert count > 10


def check_points(change=lambda two: two, merged: bool = False) -> None:
    """One point as a box, and boxes of two neighbours: what is left is rounding alone."""
    for index in range(8):
        rng = seeding.generator(index, "dense points")
        f, g = random_pair(rng, (3, 5, 5, 2), 0.01 if index % 2 else 1.0)
        x = torch.from_numpy(rng.normal(size=3))
        other = torch.where(torch.arange(3) < index % 4, x, torch.nextafter(x, x + 1))
        two, box = opened(f, g, x, other, merged)
        of = change(dense(two))
        with one_thread(), torch.no_grad():
            found = of.bound(box, 0.0)
            back = [float(of.passed_back(box, found, 0.0, s)[0][0]) for s in (0, 2)]
            ranges = [triples(found, two)[-1], of.tightened(box, 2)[-1]]
        for end in (box.lo, box.hi):
            y, z = (exact(h, end[0].tolist()) for h in (f, g))
            for last, j in itertools.product(ranges, range(2)):
                for value, part in zip(
                    (y[j], z[j], y[j] - z[j]), (last.f, last.g, last.delta), strict=True
                ):
                    assert Fraction(float(part.lo[0, j])) <= value, "below a range"
                    assert value <= Fraction(float(part.hi[0, j])), "above a range"
                    assert float(part.hi[0, j] - part.lo[0, j]) < 1e-11
            most = max(abs(a - b) for a, b in zip(y, z, strict=True))
            assert all(most <= Fraction(bound) < most + Fraction(1, 10**10) for bound in back)


@pytest.mark.parametrize("merged", [False, True])
def test_ranges_of_a_point_hold_the_exact_value(merged) -> None:
    check_points(merged=merged)


@pytest.mark.parametrize("count", [0, 2, 6])
def test_fixed_inputs_may_be_part_of_the_biases(count: int) -> None:
    rng = seeding.generator(count, "dense fixed")
    f, g = random_pair(rng, (6, 9, 8, 2), 0.05)
    x = torch.from_numpy(rng.normal(size=6))
    hi = x + (torch.arange(6) < count) * torch.from_numpy(rng.random(6))
    (two, box), (merged, _) = (opened(f, g, x, hi, how) for how in (False, True))
    assert dense(merged).net[0][0] == count
    inside = box.lo + torch.from_numpy(rng.random((20, 6))) * (box.hi - box.lo)
    close: Any = {"rtol": 1e-9, "atol": 1e-12}
    with one_thread(), torch.no_grad():
        ours, theirs = (dense(pair).bound(box, 0.0) for pair in (merged, two))
        check_inside(merged, triples(ours, merged), inside)
        for name in ("bounds", "ends", "slopes", "shares"):
            torch.testing.assert_close(getattr(ours, name), getattr(theirs, name), **close)
        assert bool((ours.error > 0.5 * theirs.error).all())
        (bound, at), (other, there) = (
            dense(pair).passed_back(box, found, 0.0, 2)
            for pair, found in ((merged, ours), (two, theirs))
        )
        torch.testing.assert_close(bound, other, **close)
        assert torch.equal(at, there)
        y, z = inside, inside
        for a, b in zip(two.f, two.g, strict=True):
            y, z = (h.affine(v).relu() if h.relu else h.affine(v) for h, v in ((a, y), (b, z)))
        torch.testing.assert_close(dense(merged).gaps(inside), (y - z).abs().amax(1), **close)


def test_another_value_of_a_fixed_input_is_caught() -> None:
    rng = seeding.generator(7, "dense fixed elsewhere")
    f, g = random_pair(rng, (4, 9, 8, 2), 0.05)
    x = torch.from_numpy(rng.normal(size=4))
    hi = x + (torch.arange(4) < 2) * 0.1
    two, box = opened(f, g, x, hi, merged=True)
    assert two.fixed is not None
    elsewhere = replace(two, fixed=two.fixed + 0.3)
    with one_thread(), torch.no_grad(), pytest.raises(AssertionError, match="a range"):
        check_inside(elsewhere, triples(dense(elsewhere).bound(box, 0.0), two), box.hi)


def changed(of: Dense, **parts: object) -> Dense:
    names = [
        "widths",
        "kernels_at",
        "places",
        "kernels",
        "shifts",
        "sizes",
        "gamma",
        "relu",
        "sums",
        "large",
    ]
    return replace(of, net=tuple(parts.get(n, p) for n, p in zip(names, of.net, strict=True)))


def no_rounding(of: Dense) -> Dense:
    """Nothing is said to round."""
    return changed(of, gamma=0 * of.net[6], sums=0.0)


def turned_gap(of: Dense) -> Dense:
    """K_g − K_f in place of K_f − K_g."""
    kernels = of.net[3].copy()
    kernels[2] *= -1
    return changed(of, kernels=kernels)


def no_bias(of: Dense) -> Dense:
    """Biases of f for those of both."""
    shifts = of.net[4].copy()
    shifts[1], shifts[2] = shifts[0], 0.0
    return changed(of, shifts=shifts)


def no_relu(of: Dense) -> Dense:
    """The first ReLU left out."""
    relu = of.net[7].copy()
    relu[0] = False
    return changed(of, relu=relu)


def narrow(of: Dense) -> Dense:
    """Ranges that are said to be known and are not."""
    known = torch.zeros(6, int(of.net[2][-1]), dtype=torch.float64)
    known[0::2], known[1::2] = -0.05, 0.05
    return replace(of, known=known)


@pytest.mark.parametrize("twin", [turned_gap, no_bias, no_relu, narrow])
def test_an_unsound_pair_is_caught(twin) -> None:
    with pytest.raises(AssertionError, match=r"a range|a bound"):
        check([case for i in range(3) for case in single("line", i)], twin)


@pytest.mark.parametrize("merged", [False, True])
def test_no_rounding_is_caught(merged) -> None:
    with pytest.raises(AssertionError, match="a range"):
        check_points(no_rounding, merged)


def search(two: Pair, box: Range, boxes: int, goal: float = 0.0) -> splitting.Search:
    found = splitting.Search(two, box.lo.shape[1:], 2, goal=goal)
    with one_thread(), torch.no_grad():
        found.run(Range(box.lo[0], box.hi[0]), boxes, torch.inf)
    return found


def test_leaves_bound_what_is_in_them() -> None:
    rng = seeding.generator(2, "dense leaves")
    for two, box, value in single("plane", 5) + single("line", 4):
        found = search(two, box, 200)
        assert max(value, found.lower) <= found.upper + 1e-12 * (1 + value)
        assert found.best is not None
        x = box.lo + torch.from_numpy(rng.random((300, box.lo.shape[1]))) * (box.hi - box.lo)
        x[0] = found.best
        y, z, reads = x, x, []
        for f, g in zip(two.f, two.g, strict=True):
            y, z = f.affine(y), g.affine(z)
            reads.append(torch.stack([y, z], 1))
            y, z = (torch.relu(part) if f.relu else part for part in (y, z))
        read = torch.cat(reads, 2)
        assert float((y - z)[0].abs().max()) == pytest.approx(found.lower, rel=1e-9, abs=1e-15)
        reached, held = (y - z).abs().amax(1), torch.zeros(300, dtype=torch.bool)
        for node in found.queue:
            inside = ((x >= node.lo) & (x <= node.hi)).all(1)
            inside &= (read * node.phases >= -1e-14).flatten(1).all(1)
            held |= inside
            assert bool((reached[inside] <= -node.key + 1e-12).all()), "above its part's bound"
        assert bool(held.all()), "in no part"


def test_a_goal_stops_the_boxes_on_either_side_of_it() -> None:
    for two, box, value in single("plane", 6):
        whole = search(two, box, 4000)
        for goal in (1.5 * value, 0.7 * value):
            found = search(two, box, 4000, goal)
            assert found.boxes <= whole.boxes
            assert value <= found.upper + 1e-12 * (1 + value)
            assert (found.upper <= goal) if goal > value else (found.lower > goal)


def test_eps_of_bracket_and_the_same_answer_twice() -> None:
    rng = seeding.generator(4, "dense eps")
    f, g = random_pair(rng, (3, 12, 12, 2), 0.05)
    asked: Any = {"bounds": ["input_splitting"], "input_splits": 3000, "samples": 0, "restarts": 0}
    whole = bracket(f, g, **asked)
    assert whole.bounds.keys() == {"input_splitting"}
    assert whole.upper <= whole.lower * (1 + 1e-4)
    for share, holds in ((1.5, True), (0.5, False)):
        eps = share * whole.upper
        found, again = (bracket(f, g, eps=eps, **asked) for _ in range(2))
        assert found.trace == again.trace
        assert found.upper == again.upper
        assert (found.upper <= eps) is holds
        assert (found.lower > eps) is not holds
        assert found.trace[-1].boxes < whole.trace[-1].boxes
    with pytest.raises(ValueError, match=r"^eps: "):
        bracket(f, g, eps=0.0, **asked)


def test_inputs_that_open_the_relus_are_halved_too() -> None:
    """δ of the hidden neurons depends on input 0 alone, whose width is next to nothing."""
    rng = seeding.generator(6, "dense shares")
    f, _ = random_pair(rng, (4, 8, 2), 0.0)
    g = copy.deepcopy(f)
    next(g.parameters())[:, 0] = 0.0
    lo = torch.tensor([0.1, -1.0, -1.0, -1.0], dtype=torch.float64)
    two, box = opened(f, g, lo, torch.tensor([0.1 + 1e-3, 1.0, 1.0, 1.0], dtype=torch.float64))
    with one_thread(), torch.no_grad():
        share = dense(two).bound(box, 0.0).shares[0]
    assert float(share[0]) < 0.01 * float(share.sum())
    found = search(two, box, 1500)
    assert found.upper <= found.lower * 1.1
