"""Ranges narrowed neuron by neuron hold every input, and are narrower than intervals."""

import pytest
import torch

from slth import seeding
from slth.networks import build_network
from slth.supnorm.bounds.differential import differential
from slth.supnorm.dual import local
from slth.supnorm.ranges import Range
from slth.supnorm.signed import aligned
from tests.supnorm import supnorm_cases as cases


def layers_of(case):
    lo, hi = (torch.full(case.shape, end, dtype=torch.float64) for end in case.box)
    return *aligned(case.f, case.g, case.shape, case.box[0] >= 0), Range(lo, hi)


def two_convolutions(ticket: bool) -> cases.Case:
    rng = seeding.generator(0, "local")
    f = build_network([2, 2], input_shape=(1, 6, 6), classes=3, seed=1)
    g = cases.as_ticket(rng, f, eps=1e-3) if ticket else cases.perturbed(rng, f, 1e-3)
    return cases.Case(f, g, (1, 6, 6), (-1.0, 1.0))


def check_holds(case, ranges, rng, count=300) -> None:
    """Assert that δ before every ReLU is in its range, at probes and at their attacks."""
    f, g, _ = layers_of(case)
    x = y = torch.cat([(start := cases.probes(case, rng, count)), cases.attack(case, start[:60])])
    for first, second, pair in zip(f, g, ranges.before, strict=True):
        x, y = first.affine(x), second.affine(y)
        slack = 1e-12 * (1 + x.abs().max())
        gap = x - y
        assert bool((gap <= pair.delta.hi + slack).all()), "a probe is above the range"
        assert bool((gap >= pair.delta.lo - slack).all()), "a probe is below the range"
        if first.relu:
            x, y = x.relu(), y.relu()


@pytest.mark.parametrize("index", range(0, 24, 2))
def test_every_range_holds_and_is_no_wider_than_intervals(index):
    case = cases.random_case(index)
    f, g, box = layers_of(case)
    ranges = local.narrowed(f, g, box, 8)
    check_holds(case, ranges, seeding.generator(index, "local"))
    for place, wide in zip(ranges.places, differential(f, g, box), strict=True):
        assert bool((place.delta.hi <= wide.delta.hi).all())
        assert bool((place.delta.lo >= wide.delta.lo).all())


@pytest.mark.parametrize("ticket", [False, True])
def test_second_layer_is_narrowed_by_a_third(ticket):
    f, g, box = layers_of(two_convolutions(ticket))
    before = [local.narrowed(f, g, box, steps).before[1].delta for steps in (0, 30)]
    share = (before[1].hi - before[1].lo) / (before[0].hi - before[0].lo)
    assert float(share.mean()) < 2 / 3


def test_a_kind_is_a_receptive_field():
    f, _, box = layers_of(two_convolutions(False))
    known = local.narrowed(f, f, box, 0)
    own = local.Ranges(known.places[:2], known.before[:2])
    tables = [local.fields(layer) for layer in f[:2]]
    kinds = local._kinds(f[:2], own, tables)
    assert len(kinds) == 25  # two 3×3 kernels: first, second, inner, last but one and last, twice
    assert sum(len(positions) for positions in kinds) == 36
    rows = local.union(f[:2], tables, torch.stack([kind[0] for kind in kinds]))
    x = torch.from_numpy(seeding.generator(4, "local").uniform(-1, 1, (1, 36)))
    y = x[:, rows[0].inputs]
    for layer, row in zip(f[:2], rows, strict=True):
        y = row.dense(layer).affine(y).relu()
        x = layer.affine(x.view(1, *layer.geometry.in_shape)).relu().flatten(1)
    assert torch.allclose(y, x[:, rows[-1].outputs], rtol=1e-13)


def test_an_unsound_narrowing_fails_the_checker(monkeypatch):
    case, rng = two_convolutions(False), seeding.generator(3, "local")
    f, g, box = layers_of(case)
    check_holds(case, local.narrowed(f, g, box, 20), rng)
    bound = local._bounds
    monkeypatch.setattr(local, "_bounds", lambda *a: [0.4 * x for x in bound(*a)])
    with pytest.raises(AssertionError, match="a probe is"):
        check_holds(case, local.narrowed(f, g, box, 20), rng)
