"""Bad input raises ValueError or TypeError that names the argument."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.networks.modules import ChannelScale
from slth.supnorm import bracket
from tests.supnorm import supnorm_cases as cases

RNG = seeding.generator(0, "bad input")
CONV = nn.Sequential(cases.conv(RNG, 1, 2, 3), nn.ReLU())
DENSE = nn.Sequential(cases.linear(RNG, 4, 3))
SHAPE = (1, 5, 5)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch warns of a layer without outputs
    EMPTY = nn.Sequential(nn.Linear(4, 0), nn.ReLU(), nn.Linear(0, 3))


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


def broken() -> nn.Module:
    layer = cases.linear(RNG, 4, 3)
    layer.weight.data[0, 0] = torch.nan
    return layer


@pytest.mark.parametrize(
    ("f", "g", "options", "error", "words"),
    [
        ("net", CONV, {}, TypeError, r"f: got str"),
        (CONV, None, {}, TypeError, r"g: got NoneType"),
        (CONV, CONV, {"input_shape": None}, ValueError, r"input_shape: got None"),
        (CONV, CONV, {"input_shape": 5}, TypeError, r"input_shape: got 5"),
        (CONV, CONV, {"input_shape": (5, 5)}, ValueError, r"input_shape: got \(5, 5\)"),
        (CONV, CONV, {"input_shape": (1, 0, 5)}, ValueError, r"input_shape: got 0"),
        (CONV, CONV, {"input_shape": (2, 5, 5)}, ValueError, r"f: got Conv2d"),
        (CONV, CONV, {"input_shape": (1, 2, 2)}, ValueError, r"f: got a kernel"),
        (DENSE, DENSE, {"input_shape": (5,)}, ValueError, r"f: got Linear"),
        (CONV, DENSE, {}, ValueError, r"g: got Linear"),
        (CONV, CONV[:1], {}, ValueError, r"g: got layers"),
        (CONV, CONV, {"box": (1.0, -1.0)}, ValueError, r"box: got lo > hi"),
        (CONV, CONV, {"box": 1.0}, TypeError, r"box: got 1.0"),
        (CONV, CONV, {"box": (-np.inf, 1.0)}, ValueError, r"box lo: got -inf"),
        (CONV, CONV, {"box": (-1.0, np.ones(4))}, ValueError, r"box hi: got shape \(4,\)"),
        (CONV, CONV, {"seed": -1}, ValueError, r"seed: got -1"),
        (CONV, CONV, {"samples": 1.5}, TypeError, r"samples: got 1.5"),
        (CONV, CONV, {"steps": -1}, ValueError, r"steps: got -1"),
        (nn.Sequential(nn.ReLU()), CONV, {}, ValueError, r"f: got no layer"),
        (nn.Sequential(), CONV, {}, ValueError, r"f: got no layer"),
        (
            nn.Sequential(nn.MaxPool2d(3, padding=1), nn.Flatten(), nn.Linear(4, 1)),
            CONV,
            {},
            ValueError,
            r"f: got MaxPool2d.* on numbers of both signs",
        ),
        (
            nn.Sequential(nn.Hardtanh(), nn.Flatten(), nn.Linear(25, 1)),
            CONV,
            {},
            ValueError,
            r"f: module 0 \(Hardtanh\).*takes 0 as the lower end",
        ),
        (
            nn.Sequential(CONV[0], nn.LeakyReLU(-0.5), nn.Flatten(), nn.Linear(9, 1)),
            CONV,
            {},
            ValueError,
            r"f: got LeakyReLU.*takes negative_slope >= 0",
        ),
        (nn.AvgPool2d(2, ceil_mode=True), CONV, {}, ValueError, r"f: got AvgPool2d"),
        (
            nn.Sequential(nn.Conv2d(1, 1, 2, padding="same")),
            CONV,
            {},
            ValueError,
            r"padding 'same'",
        ),
        (
            nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")),
            CONV,
            {},
            ValueError,
            r"padding_mode 'circular'",
        ),
        (
            ChannelScale(torch.ones(2), torch.tensor([0, 3])),
            CONV,
            {},
            ValueError,
            r"reads channel 3",
        ),
        (
            nn.Sequential(Doubled(4, 3)),
            DENSE,
            {"input_shape": (4,)},
            ValueError,
            r"f: module 0 \(Doubled\): got a Doubled with a forward",
        ),
        (broken(), DENSE, {"input_shape": (4,)}, ValueError, r"NaN or inf"),
        (nn.Linear(4, 3, dtype=torch.complex64), DENSE, {}, TypeError, r"f: got torch.complex64"),
        (
            EMPTY[0],
            EMPTY[0],
            {"input_shape": (4,)},
            ValueError,
            r"f: got .*nothing, in its weights",
        ),
        (DENSE, EMPTY, {"input_shape": (4,)}, ValueError, r"g: got Linear.* \(0, 4\)"),
        (
            CONV[:1],
            nn.Sequential(ChannelScale(torch.ones(0), torch.ones(0)), nn.ReLU(), CONV[0]),
            {},
            ValueError,
            r"g: got ChannelScale.* \(0,\)",
        ),
    ],
)
def test_message_names_the_argument(f, g, options, error, words):
    with pytest.raises(error, match=words):
        bracket(f, g, **({"input_shape": SHAPE} | options))


def test_input_shape_of_a_dense_network_is_read_from_it():
    assert bracket(DENSE, DENSE).lower_at.shape == (4,)


def test_hooks_are_refused():
    hooked = nn.Linear(4, 3)
    hooked.register_forward_hook(lambda module, x, y: 2 * y)
    with pytest.raises(ValueError, match="f: got forward hooks"):
        bracket(hooked, DENSE)


@pytest.mark.parametrize("other", [0.0, 1e300])
def test_overflow_is_no_bracket(other):
    f, g = (nn.Linear(1, 1, bias=False, dtype=torch.float64) for _ in range(2))
    f.weight.data.fill_(1e300)
    g.weight.data.fill_(other)
    with pytest.raises(ArithmeticError, match="overflow"):
        bracket(f, g, (1e10, 2e10), samples=4, restarts=0)
