"""Zonotopes and rows of one network alone hold what it reaches; convolutions keep their groups.

The pairs and oracles of `supnorm_batches` with g = 0: exact for one input, closing grids for two,
attacks for convolutions and residual blocks; points as boxes are judged by exact arithmetic.
"""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm.arguments import one_thread, prepare
from slth.supnorm.bounds.differential import differential
from slth.supnorm.bounds.upper import interval_bounds
from slth.supnorm.groups import grouped
from slth.supnorm.layers import Geometry, Layer, forward
from slth.supnorm.ranges import Range
from slth.supnorm.signed import canonical
from slth.supnorm.zonotope import affine, backward, kinks, relu
from slth.supnorm.zonotope.single import Single
from tests.supnorm import supnorm_batches as batches
from tests.supnorm.rational_networks import exact
from tests.supnorm.test_zonotope_ranges import ITEMS, probes

CAUGHT = [("line", 16, 0), ("line", 16, 2), ("plane", 8, 0)]


def single(layers: list[Layer], box: Range, most: int = 2**20) -> Single:
    return Single(layers, (box.hi > box.lo).flatten(), most)


def flat(box: Range) -> Range:
    return Range(box.lo.reshape(1, -1), box.hi.reshape(1, -1))


def check(items, most: int = 2**20) -> int:
    done = 0
    for item in items:
        batch = batches.batch(item[0], item[2], item[1])
        for parameter in batch.g[-1].parameters():
            parameter.zero_()
        rng = seeding.generator(item[2], "alone", item[0])
        value = batches.reached(batch, item[0], rng)
        _, (layers, _), box = prepare(batch.f, batch.g, (batch.lo, batch.hi), tuple(batch.lo.shape))
        with one_thread(), torch.no_grad():
            network = single(layers, box, most)
            found = network.reached(flat(box))
            last, unit = found.before[-1], torch.eye(batch.count, dtype=torch.float64)
            of = torch.zeros(2 * batch.count, dtype=torch.int64)
            rows = torch.cat([unit, -unit])
            bounds = {"zonotope": last.size[0]}
            for steps in (0, 3):
                ends = network.above(found, rows, of, steps)
                bounds[f"rows, {steps} steps"] = ends.view(2, -1).amax(0)
            y = probes(batch, rng)
            for layer, inside in zip(layers, found.before, strict=True):
                y = layer.affine(y)
                z, room = y.flatten(1), 1e-9 * (1 + y.flatten(1).abs())
                assert bool(((z >= inside.lo - room) & (z <= inside.hi + room)).all())
                y, done = (torch.relu(y) if layer.relu else y), done + z.numel()
        slack = 1e-12 * (1 + value)
        batches.check({name: bound + slack for name, bound in bounds.items()}, value, str(item))
    return done


@pytest.mark.parametrize("part", range(4))
def test_no_network_reaches_more(part: int) -> None:
    assert check(ITEMS[part::4]) > 1000


def test_with_error_vectors_in_place_of_symbols() -> None:
    check([("line", 16, 1), ("convolutions", 4, 1)], most=40)


def thin_strip(monkeypatch) -> None:
    """A ReLU's strip has half its width."""
    right = vars(relu.Chord)["of"].__func__

    def wrong(cls, x):
        chord = right(cls, x)
        return replace(chord, half=0.5 * chord.half)

    monkeypatch.setattr(relu.Chord, "of", classmethod(wrong))


def low_chord(monkeypatch) -> None:
    """The line above a ReLU passes below the end of its range."""
    right = vars(kinks.Side)["of"].__func__

    def wrong(cls, z):
        side = right(cls, z)
        return replace(side, rise=0.5 * side.rise)

    monkeypatch.setattr(kinks.Side, "of", classmethod(wrong))


def steep_lines(monkeypatch) -> None:
    """Slopes of lower lines step out of [0, 1]."""
    monkeypatch.setattr(backward, "_clamped", lambda slope: slope)


@pytest.mark.parametrize("twin", [thin_strip, low_chord, steep_lines])
def test_an_unsound_rule_is_caught(twin, monkeypatch) -> None:
    twin(monkeypatch)
    with pytest.raises(AssertionError):
        check(CAUGHT)


def check_signed() -> None:
    """First layers that tell signs apart, as those of tickets: attacks and probes."""
    for index in range(6):
        rng = seeding.generator(index, "signed entry")
        plus, minus = (torch.from_numpy(rng.normal(size=(5, 3))) for _ in range(2))
        last = torch.from_numpy(rng.normal(size=(2, 5)))
        layers = [
            Layer(affine_geometry(3, 5), plus, minus, None, torch.maximum(plus.abs(), minus.abs()),
                  8, relu=True),
            Layer(affine_geometry(5, 2), last, last, None, last.abs(), 8),
        ]  # fmt: skip
        centre = torch.from_numpy(rng.uniform(-0.5, 0.5, 3))
        box = Range(centre - 0.4, centre + 0.4)
        with one_thread(), torch.no_grad():
            network = single(layers, box)
            found = network.reached(flat(box))
            rows = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
            above = network.above(found, rows, torch.zeros(2, dtype=torch.int64), 2)
            grid = torch.linspace(0, 1, 21, dtype=torch.float64)
            share = torch.cartesian_prod(grid, grid, grid)
            x = torch.cat([box.lo + share * 0.8, (box.lo + share * 0.8) * (share > 0.3)])
            x = x[((x >= box.lo) & (x <= box.hi)).all(1)]
            y = forward(layers, x)
        inside = found.before[-1]
        assert bool(((y >= inside.lo - 1e-12) & (y <= inside.hi + 1e-12)).all())
        assert bool(((y @ rows.T) <= above + 1e-12).all())


def affine_geometry(inputs: int, outputs: int) -> Geometry:
    return Geometry((inputs,), (outputs,), conv=False)


def test_signed_first_layers() -> None:
    check_signed()


def check_points() -> None:
    """One point as a box: what is left of the ranges is rounding alone."""
    for index in range(40):
        rng = seeding.generator(index, "points alone")
        modules: list[nn.Module] = []
        for a, b in ((3, 5), (5, 5), (5, 2)):
            layer = nn.Linear(a, b, dtype=torch.float64).requires_grad_(False)
            layer.weight.copy_(torch.from_numpy(rng.normal(size=(b, a))))
            layer.bias.copy_(torch.from_numpy(rng.normal(size=b)))
            modules += [layer, nn.ReLU()]
        network = nn.Sequential(*modules[:-1])
        x = torch.from_numpy(rng.normal(size=3))
        box = Range(x[None], x[None])
        layers = canonical("f", network, (3,), False, False)
        with one_thread(), torch.no_grad():
            alone = Single(layers, torch.ones(3, dtype=torch.bool), 100)
            found = alone.reached(box)
            above = alone.above(found, torch.eye(2, dtype=torch.float64), torch.tensor([0, 0]), 1)
        for j, value in enumerate(exact(network, x.tolist())):
            last = found.before[-1]
            assert Fraction(float(last.lo[0, j])) <= value <= Fraction(float(last.hi[0, j]))
            assert value <= Fraction(float(above[j])) <= value + Fraction(1, 10**11)


def test_ranges_of_a_point_hold_the_exact_value() -> None:
    check_points()


def test_forms_without_error_vectors_are_caught(monkeypatch) -> None:
    def none(self, _, size):
        return torch.zeros(len(size), len(self.shift[0]), dtype=torch.float64)

    monkeypatch.setattr(affine.Joint, "spread", none)
    monkeypatch.setattr(relu, "_STEP", 0.0)
    with pytest.raises(AssertionError):
        check_points()


CONVOLUTIONS = [(8, 8, 8), (8, 16, 4), (6, 6, 3), (6, 4, 2), (5, 7, 1)]


@pytest.mark.parametrize(("inputs", "outputs", "groups"), CONVOLUTIONS)
def test_groups_of_convolutions_are_found_and_change_no_bound(
    inputs: int, outputs: int, groups: int
) -> None:
    torch.manual_seed(inputs)
    make = [
        nn.Conv2d(inputs, outputs, 3, 1, 1, groups=groups), nn.ReLU(), nn.Conv2d(outputs, 2, 1)
    ]  # fmt: skip
    f, g = (nn.Sequential(*make).double() for _ in range(2))
    _, (first, second), box = prepare(f, g, (-1.0, 1.0), (inputs, 4, 4))
    assert first[0].geometry.groups == second[0].geometry.groups == groups
    plain = [
        [replace(layer, geometry=replace(layer.geometry, groups=1)) for layer in layers]
        for layers in (first, second)
    ]
    found, dense = (
        interval_bounds(a, b, box, differential(a, b, box))[0]
        for a, b in ((first, second), (plain[0], plain[1]))
    )
    for name, bound in found.items():
        assert math.isclose(bound, dense[name], rel_tol=1e-12), name


def test_groups_are_those_that_every_network_at_the_place_has() -> None:
    kernels = [torch.zeros(4, 4, 1, 1, dtype=torch.float64) for _ in range(2)]
    kernels[0][range(4), range(4)] = 1.0
    kernels[1][0, 1] = kernels[1][3, 2] = 1.0
    shape = (4, 2, 2)
    layers = [
        canonical("f", module, shape, False, False)
        for module in (_conv(kernel) for kernel in kernels)
    ]
    assert [found[0].geometry.groups for found in layers] == [4, 2]
    assert [found[0].geometry.groups for found in grouped(*layers)] == [2, 2]


def _conv(kernel: torch.Tensor) -> nn.Sequential:
    outputs, inputs = kernel.shape[:2]
    layer = nn.Conv2d(inputs, outputs, 1, bias=False, dtype=torch.float64)
    layer.weight.data.copy_(kernel)
    return nn.Sequential(layer)
