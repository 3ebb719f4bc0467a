"""`bracket` with zonotopes and input splitting: the exact value inside, the same answer twice."""

import math
from typing import Any

import pytest
import torch

from slth import seeding
from slth.supnorm import bracket, exact, layers
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.dual.local import narrowed
from slth.supnorm.ranges import Range
from slth.supnorm.signed import canonical
from slth.supnorm.zonotope.root import Root
from tests.supnorm import supnorm_batches as batches
from tests.supnorm import supnorm_cases as cases

OFF: dict[str, Any] = {"samples": 0, "restarts": 0, "steps": 0}


@pytest.mark.parametrize("kind", ["plane", "convolutions"])
def test_the_exact_value_is_inside_and_more_boxes_give_no_more(kind) -> None:
    one = batches.batch(kind, 301, 1)
    box, shape = (one.lo.numpy(), one.hi.numpy()), tuple(one.lo.shape)
    best = exact(one.f, one.g, box, shape)
    last = math.inf
    for boxes in (2, 40, 160):
        found = bracket(one.f, one.g, box, shape, bounds=["zonotope"], input_splits=boxes, **OFF)
        for name, bound in found.bounds.items():
            assert bound >= best - 1e-6 * (1 + best), name
        assert found.lower <= best + 1e-6 * (1 + best)
        assert found.trace[-1].boxes <= boxes
        assert found.upper <= last * (1 + 1e-12)
        last = found.upper
    again = bracket(one.f, one.g, box, shape, bounds=["zonotope"], input_splits=160, **OFF)
    assert again.trace == found.trace
    assert (again.lower, again.upper) == (found.lower, found.upper)


def test_tickets_with_signed_kernels_and_the_other_bounds() -> None:
    rng = seeding.generator(3, "zonotope ticket")
    f = torch.nn.Sequential(
        cases.conv(rng, 1, 2, 2), torch.nn.ReLU(), torch.nn.Flatten(), cases.linear(rng, 8, 2)
    )
    case = cases.Case(f, cases.as_ticket(rng, f, eps=0.02), (1, 3, 3), (-1.0, 1.0))
    plain = cases.solve(case, **OFF)
    split = cases.solve(case, input_splits=60, **OFF)
    assert split.bounds.items() >= plain.bounds.items()
    assert plain.bounds["zonotope"] < plain.bounds["closed_form"]
    for name in ("zonotope", "input_splitting"):
        cases.check_upper(case, split.bounds[name], rng, 300)


def test_signed_layers_inside_and_boxes_of_one_point() -> None:
    rng = seeding.generator(5, "zonotope signed inside")
    f = torch.nn.Sequential(cases.linear(rng, 2, 4, bias=True), cases.linear(rng, 4, 2))
    g = cases.as_ticket(rng, f, eps=0.1)
    case = cases.Case(f, g, (2,), (-1.0, 1.0))
    found = cases.solve(case, bounds=["zonotope"], input_splits=40, **OFF)
    for bound in found.bounds.values():
        cases.check_upper(case, bound, rng, 600)
    assert found.upper < 1.2 * found.lower
    point = cases.solve(cases.Case(f, g, (2,), (0.25, 0.25)), bounds=["zonotope"], **OFF)
    assert point.lower <= point.upper <= point.lower + 1e-12


@pytest.mark.parametrize(
    ("bounds", "error", "words"),
    [
        ("zonotope", TypeError, "a list"),
        ([], TypeError, "a list"),
        (["zono"], ValueError, "takes one of"),
    ],
)
def test_names_of_bounds(bounds, error, words) -> None:
    layer = torch.nn.Sequential(torch.nn.Linear(2, 1))
    with pytest.raises(error, match=f"^bounds: .*{words}"):
        bracket(layer, layer, bounds=bounds)


def test_convolutions_of_many_rows_are_matrices_with_the_same_bounds(monkeypatch) -> None:
    for index in range(3):
        one = batches.batch("convolutions", 320 + index, 1)
        box, shape = (one.lo.numpy(), one.hi.numpy()), tuple(one.lo.shape)
        asked = {"bounds": ["zonotope"], "input_splits": 20, **OFF}
        usual = bracket(one.f, one.g, box, shape, **asked)
        with monkeypatch.context() as patch:
            patch.setattr(layers, "_MANY", 1)
            found = bracket(one.f, one.g, box, shape, **asked)
        for name, bound in usual.bounds.items():
            assert found.bounds[name] == pytest.approx(bound, rel=1e-9)
            assert found.bounds[name] >= exact(one.f, one.g, box, shape) * (1 - 1e-6)
    rng = seeding.generator(1, "matrix")
    kernel = torch.from_numpy(rng.standard_normal((3, 2, 3, 2)))
    geometry = layers.Geometry((2, 7, 6), (3, 3, 6), True, (2, 1), (1, 1), (2, 2))
    x = torch.from_numpy(rng.standard_normal((layers._MANY, 2, 7, 6)))
    y = geometry.apply(kernel, x)
    geometry = layers.Geometry((2, 7, 6), tuple(y.shape[1:]), True, (2, 1), (1, 1), (2, 2))
    torch.testing.assert_close(geometry.many(kernel, x), y, rtol=1e-12, atol=1e-12)


def test_ranges_of_duals_and_of_zonotopes_cut_each_other_s_and_hold() -> None:
    narrower = 0
    for index in range(4):
        rng = seeding.generator(index, "ranges together")
        f = torch.nn.Sequential(
            cases.conv(rng, 1, 2, 2), torch.nn.ReLU(), cases.conv(rng, 2, 2, 2), torch.nn.ReLU(),
            torch.nn.Flatten(), cases.linear(rng, 8, 2),
        )  # fmt: skip
        case = cases.Case(f, cases.perturbed(rng, f, 0.1), (1, 4, 4), (-1.0, 1.0))
        both = cases.solve(case, **OFF)
        for name, bound in both.bounds.items():
            cases.check_upper(case, bound, rng, 300)
            if name in ("zonotope", "lagrangian"):
                alone = cases.solve(case, bounds=[name], **OFF).bounds[name]
                narrower += bound < alone * (1 - 1e-6)
        of_f, of_g = (canonical("f", net, (1, 4, 4), False, False) for net in (f, case.g))
        one = torch.ones(1, 4, 4, dtype=torch.float64)
        region = Range(-one, one)
        duals = narrowed(of_f, of_g, region, 20)
        root = Root.of(of_f, of_g, region, True, duals.before)
        assert root is not None
        met = duals.met(of_f, root.pair.known)
        x = torch.from_numpy(rng.uniform(-1, 1, (400, 1, 4, 4)))
        y = x
        for i, (a, b) in enumerate(zip(of_f, of_g, strict=True)):
            x, y = a.affine(x), b.affine(y)
            holds(met.before[i], x, y)
            x, y = (torch.relu(x), torch.relu(y)) if a.relu else (x, y)
            holds(met.places[i + 1], x, y)
    assert narrower > 3


def holds(ranges: Triple, x: torch.Tensor, y: torch.Tensor) -> None:
    for value, found in ((x, ranges.f), (y, ranges.g), (x - y, ranges.delta)):
        assert (value >= found.lo - 1e-12).all()
        assert (value <= found.hi + 1e-12).all()
