"""The closed bound holds at every probe; brackets lie within it; what has no bracket is named."""

import numpy as np
import pytest
import torch
from torch import nn

from slth import supnorm, tickets
from slth.tickets.whole.comparable import comparable
from tests.tickets.whole_cases import NETWORKS, SHAPE, inputs

CHAIN = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))


def probes(ticket, low):
    """Random points, corners, and the ends of a sign ascent of the difference."""
    x = torch.cat([inputs(40, low), inputs(40, low).sign().clamp(min=low), torch.zeros(1, *SHAPE)])
    module = ticket.ticket
    point = inputs(8, low, seed=1).requires_grad_(True)
    target = ticket.target.to_module()
    for _ in range(12):
        gap = (target(point) - module(point)).abs().amax(1).sum()
        (slope,) = torch.autograd.grad(gap, point)
        point = (point + 0.3 * slope.sign()).clamp(low, 1).detach().requires_grad_(True)
    return torch.cat([x, point.detach()])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("nonnegative", [False, True])
@pytest.mark.parametrize("granularity", ["filter", "kernel"])
def test_no_probe_is_beyond_the_closed_bound(name, nonnegative, granularity):
    ticket = tickets.build(
        "structured_convolution", NETWORKS[name](), n=80, granularity=granularity, gain=2.0,
        nonnegative_input=nonnegative, example=SHAPE, threads=1,
    )  # fmt: skip
    seen = ticket.error(probes(ticket, 0.0 if nonnegative else -1.0)).absolute
    assert 0 < seen <= ticket.error_bound()
    assert ticket.error_bound((0.0, 0.5)) < ticket.error_bound((0.0, 1.0)) <= ticket.error_bound()


def test_bound_of_one_layer_is_reached_where_inputs_follow_the_signs():
    """Of one layer without padding: Σ over taps of |K' − K| on x = ±1 where K⁺ and K⁻ err alike."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(2, 1, 2, bias=False), nn.Sequential(nn.Flatten()))
    ticket = tickets.build(
        "structured_convolution", module, n=40, granularity="kernel", gain=1.0,
        nonnegative_input=True, example=(2, 2, 2), threads=1,
    )  # fmt: skip
    difference = (ticket.layers["0"].plus - ticket.target.layers[0].weight)[0]
    ends = torch.stack([(difference > 0).double(), (difference < 0).double()])
    assert ticket.error_bound() == pytest.approx(float(difference.abs().sum()), rel=1e-12)
    assert ticket.error(ends).absolute == pytest.approx(
        max(float(difference.clamp(min=0).sum()), float((-difference).clamp(min=0).sum()))
    )


def test_bracket_lies_between_probes_and_the_closed_bound():
    torch.manual_seed(1)
    for nonnegative in (False, True):
        ticket = tickets.build(
            "structured_convolution", CHAIN, n=100, granularity="kernel", gain=1.0,
            nonnegative_input=nonnegative, example=(1, 4, 4), threads=1,
        )  # fmt: skip
        found = ticket.bracket(samples=16, restarts=1, steps=4)
        x = inputs(20, 0.0 if nonnegative else -1.0)[:, :, :4, :4]
        assert ticket.error(x).absolute <= found.upper <= ticket.error_bound() * (1 + 1e-9)
        assert ticket.error(np.asarray(found.lower_at)[None]).absolute == pytest.approx(found.lower)


class Inverted(nn.Module):
    """A linear bottleneck: inputs of both signs, then a sum; constants that end at borders."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.up = nn.Conv2d(1, 3, 3, 2), nn.Conv2d(3, 4, 1)
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.down, self.head = nn.Conv2d(4, 3, 1), nn.Linear(3, 2)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.down(torch.relu(self.depthwise(torch.relu(self.up(x)))))
        return self.head(torch.relu(x).mean((2, 3)))


class Projecting(nn.Module):
    """A block with a projection of stride 2 behind max pooling over the border."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.pool = nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(3, 2, 1)
        self.one, self.two = nn.Conv2d(2, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 1, 1)
        self.skip, self.head = nn.Conv2d(2, 4, 1, 2), nn.Linear(16, 2)

    def forward(self, x):
        x = self.pool(torch.relu(self.stem(x)))
        x = torch.relu(self.two(torch.relu(self.one(x))) + self.skip(x))
        return self.head(x.flatten(1))


BRACKETED = {"pooled": NETWORKS["pooled"], "inverted": Inverted, "projecting": Projecting}


@pytest.mark.parametrize("name", BRACKETED)
@pytest.mark.parametrize("nonnegative", [False, True])
@pytest.mark.parametrize("granularity", ["filter", "kernel", "entry"])
def test_brackets_hold_of_what_tickets_are_cut_for(name, nonnegative, granularity):
    torch.manual_seed(2)
    ticket = tickets.build(
        "structured_convolution", BRACKETED[name](), n=40, granularity=granularity, gain=2.0,
        nonnegative_input=nonnegative, example=SHAPE, threads=1,
    )  # fmt: skip
    x = probes(ticket, 0.0 if nonnegative else -1.0)
    f, g = comparable(ticket.target, ticket.layers)
    torch.testing.assert_close(f(x), ticket.target(x), rtol=0, atol=1e-13)
    torch.testing.assert_close(g(x), ticket(x), rtol=0, atol=1e-13)
    found = ticket.bracket(
        samples=8, restarts=0, steps=0, bounds=["differential", "closed_form", "separate"]
    )
    assert 0 < ticket.error(x).absolute <= min(found.bounds.values())
    box = (0.0 if nonnegative else -1.0, 1.0)
    asked = {"samples": 8, "restarts": 0, "steps": 0, "bounds": ["differential"]}
    own = ticket.target.to_module()
    for f, g in ((own, ticket), (ticket, own)):  # either without the channels of ones
        again = supnorm.bracket(f, g, box, SHAPE, **asked)
        assert again.upper == pytest.approx(found.bounds["differential"], rel=1e-9)


def test_what_has_no_bracket_is_named():
    build = {"n": 60, "gain": 2.0, "example": SHAPE, "threads": 1}
    ticket = tickets.build("structured_convolution", NETWORKS["bottleneck"](), **build)
    with pytest.raises(ValueError, match=r"^ticket: module \S+ .*skip connection"):
        ticket.bracket()


def test_boxes_below_zero_are_refused_where_inputs_were_declared_nonnegative():
    ticket = tickets.build(
        "structured_convolution", CHAIN, n=60, nonnegative_input=True, granularity="kernel",
        example=(1, 4, 4), threads=1,
    )  # fmt: skip
    for method in (ticket.error_bound, ticket.bracket):
        with pytest.raises(ValueError, match=r"^box: got inputs down to -0\.5, takes >= 0"):
            method((-0.5, 1.0))


@pytest.mark.parametrize(
    ("box", "error", "words"),
    [
        (3, TypeError, "^box: got 3, takes a pair"),
        ((0, 1, 2), TypeError, "^box: got .*takes a pair"),
        ((1, 0), ValueError, "^box: got lo > hi"),
        ((0, float("nan")), ValueError, "^box hi: got nan"),
        ((0, [1.0, 2.0]), ValueError, r"^box hi: got shape .2,., takes .* broadcasts to .1, 4, 4."),
        (("a", 1), TypeError, "^box lo: got"),
    ],
)
def test_box_of_the_closed_bound_is_checked(box, error, words):
    ticket = tickets.build("structured_convolution", CHAIN, n=8, example=(1, 4, 4))
    with pytest.raises(error, match=words):
        ticket.error_bound(box)
