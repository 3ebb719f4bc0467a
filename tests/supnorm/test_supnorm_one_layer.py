"""One signed layer: exact value, against brute force over {lo, 0, hi} of every entry."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.networks.modules import ChannelScale
from slth.supnorm import bracket
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept

BOXES = [(-1.0, 1.0), (0.0, 1.0), (-0.3, 2.0), (-2.0, -0.5)]


def brute_force(case: cases.Case) -> float:
    """The pre-ReLU difference is linear in each entry on either side of 0: its maximum is here."""
    lo, hi = case.box
    levels = sorted({lo, min(max(0.0, lo), hi), hi})
    size = int(np.prod(case.shape))
    points = np.array(list(itertools.product(levels, repeat=size)))
    return float(cases.gap(case, torch.from_numpy(points).reshape(-1, *case.shape)).max())


def build(kind: str, rng, box) -> cases.Case:
    shape: tuple[int, ...] = (1, 3, 3)
    if kind == "dense":
        shape, f = (7,), nn.Sequential(cases.linear(rng, 7, 3, bias=True))
    elif kind == "padded":
        f = nn.Sequential(cases.conv(rng, 1, 2, 3, padding=1))
    elif kind == "strided":
        f = nn.Sequential(cases.conv(rng, 1, 2, 2, stride=2, padding=1, bias=True))
    elif kind == "larger than input":
        f = nn.Sequential(cases.conv(rng, 1, 2, 5, padding=2))
    else:
        shape = (2, 2, 2)
        f = nn.Sequential(cases.conv(rng, 2, 2, 2, padding=1, groups=2))
    return cases.Case(f, cases.perturbed(rng, f, 0.1), shape, box)


KINDS = ["dense", "padded", "strided", "larger than input", "grouped"]


@pytest.mark.parametrize("box", swept(BOXES, 2))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ticket", [False, True])
def test_lower_and_upper_equal_brute_force(kind, box, ticket):
    rng = seeding.generator(1, kind, ticket)
    case = build(kind, rng, box)
    if ticket and kind != "grouped":
        case = cases.Case(case.f, cases.as_ticket(rng, case.f, eps=0.1), case.shape, box)
    b, exact = cases.solve(case), brute_force(case)
    assert b.method == "one_layer"
    assert b.lower == pytest.approx(exact, rel=1e-9)
    assert b.upper == pytest.approx(exact, rel=1e-9)
    assert b.bounds["differential"] == pytest.approx(exact, rel=1e-9)
    assert b.lower <= b.upper


def test_plain_convolution_is_the_largest_filter_norm():
    rng = seeding.generator(2, "plain")
    f = nn.Sequential(cases.conv(rng, 3, 4, 3, padding=1))
    g = cases.perturbed(rng, f, 1e-3)
    deviation = (f[0].weight - g[0].weight).detach().abs()
    b = bracket(f, g, (-1.0, 1.0), (3, 3, 3))
    assert b.upper == pytest.approx(float(deviation.sum((1, 2, 3)).max()), rel=1e-9)
    assert b.lower == pytest.approx(b.upper, rel=1e-9)


def test_signed_kernels_reach_less_than_the_sum_of_maxima():
    rng = seeding.generator(3, "signed")
    f = nn.Sequential(cases.conv(rng, 1, 1, 2))
    g = nn.Sequential(*cases.half_layers(rng, f[0], 3, 0.1))
    scale, wide = g[0].weight.detach(), g[2].weight.detach()
    plus = f[0].weight.detach()[0, 0] - torch.einsum("h,hij->ij", scale.clamp(min=0), wide[0])
    minus = f[0].weight.detach()[0, 0] - torch.einsum("h,hij->ij", scale.clamp(max=0), wide[0])
    zero = torch.zeros_like(plus)
    top = plus.maximum(-minus).maximum(zero).sum()
    bottom = (-plus).maximum(minus).maximum(zero).sum()
    coarse = float(plus.abs().maximum(minus.abs()).sum())
    b = bracket(f, g, (-1.0, 1.0), (1, 2, 2))
    assert b.upper == pytest.approx(float(top.maximum(bottom)), rel=1e-9)
    assert coarse / 2 <= b.upper <= coarse
    assert b.upper < 0.99 * coarse


def test_a_box_of_arrays():
    rng = seeding.generator(4, "arrays")
    f = nn.Sequential(cases.conv(rng, 1, 2, 2))
    g = cases.as_ticket(rng, f, eps=0.1)
    lo, hi = rng.uniform(-1, 0.2, (1, 3, 3)), rng.uniform(0.3, 1, (3,))
    b = bracket(f, g, (lo, hi), (1, 3, 3))
    assert b.lower == pytest.approx(b.upper, rel=1e-9)
    assert (b.lower_at >= lo).all()
    assert (b.lower_at <= hi).all()


def test_a_relu_after_the_layer_keeps_the_bound():
    rng = seeding.generator(5, "relu")
    f = nn.Sequential(cases.conv(rng, 1, 2, 2), nn.ReLU())
    g = cases.perturbed(rng, f, 0.1)
    b = bracket(f, g, (-1.0, 1.0), (1, 3, 3))
    case = cases.Case(f, g, (1, 3, 3), (-1.0, 1.0))
    assert brute_force(case) <= b.upper


@pytest.mark.parametrize("hidden", [50, 3000])
def test_a_wide_ticket_against_rational_arithmetic(hidden):
    """Merging thousands of hidden channels costs the bound no digit that a reader would see."""
    rng = seeding.generator(6, "wide", hidden)
    f = nn.Sequential(cases.conv(rng, 1, 2, 2))
    scale = torch.from_numpy(rng.standard_normal(hidden))
    wide = nn.Conv2d(hidden, 2, 2, bias=False, dtype=torch.float64)
    wide.weight.data = torch.from_numpy(rng.standard_normal((2, hidden, 2, 2)))
    g = nn.Sequential(ChannelScale(scale, torch.zeros(hidden, dtype=torch.long)), nn.ReLU(), wide)
    b = bracket(f, g, (-1.0, 1.0), (1, 3, 3), restarts=1, steps=4)
    exact = max(_rational(f[0].weight[t].detach(), scale, wide.weight[t].detach()) for t in (0, 1))
    assert exact <= Fraction(b.upper)
    assert b.upper - float(exact) <= 1e-11
    assert float(exact) - b.lower <= 1e-9
    assert b.evaluation > 0


def _rational(K: torch.Tensor, a: torch.Tensor, V: torch.Tensor) -> Fraction:
    """Σ max(E⁺, −E⁻, 0) or Σ max(−E⁺, E⁻, 0), the larger, of one output channel, exactly."""
    rise = fall = Fraction(0)
    weights = [Fraction(float(x)) for x in a]
    for k, column in zip(K.flatten(), V.flatten(1).T, strict=True):
        terms = [w * Fraction(float(v)) for w, v in zip(weights, column, strict=True)]
        plus = Fraction(float(k)) - sum(t for t, w in zip(terms, weights, strict=True) if w > 0)
        minus = Fraction(float(k)) - sum(t for t, w in zip(terms, weights, strict=True) if w < 0)
        rise += max(plus, -minus, Fraction(0))
        fall += max(-plus, minus, Fraction(0))
    return max(rise, fall)
