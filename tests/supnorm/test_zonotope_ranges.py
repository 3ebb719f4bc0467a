"""No pair reaches more than the zonotope, the backward rows or the split box say, each alone.

The oracle and the pairs are those of `supnorm_batches`: exact for one input, closing grids for two,
attacks for convolutions and residual blocks. What ReLUs read is compared with the networks at
random inputs. Rules that are wrong on purpose are caught by the same checks.
"""

import itertools
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from slth import seeding
from slth.supnorm.arguments import one_thread, prepare
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope import kinks, pair, relu, splitting
from slth.supnorm.zonotope.backward import Backward, Rows
from slth.supnorm.zonotope.pair import Outputs, Pair
from tests.supnorm import supnorm_batches as batches

ITEMS = [("line", 16, i) for i in range(6)] + [("plane", 8, i) for i in range(3)]
ITEMS += [("convolutions", 4, i) for i in range(4)] + [("residual pixel", 4, i) for i in range(2)]
ITEMS += [("residual", 2, 0)]
CAUGHT = [("line", 16, 0), ("line", 16, 2)]


def opened(item: tuple[str, int, int]) -> tuple[batches.Batch, Pair, Range]:
    kind, count, index = item
    batch = batches.batch(kind, index, count)
    _, layers, box = prepare(batch.f, batch.g, (batch.lo, batch.hi), tuple(batch.lo.shape))
    flat = Range(box.lo.reshape(1, -1), box.hi.reshape(1, -1))
    return batch, Pair(*layers, (box.hi > box.lo).flatten()), flat


def probes(batch: batches.Batch, rng, count: int = 60) -> Tensor:
    share = torch.from_numpy(rng.choice([0.0, 0.5, 1.0], (count, *batch.lo.shape)))
    share[::2] = torch.from_numpy(rng.uniform(0, 1, share[::2].shape))
    return (batch.lo + share * (batch.hi - batch.lo)).clamp(batch.lo, batch.hi)


def check_inside(two: Pair, found: Outputs, x: Tensor) -> int:
    """Assert that what the networks read at x (P, …) is in the ranges of box 0; count checks."""
    done, y, z = 0, x, x
    for f, g, known in zip(two.f, two.g, found.before, strict=True):
        y, z = f.affine(y), g.affine(z)
        read = (y.flatten(1), z.flatten(1), (y - z).flatten(1))
        for value, part in zip(read, (known.f, known.g, known.delta), strict=True):
            room = 1e-9 * (1 + value.abs())  # evaluation of the probe itself
            assert bool((value >= part.lo - room).all()), "below a range"
            assert bool((value <= part.hi + room).all()), "above a range"
            done += 2 * value.numel()
        y, z = (torch.relu(part) if f.relu else part for part in (y, z))
    return done


def alone(two: Pair, box: Range, steps: int) -> dict[str, Tensor]:
    """Every bound on |f − g| per output, none helped by another."""
    found = two.outputs(box)
    count = found.delta.lo.shape[1]
    unit = torch.eye(count, dtype=torch.float64)
    rows = torch.cat([unit, -unit])
    of = torch.zeros(len(rows), dtype=torch.int64)
    below = Backward(two.layers, found.before, box)
    ends = below.bound(Rows(len(two.layers) - 1, rows, -rows, of), steps).value.view(2, -1)
    tight = two.tightened(box, 2)
    return {
        "zonotope": found.delta.size[0],
        "backward": ends.amax(0),
        "sharper": tight.sharper(tight.outputs(box), 0.0, 2).delta.size[0],
    }


def check(items, steps: int = 3) -> int:
    done = 0
    for item in items:
        batch, two, box = opened(item)
        rng = seeding.generator(item[2], "zonotope", item[0])
        value = batches.reached(batch, item[0], rng)
        with one_thread(), torch.no_grad():
            found = alone(two, box, steps)
            done += check_inside(two, two.outputs(box), probes(batch, rng))
            tight = replace(two.outputs(box), before=[*two.tightened(box, 1).known])
            done += check_inside(two, tight, probes(batch, rng))
        slack = 1e-12 * (1 + value)  # the probes' own evaluation
        batches.check({name: bound + slack for name, bound in found.items()}, value, str(item))
    return done


@pytest.mark.parametrize("part", range(4))
def test_every_bound_alone(part: int) -> None:
    assert check(ITEMS[part::4]) > 10_000


def test_with_error_vectors_in_place_of_symbols(monkeypatch) -> None:
    monkeypatch.setattr(pair, "_ENTRIES", 40 * 64)
    check([("line", 16, 1), ("convolutions", 4, 1)])


def test_leaves_cover_the_box_and_bound_what_is_in_them() -> None:
    check_leaves()


def check_leaves() -> None:
    for item in [("plane", 1, 7), ("convolutions", 1, 5), ("line", 1, 3)]:
        batch, two, _ = opened(item)
        shape = batch.lo.shape
        search = splitting.Search(two, shape, 1)
        with one_thread(), torch.no_grad():
            search.run(Range(batch.lo, batch.hi), 60, torch.inf)
        rng = seeding.generator(0, "leaves")
        x = probes(batch, rng, 300)
        value = batch.gaps(x).amax(1)
        held = torch.zeros(len(x), dtype=torch.bool)
        for node in search.queue:
            inside = ((x.flatten(1) >= node.lo) & (x.flatten(1) <= node.hi)).all(1)
            held |= inside
            assert bool((value[inside] <= -node.key + 1e-12).all()), "above the bound of its box"
        assert bool(held.all()), "in no box"
        steps = search.trace
        assert all(a.upper >= b.upper for a, b in itertools.pairwise(steps))
        assert all(a.lower <= b.lower for a, b in itertools.pairwise(steps))


def flipped(monkeypatch) -> None:
    """The symbol of g enters the difference with the sign of f's."""
    right = relu.symbol_parts
    monkeypatch.setattr(relu, "symbol_parts", lambda *of: tuple(p.abs() for p in right(*of)))


def short_chord(monkeypatch) -> None:
    """The δ-chord has half the room it needs."""
    right = relu.pair_lines

    def wrong(*of):
        lines = right(*of)
        return replace(lines, half=0.5 * lines.half)

    monkeypatch.setattr(relu, "pair_lines", wrong)


def low_line(monkeypatch) -> None:
    """The line above a pair's difference passes below the end of the range."""
    right = vars(kinks.Gaps)["of"].__func__

    def wrong(cls, *of):
        gap = right(cls, *of)
        return replace(gap, over=0.25 * gap.over, under=0.25 * gap.under, worth=gap.worth * 0 + 1)

    monkeypatch.setattr(kinks.Gaps, "of", classmethod(wrong))


def no_symbols(monkeypatch) -> None:
    """A ReLU's strip has no width."""
    right = relu.symbol_parts
    monkeypatch.setattr(relu, "symbol_parts", lambda *of: tuple(0 * p for p in right(*of)))


@pytest.mark.parametrize("twin", [flipped, short_chord, low_line, no_symbols])
def test_an_unsound_rule_is_caught(twin, monkeypatch) -> None:
    twin(monkeypatch)
    with pytest.raises(AssertionError):
        check(CAUGHT)


def test_halves_one_ulp_short_are_caught(monkeypatch) -> None:
    right = splitting.halves

    def short(lo, hi, at):
        left, _ = right(lo, hi, at)
        rows = torch.arange(len(lo))
        middle = left[rows, at]
        left[rows, at] = torch.nextafter(middle, lo[rows, at])
        above = lo.clone()
        above[rows, at] = torch.nextafter(middle, hi[rows, at])
        return left, above

    monkeypatch.setattr(splitting, "halves", short)
    with pytest.raises(AssertionError, match="in no box"):
        check_leaves()
