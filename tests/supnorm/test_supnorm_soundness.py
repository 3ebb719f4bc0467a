"""No input exceeds an upper bound; lower ≤ upper; the checker catches an unsound bound."""

import copy

import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm import bracket
from slth.supnorm.bounds import differential
from slth.supnorm.ranges import Range
from slth.supnorm.signed import aligned
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept


@pytest.mark.parametrize("index", swept(range(30), 8))
def test_no_probe_exceeds_the_bracket(index):
    case = cases.random_case(index)
    b = cases.solve(case, samples=32, restarts=1, steps=6)
    cases.check_bracket(case, b, seeding.generator(index, "probes"))


@pytest.mark.parametrize("index", range(0, 60, 3))
def test_every_layer_range_holds(index):
    case = cases.random_case(index)
    lo, hi = (torch.full(case.shape, end, dtype=torch.float64) for end in case.box)
    f, g = _layers(case)
    x = y = cases.probes(case, seeding.generator(index, "layers"), 900)
    for place, (first, second) in zip(
        differential.differential(f, g, Range(lo, hi))[1:], zip(f, g, strict=True), strict=True
    ):
        x, y = first.affine(x), second.affine(y)
        if first.relu:
            x, y = x.relu(), y.relu()
        for values, ends in ((x, place.f), (y, place.g), (x - y, place.delta)):
            slack = 1e-12 * (1 + x.abs().max())
            assert bool((values >= ends.lo - slack).all())
            assert bool((values <= ends.hi + slack).all())


def test_relu_pair_is_the_tightest_range():
    rng = seeding.generator(0, "relu pair")
    ends = torch.from_numpy(rng.uniform(-1, 1, (200, 2, 2))).sort(2).values
    f, g = (Range(ends[:, i, 0], ends[:, i, 1]) for i in (0, 1))
    share = torch.linspace(0, 1, 161, dtype=torch.float64)
    x = f.lo[:, None] + share * (f.hi - f.lo)[:, None]
    y = g.lo[:, None] + share * (g.hi - g.lo)[:, None]
    gaps = (x[:, :, None] - y[:, None, :]).flatten(1)
    middle, half = gaps.mean(1), 0.5 * (gaps.amax(1) - gaps.amin(1))
    delta = Range(middle - 0.4 * half, middle + 0.6 * half)
    inside = (gaps >= delta.lo[:, None]) & (gaps <= delta.hi[:, None])
    image = (x.relu()[:, :, None] - y.relu()[:, None, :]).flatten(1)
    top = torch.where(inside, image, -torch.inf).amax(1)
    bottom = torch.where(inside, image, torch.inf).amin(1)
    out = differential.relu_pair(differential.Triple(f, g, delta))
    grid = 0.03  # two steps of the grid
    assert bool((out.hi >= top).all())
    assert bool((out.lo <= bottom).all())
    assert bool((out.hi <= top + grid).all())
    assert bool((out.lo >= bottom - grid).all())


@pytest.mark.parametrize("index", swept(range(0, 60, 5), 3))
def test_equal_networks(index):
    case = cases.random_case(index)
    b = bracket(case.f, copy.deepcopy(case.f), case.box, case.shape, samples=32, restarts=1)
    assert b.lower == 0.0
    assert 0.0 < b.upper < 1e-9


def test_an_unsound_relu_rule_fails_the_checker(monkeypatch):
    rng = seeding.generator(3, "unsound")
    f = nn.Sequential(cases.conv(rng, 1, 2, 2, bias=True), nn.ReLU())
    case = cases.Case(f, cases.perturbed(rng, f, 0.01), (1, 3, 3), (-1.0, 1.0))
    lo, hi = (torch.full(case.shape, end, dtype=torch.float64) for end in case.box)

    def upper() -> float:
        f, g = _layers(case)
        places = differential.differential(f, g, Range(lo, hi))
        return float(places[-1].delta.size.max())

    cases.check_upper(case, upper(), rng)
    monkeypatch.setattr(differential, "relu_pair", lambda x: Range(x.delta.lo / 2, x.delta.hi / 2))
    with pytest.raises(AssertionError, match="a probe reaches"):
        cases.check_upper(case, upper(), rng)


def test_half_the_exact_bound_fails_the_checker():
    rng = seeding.generator(4, "unsound")
    f = nn.Sequential(cases.conv(rng, 1, 2, 3, padding=1))
    case = cases.Case(f, cases.perturbed(rng, f, 0.01), (1, 4, 4), (-1.0, 1.0))
    with pytest.raises(AssertionError, match="a probe reaches"):
        cases.check_upper(case, 0.5 * cases.solve(case).upper, rng)


def test_same_seed_same_bracket_and_modules_unaltered():
    case = cases.random_case(11)
    f = copy.deepcopy(case.f).float()
    g = copy.deepcopy(case.g).float()
    before = {key: value.clone() for key, value in f.state_dict().items()}
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        first, second = (bracket(f, g, case.box, case.shape, seed=5) for _ in range(2))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert first.lower == second.lower
    assert (first.lower_at == second.lower_at).all()
    assert first.bounds == second.bounds
    for key, value in f.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, before[key])


def _layers(case):
    return aligned(case.f, case.g, case.shape, case.box[0] >= 0)
