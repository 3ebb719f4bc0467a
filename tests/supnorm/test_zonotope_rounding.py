"""Boxes and forms are rounded outward: exact rational arithmetic is the judge."""

from fractions import Fraction

import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm.arguments import one_thread, prepare
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope import affine, entry, relu
from slth.supnorm.zonotope.entry import centre, radii
from slth.supnorm.zonotope.pair import Pair
from tests.supnorm.rational_networks import exact


def check_boxes() -> None:
    rng = seeding.generator(0, "boxes")
    lo = torch.from_numpy(rng.normal(size=400) * 10.0 ** rng.integers(-8, 8, 400))
    hi = lo + torch.from_numpy(rng.random(400) * 10.0 ** rng.integers(-12, 4, 400)).abs()
    hi[:20] = lo[:20]
    hi[20:40] = torch.nextafter(lo[20:40], torch.full((20,), torch.inf, dtype=torch.float64))
    middle = centre(Range(lo, hi))
    radius = radii(Range(lo, hi), middle)
    for a, b, m, r in zip(*(part.tolist() for part in (lo, hi, middle, radius)), strict=True):
        assert a <= m <= b
        assert Fraction(m) - Fraction(r) <= Fraction(a)
        assert Fraction(m) + Fraction(r) >= Fraction(b)
        assert (r == 0) == (a == b)


def test_a_form_of_a_box_holds_its_ends() -> None:
    check_boxes()


def test_radii_to_nearest_are_caught(monkeypatch) -> None:
    monkeypatch.setattr(entry, "up", lambda x: x)
    with pytest.raises(AssertionError):
        check_boxes()


def check_points() -> None:
    """One point as a box: what is left of the ranges is rounding alone."""
    for index in range(6):
        rng = seeding.generator(index, "points")
        networks = []
        for _ in range(2):
            modules: list[nn.Module] = []
            for a, b in ((3, 5), (5, 5), (5, 2)):
                layer = nn.Linear(a, b, dtype=torch.float64).requires_grad_(False)
                layer.weight.copy_(torch.from_numpy(rng.normal(size=(b, a))))
                layer.bias.copy_(torch.from_numpy(rng.normal(size=b)))
                modules += [layer, nn.ReLU()]
            networks.append(nn.Sequential(*modules[:-1]))
        x = torch.from_numpy(rng.normal(size=3))
        _, layers, box = prepare(networks[0], networks[1], (x.numpy(), x.numpy()), (3,))
        two = Pair(*layers, torch.ones(3, dtype=torch.bool))
        with one_thread(), torch.no_grad():
            found = two.outputs(Range(box.lo[None], box.hi[None]))
        f, g = (exact(network, x.tolist()) for network in networks)
        for j in range(2):
            for value, part in zip(
                (f[j], g[j], f[j] - g[j]),
                (found.before[-1].f, found.before[-1].g, found.delta),
                strict=True,
            ):
                assert Fraction(float(part.lo[0, j])) <= value <= Fraction(float(part.hi[0, j]))
                assert float(part.hi[0, j] - part.lo[0, j]) < 1e-11


def test_ranges_of_a_point_hold_the_exact_value() -> None:
    check_points()


def test_forms_without_error_vectors_are_caught(monkeypatch) -> None:
    def none(self, sizes):
        count = self.shift[0].shape
        return tuple(torch.zeros(len(sizes[0]), *count, dtype=torch.float64) for _ in range(3))

    monkeypatch.setattr(affine.Joint, "spreads", none)
    monkeypatch.setattr(relu, "_STEP", 0.0)
    with pytest.raises(AssertionError):
        check_points()
