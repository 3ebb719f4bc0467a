"""Brackets of what `from_torch` reads: pooling, other activations, projections, groups in blocks.

Every bound alone is compared with values that are reached: on probes for modules as people write
them, and on a grid of the one or two inputs that vary for random networks, where input splitting
closes the bracket too.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import supnorm
from slth.networks import from_torch
from slth.networks.max_pooling import PoolEnd, capped, leaky, tournament
from slth.networks.modules import ChannelScale
from slth.networks.unrolled import unrolled
from slth.seeding import generator
from slth.supnorm.ranges import Range
from tests.networks.modules_as_people_write_them import MODULES, make
from tests.sweeps import swept

REFUSED = {
    "Inception": "joins branches",
    "branches": "joins branches",
    "in place": "got a block of",
    "pools of all kinds": "ceil_mode=False",
}
QUICK: dict[str, Any] = {"samples": 8, "restarts": 0, "steps": 0}
CHEAP = ["differential", "closed_form", "separate"]
SMALL = (1, 4, 4)


def perturbed(module: nn.Module, seed: int, eps: float = 0.01) -> nn.Module:
    twin = copy.deepcopy(module)
    rng = generator(seed, "perturbed")
    with torch.no_grad():
        for weight in twin.parameters():
            weight.add_(eps * torch.from_numpy(rng.standard_normal(tuple(weight.shape))))
    return twin


@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
@pytest.mark.parametrize("name", MODULES)
def test_modules_as_people_write_them_have_brackets_or_are_refused_by_name(name: str) -> None:
    shape = MODULES[name][1]
    module = make(name)
    f, g = from_torch(module, shape), from_torch(perturbed(module, 1), shape)
    asked: dict[str, Any] = {"box": (0.0, 1.0), "input_shape": f.input_shape, "bounds": CHEAP}
    if name in REFUSED:
        with pytest.raises(ValueError, match=rf"^f: .*{REFUSED[name]}"):
            supnorm.bracket(f, g, **asked, **QUICK)
        return
    found = supnorm.bracket(f, g, **asked, **QUICK)
    rng = generator(0, "probes")
    x = torch.from_numpy(rng.uniform(0, 1, (16, *f.input_shape)))
    x[8:] = (x[8:] > 0.5).double()
    reached = float((f(x) - g(x)).abs().max())
    assert min(found.bounds.values()) >= max(reached, found.lower) * (1 - 1e-12)


class Basic(nn.Module):
    """A block with a projection."""

    def __init__(self, c_in: int, c_out: int, stride: int, groups: int = 1) -> None:
        super().__init__()
        self.one = nn.Conv2d(c_in, c_out, 3, stride, 1, groups=groups)
        self.two = nn.Conv2d(c_out, c_out, 3, 1, 1)
        self.skip = nn.Conv2d(c_in, c_out, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.two(torch.relu(self.one(x))) + self.skip(x))


class Bottleneck(nn.Module):
    """A block whose second of three convolutions has the stride, with ReLU6."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 3, stride, 1, groups=2)
        self.three, self.skip = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 3, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = nn.functional.relu6(self.two(nn.functional.relu6(self.one(x))))
        return self.three(y) + self.skip(x)


class Single(nn.Module):
    """One convolution and a projection, without biases."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.skip = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(2, 3, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.one(x) + self.skip(x))


NETWORKS: dict[str, Any] = {
    "max pooling": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
    "over each other": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 1, 1)],
    "before its ReLU": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()],
    "both signs": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d((1, 3), (2, 1))],
    "first": lambda: [nn.MaxPool2d(2, 1), nn.Conv2d(1, 2, 2), nn.ReLU()],
    "leaky": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.LeakyReLU(0.3), nn.Conv2d(2, 2, 3)],
    "capped": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.Hardtanh(0.0, 0.4), nn.Conv2d(2, 2, 3)],
    "stride two": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), Basic(2, 2, 2, groups=2)],
    "projection of both signs": lambda: [nn.Conv2d(1, 2, 3, padding=1), Basic(2, 3, 1)],
    "bottleneck": lambda: [nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), Bottleneck(2)],
    "one convolution": lambda: [nn.Conv2d(1, 2, 3, padding=1), Single()],
}


def network(kind: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    head = nn.Sequential(*NETWORKS[kind]()).double()
    features = head(torch.zeros(1, *SMALL, dtype=torch.float64)).flatten(1).shape[1]
    return nn.Sequential(*head, nn.Flatten(), nn.Linear(features, 2)).double()


def grid(seed: int) -> tuple[tuple[np.ndarray, np.ndarray], torch.Tensor]:
    """A box in which one or two pixels vary, and a grid of its inputs."""
    rng = generator(seed, "box")
    middle, vary = rng.uniform(-1, 1, SMALL), rng.permutation(16)[: 1 + seed % 2]
    radius = np.zeros(16)
    radius[vary] = 10 ** rng.uniform(-1.5, 0)
    lo, hi = middle - radius.reshape(SMALL), middle + radius.reshape(SMALL)
    steps = np.linspace(0, 1, 2001 if len(vary) == 1 else 61)
    at = np.stack(np.meshgrid(*[steps] * len(vary)), -1).reshape(-1, len(vary))
    x = np.repeat(lo.reshape(1, 16), len(at), axis=0)
    x[:, vary] += at * (hi - lo).reshape(16)[vary]
    return (lo, hi), torch.from_numpy(x.reshape(-1, *SMALL)).clamp(
        torch.from_numpy(lo), torch.from_numpy(hi)
    )


def check(kind: str, seed: int) -> None:
    """No bound of a pair is below a value on the grid."""
    f = network(kind, seed)
    g = perturbed(f, seed, eps=10.0 ** -(seed % 4))
    box, x = grid(seed)
    reached = float((f(x) - g(x)).detach().abs().max())
    found = supnorm.bracket(
        f, g, box, SMALL, splits=8, input_splits=32, samples=0, restarts=0, steps=0
    )
    assert set(found.bounds) >= {"differential", "crown", "zonotope", "input_splitting"}
    for name, bound in found.bounds.items():
        assert bound >= reached * (1 - 1e-12), (name, bound, reached)


@pytest.mark.parametrize("seed", swept(range(12), 3))
@pytest.mark.parametrize("kind", NETWORKS)
def test_no_bound_is_below_a_value_on_the_grid(kind: str, seed: int) -> None:
    check(kind, seed)


@pytest.mark.parametrize("kind", ["max pooling", "both signs", "leaky", "capped", "bottleneck"])
def test_boxes_close_the_bracket(kind: str) -> None:
    f = network(kind, 0)
    g = perturbed(f, 0)
    box, x = grid(0)
    reached = float((f(x) - g(x)).detach().abs().max())
    found = supnorm.bracket(f, g, box, SMALL, input_splits=400)
    assert found.upper <= 1.01 * reached


@contextmanager
def turned_round() -> Iterator[None]:
    """Ranges of differences behind max pooling that forget the entries where g is the larger."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Range, "between", Range.largest)
        yield


def test_a_wrong_rule_of_pooling_is_caught() -> None:
    def caught(seed: int) -> bool:
        try:
            check("max pooling", seed)
        except (AssertionError, ArithmeticError):
            return True
        return False

    with turned_round():
        assert any(caught(seed) for seed in range(12))


WINDOWS = [
    nn.MaxPool2d(2), nn.MaxPool2d(3), nn.MaxPool2d(3, 2, 1), nn.MaxPool2d((2, 3), (1, 2)),
    nn.MaxPool2d(2, 1, dilation=2), nn.MaxPool2d(1, 2), nn.MaxPool2d((1, 4), 1, (0, 2)),
]  # fmt: skip


@pytest.mark.parametrize("pool", WINDOWS, ids=str)
@pytest.mark.parametrize("signed", [False, True])
def test_a_tournament_is_max_pooling(pool: nn.MaxPool2d, signed: bool) -> None:
    """Of halves of integers, which float64 adds without rounding: equal, bit for bit."""
    x = torch.from_numpy(generator(0, "pooled").integers(-8, 9, (5, 3, 7, 8)) / 2)
    x = x if signed else x.clamp(min=0)
    if signed and pool.padding not in (0, (0, 0)):
        with pytest.raises(ValueError, match=r"^f: .*both signs"):
            tournament("f", pool, 3, nonnegative=False)
        return
    made = nn.Sequential(*tournament("f", pool, 3, nonnegative=not signed))
    assert torch.equal(made(x), pool(x))


@pytest.mark.parametrize("shape", [(3, 4, 4), (6,)])
def test_leaky_and_capped_relus_are_sums_of_relus(shape: tuple[int, ...]) -> None:
    x = torch.from_numpy(generator(0, "activated").integers(-32, 33, (9, *shape)) / 4)
    slope = nn.Sequential(*leaky(nn.LeakyReLU(0.25), shape, "f"))
    assert torch.equal(slope(x), nn.LeakyReLU(0.25)(x))
    assert torch.equal(nn.Sequential(*capped(6.0, shape))(x), nn.ReLU6()(x))


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_plain_form_computes_the_same(kind: str) -> None:
    f = from_torch(network(kind, 3), SMALL).to_sequential(projections=True)
    x = torch.from_numpy(generator(1, "x").uniform(-3, 3, (32, *SMALL)))
    plain = nn.Sequential(*unrolled("f", list(f), input_shape=SMALL))
    kinds = {type(module) for module in plain}
    assert kinds <= {nn.Conv2d, nn.Linear, nn.ReLU, nn.Flatten, ChannelScale, PoolEnd}
    torch.testing.assert_close(plain(x), f(x), rtol=0, atol=1e-13)
