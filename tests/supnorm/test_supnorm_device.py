"""The search for the lower end on a device: what it finds is the CPU's to evaluate."""

import pytest
import torch
from torch import nn

from slth import devices as gpu
from slth import seeding
from slth.supnorm import bracket, bracket_around
from tests.solvers import gpu_places
from tests.supnorm import elsewhere
from tests.supnorm import supnorm_cases as cases

WORK = {"samples": 40, "restarts": 1, "steps": 4}


def pair(sign: float = -1.0) -> cases.Case:
    rng = seeding.generator(0, "device")
    f = nn.Sequential(
        cases.conv(rng, 2, 2, 3, bias=True, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        cases.linear(rng, 8, 2, bias=True),
    )
    return cases.Case(f, cases.as_ticket(rng, f, eps=0.05), (2, 5, 5), (sign, 1.0))


def same(a, b) -> bool:
    return a.lower_at.tobytes() == b.lower_at.tobytes() and (a.lower, a.bounds) == (
        b.lower,
        b.bounds,
    )


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: True)
    places = {"cpu": torch.device("cpu"), "cuda": elsewhere.NAME}
    monkeypatch.setattr(gpu, "place", places.get)


@pytest.mark.parametrize("place", gpu_places.PLACES)
def test_a_bracket_of_either_device_holds(place, monkeypatch):
    gpu_places.use(place, monkeypatch)
    case = pair()
    b = cases.solve(case, **WORK, device="cuda")
    cases.check_bracket(case, b, seeding.generator(1, "device"))
    assert b.bounds == (home := cases.solve(case, **WORK)).bounds
    assert b.lower == pytest.approx(home.lower, rel=0.05)
    if place == "gpu":
        assert same(b, cases.solve(case, **WORK, device="cuda"))


@pytest.mark.parametrize("sign", [-1.0, 0.0])
def test_every_tensor_of_the_search_is_on_its_device(device, sign):
    case = pair(sign)
    home = cases.solve(case, **WORK)
    with elsewhere.Device() as used:
        away = cases.solve(case, **WORK, device="cuda")
    assert same(away, home)
    assert used.there["convolution"] > used.there["convolution_backward"] > 0
    assert not used.here["topk"]  # which ranks what the search found, there


def test_balls_too(device):
    case = pair()
    points = seeding.generator(2, "device").uniform(-1, 1, (2, *case.shape))
    home = bracket_around(case.f, case.g, points, 0.1, refined=1, **WORK)
    with elsewhere.Device() as used:
        away = bracket_around(case.f, case.g, points, 0.1, refined=1, **WORK, device="auto")
    assert same(away, home)
    assert used.there["convolution_backward"] > 0


def test_a_device_that_computes_wrongly_gives_a_value_that_is_reached(device):
    case = pair()
    with elsewhere.Device(factor=1.3) as used:
        b = cases.solve(case, **WORK, device="cuda")
    assert used.there["mm"] > 0
    cases.check_bracket(case, b, seeding.generator(3, "device"))


def test_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setattr(gpu, "available", lambda: False)
    case = pair()
    with pytest.raises(ValueError, match="device: got 'cuda', this machine has no CUDA device"):
        cases.solve(case, **WORK, device="cuda")
    assert same(cases.solve(case, **WORK, device="auto"), cases.solve(case, **WORK))
    for wrong, error in (("gpu", ValueError), (torch.device("cpu"), TypeError)):
        with pytest.raises(error, match="device: got"):
            bracket(case.f, case.g, input_shape=case.shape, device=wrong)
