"""Every upper bound alone: probes, order, equality on small cases, splitting, unsound twins."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.networks import build_network
from slth.supnorm import bracket
from slth.supnorm.bounds import crown, differential
from slth.supnorm.dual import stage
from slth.supnorm.dual.blocks import blocks
from slth.supnorm.dual.descent import Descent
from slth.supnorm.dual.lagrangian import objectives
from slth.supnorm.dual.relaxation import Multipliers, build
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range
from slth.supnorm.signed import aligned
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept

NAMES = ["closed_form", "separate", "differential", "crown", "lagrangian", "branching"]


@pytest.mark.parametrize("first", swept([100, 104], 1))
def test_no_probe_exceeds_any_bound_and_they_are_ordered(first):
    work = {"samples": 32, "restarts": 1, "steps": 6, "splits": 6}
    for number, index in enumerate(range(first, first + 4), first - 100):
        case = cases.random_case(index)
        b = cases.solve(case, **work)
        for name in NAMES:
            cases.check_upper(case, b.bounds[name], seeding.generator(number, "bound"), 300)
        ordered = ["closed_form", "differential", "lagrangian", "branching"]
        ends = [b.bounds[name] for name in ordered]
        assert all(a * (1 + 1e-12) >= z for a, z in itertools.pairwise(ends))
        assert ends[-1] >= b.lower


def layers_of(case: cases.Case) -> tuple[Layers, Layers, Range]:
    lo, hi = (torch.full(case.shape, end, dtype=torch.float64) for end in case.box)
    f, g = aligned(case.f, case.g, case.shape, case.box[0] >= 0)
    return f, g, Range(lo, hi)


@pytest.mark.parametrize("index", range(0, 30, 2))
def test_any_multipliers_are_sound(index):
    case = cases.random_case(index)
    f, g, box = layers_of(case)
    dual = build(f, g, differential.differential(f, g, box), 3)
    if dual is None:
        return
    rng = seeding.generator(index, "multipliers")
    outputs = f[-1].geometry.out_shape
    c = objectives(torch.arange(2 * int(np.prod(outputs))), int(np.prod(outputs)))
    theta = [
        Multipliers(0.1 * cases.draw(rng, *t.share.shape), cases.draw(rng, *t.phase.shape).abs())
        for t in dual.start(len(c))
    ]
    value = dual.value(c, theta, dual.allowed(), dual.scales(c)).safe
    x = y = cases.probes(case, rng, 300)
    for first, second in zip(f, g, strict=True):
        x, y = first.affine(x), second.affine(y)
        if first.relu and first is not f[-1]:
            x, y = x.relu(), y.relu()
    gap = (x - y).flatten(1)
    assert bool((torch.cat([gap, -gap], 1) <= value).all())


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("index", range(0, 12, 2))
def test_blocks_are_the_layer(index, most):
    f, _, _ = layers_of(cases.random_case(index))
    for layer in f:
        table = blocks(layer, most)
        size, reads = (int(np.prod(s)) for s in (layer.geometry.out_shape, layer.geometry.in_shape))
        matrix = torch.zeros(size + 1, reads + 1, dtype=torch.float64)
        rows = table.coefficients(layer.plus)
        for outputs, inputs, values in zip(table.outputs, table.inputs, rows, strict=True):
            matrix[outputs[:, None], inputs[None]] += values
        basis = torch.eye(reads, dtype=torch.float64).view(reads, *layer.geometry.in_shape)
        dense = layer.geometry.apply(layer.plus, basis).flatten(1).T
        assert torch.equal(matrix[:size, :reads], dense)
        assert sorted(table.outputs[table.outputs < size].tolist()) == list(range(size))
        assert table.outputs.shape[1] <= most


def readout(eps: float = 1e-2, ticket: bool = False) -> cases.Case:
    rng = seeding.generator(7, "readout")
    f = build_network([1], input_shape=(1, 5, 5), classes=3, seed=1)
    g = cases.as_ticket(rng, f, eps=eps) if ticket else cases.perturbed(rng, f, eps)
    return cases.Case(f, g, (1, 5, 5), (-1.0, 1.0))


@pytest.mark.parametrize("ticket", [False, True])
def test_splitting_improves_and_is_anytime(ticket):
    case = readout(ticket=ticket)
    found = [cases.solve(case, splits=splits) for splits in (0, 8, 24)]
    for early, late in itertools.pairwise(found):
        assert late.upper <= early.upper * (1 + 1e-9)
    assert all(late.lower >= found[0].lower for late in found)
    assert found[-1].upper < found[0].upper
    again = cases.solve(case, splits=24)
    assert again.bounds == found[2].bounds
    assert again.lower == found[2].lower


def test_the_dual_is_tighter_than_intervals_by_half():
    b = cases.solve(readout(1e-3))
    assert b.method == "lagrangian"
    assert b.upper <= 0.7 * b.bounds["differential"]
    assert b.upper <= 1.8 * b.lower


def test_crown_helps_networks_far_apart():
    rng = seeding.generator(8, "far")
    f = nn.Sequential(cases.linear(rng, 4, 8), nn.ReLU(), cases.linear(rng, 8, 2))
    g = cases.perturbed(rng, f, 1.0)
    b = bracket(f, g)
    assert b.bounds["crown"] < b.bounds["separate"]


def upper_of(case: cases.Case) -> float:
    f, g, box = layers_of(case)
    dual = build(f, g, differential.differential(f, g, box), 4)
    assert dual is not None
    c = objectives(torch.arange(6), 3)
    descent = Descent(dual, c, dual.allowed(), dual.start(6), dual.scales(c))
    return float(descent.run(120).safe.max())


def test_an_unsound_dual_fails_the_checker(monkeypatch):
    case, rng = readout(1e-2), seeding.generator(9, "unsound")
    cases.check_upper(case, upper_of(case), rng)
    passed = stage.Stage.bound

    def halved(self, *arguments):
        out = passed(self, *arguments)
        return stage.Passed(out.patterns / 2, out.form, out.slack, out.influence)

    monkeypatch.setattr(stage.Stage, "bound", halved)
    with pytest.raises(AssertionError, match="a probe reaches"):
        cases.check_upper(case, upper_of(case), rng)


def test_an_unsound_crown_fails_the_checker(monkeypatch):
    rng = seeding.generator(10, "unsound")
    f = nn.Sequential(cases.linear(rng, 3, 3), nn.ReLU(), cases.linear(rng, 3, 1))
    case = cases.Case(f, cases.perturbed(rng, f, 1.0), (3,), (-1.0, 1.0))
    cases.check_upper(case, float(crown.crown(*layers_of(case)).max()), rng)
    monkeypatch.setattr(crown, "_relu", lambda c, y: (0 * c, 0 * c.sum(1), 0 * c.sum(1)))
    with pytest.raises(AssertionError, match="a probe reaches"):
        cases.check_upper(case, float(crown.crown(*layers_of(case)).max()), rng)
