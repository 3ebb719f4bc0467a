"""Whole tickets of weights and biases of all sizes that float64 holds, and of layers kept empty."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import networks, tickets

SHAPE = (3, 5, 5)
FACTORS = [(1e-310, 1.0), (1e-200, 1e-200), (1e-200, 1e200), (1.0, 1e100), (1e-100, 1e100)]


def target(weight: float, bias: float, groups: int = 1) -> nn.Module:
    """Two convolutions whose weights and biases are multiplied by factors."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, groups=groups), nn.ReLU(), nn.Conv2d(6, 2, 3)
    ).double()
    for name, values in net.named_parameters():
        values.data *= bias if name.endswith("bias") else weight
    return net


def build(net: nn.Module, n: int = 12, **options: Any) -> tickets.WholeTicket:
    """Signed inputs, no warning of layers that keep nothing."""
    given: dict[str, Any] = {
        "gain": "reach",
        "example": torch.zeros(1, *SHAPE),
        "threads": 1,
    } | options
    return tickets.build("structured_convolution", net, n=n, **given)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.filterwarnings("ignore::slth.tickets.empty.EmptySubsetWarning")
@pytest.mark.parametrize("gain", ["reach", 1e-300, 1.0, 1e308])
@pytest.mark.parametrize("granularity", ["filter", "kernel", "entry"])
@pytest.mark.parametrize(("weight", "bias"), FACTORS)
def test_scales_of_all_weights_are_finite_powers_of_two(gain, granularity, weight, bias):
    t = build(target(weight, bias), gain=gain, granularity=granularity)
    for record in t.records:
        for c in record.geometry.scales:
            assert np.frexp(c)[0] == 0.5
            assert 0 < 1 / c < np.inf
    assert torch.isfinite(t.ticket(torch.rand(1, *SHAPE, dtype=torch.float64))).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_tiny_weights_are_imitated_as_well_as_others():
    """The choice is the same: every number is multiplied by a power of two."""
    x = torch.rand(3, *SHAPE, dtype=torch.float64)
    tickets_of = [build(target(f, f), granularity="kernel") for f in (1.0, 2.0**-700)]
    one, other = (t.layers["0"].plus for t in tickets_of)
    assert torch.equal(one, other * 2.0**700)
    assert torch.isfinite(tickets_of[1].ticket(x)).all()


def test_a_depthwise_group_of_huge_weights_leaves_the_others_theirs():
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(3, 3, 3, groups=3, bias=False)).double()
    net[0].weight.data *= torch.tensor([1e-200, 1.0, 1e200], dtype=torch.float64)[
        :, None, None, None
    ]
    t = build(net)
    for q, c in enumerate(t.records[0].geometry.scales):
        assert 0.1 < c * float(net[0].weight[q].detach().abs().max()) < 10


@pytest.mark.filterwarnings("ignore::slth.tickets.empty.EmptySubsetWarning")
@pytest.mark.parametrize("groups", [1, 3])
def test_a_layer_that_keeps_nothing_is_zero(groups, tmp_path):
    net = target(0.0, 0.0, groups)
    net[2].weight.data += 1
    t = build(net, n=1)
    x = torch.randn(2, *SHAPE, dtype=torch.float64)
    assert float((t.ticket(x) - t(x)).abs().max()) == 0
    pytest.importorskip("onnx")
    t.to_onnx(tmp_path / "t.onnx")
    assert float((networks.from_onnx(tmp_path / "t.onnx")(x) - t(x)).abs().max()) == 0


def test_activations_beyond_squares_are_named():
    images = torch.rand(8, *SHAPE, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"^images: layer 2 has inputs up to \de\+19"):
        build(target(1e-200, 1e200), targets="feedback", images=images, granularity="entry")
