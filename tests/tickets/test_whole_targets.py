"""Data-driven targets: nearer on data than plain ones; the least squares they claim to solve."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from slth import networks, tickets
from slth.networks import from_torch
from slth.tickets.whole.building import WholeOptions, build_whole
from slth.tickets.whole.effective import Kernels
from slth.tickets.whole.geometry import Blocks, geometry, nonnegative_values
from slth.tickets.whole.source import Source
from slth.tickets.whole.targets import RIDGE, Feedback, Sample, _patches, _places
from tests.tickets.whole_cases import NETWORKS, SHAPE, inputs


def build(name, targets, seed, **options):
    images = None if targets == "plain" else inputs(150, 0.0, seed=5)
    return tickets.build(
        "structured_convolution", NETWORKS[name](), n=60, seed=seed, targets=targets, gain=2.0,
        images=images, granularity="kernel", nonnegative_input=True, example=SHAPE, threads=1,
        **options,
    )  # fmt: skip


def rms(ticket, x):
    return float((ticket(x) - ticket.target(x)).square().mean().sqrt())


@pytest.mark.parametrize("name", NETWORKS)
def test_feedback_and_biases_err_less_on_other_images(name):
    x = inputs(200, 0.0, seed=9)
    found = {
        targets: np.mean([rms(build(name, targets, seed), x) for seed in range(4)])
        for targets in ("plain", "bias", "feedback")
    }
    assert found["feedback"] < 0.8 * found["plain"]
    assert found["bias"] < found["plain"]


def test_sample_is_what_the_convolution_sees():
    """Rows times the kernel are the layer's outputs at the places, of strides, pads, dilations."""
    torch.manual_seed(0)
    for conv in (
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Conv2d(3, 4, (2, 3), dilation=(2, 1)),
    ):  # fmt: skip
        layer = networks.from_torch(nn.Sequential(conv), (3, 9, 8)).layers[0]
        x = torch.rand(5, 3, 9, 8, dtype=torch.float64)
        images, corners = _places(layer, x, 0)
        rows = _patches(layer, x, images, corners).flatten(1) @ layer.weight.flatten(1).T
        at = corners // torch.tensor(layer.stride)
        outputs = layer(x)[images, :, at[:, 0], at[:, 1]]
        assert float((rows + layer.bias - outputs).abs().max()) < 1e-12
        assert len({*zip(images.tolist(), *at.T.tolist(), strict=True)}) == len(images)


@pytest.mark.parametrize("signed", [False, True])
def test_feedback_is_the_least_squares_given_what_is_settled(signed):
    """After some features are fixed, the rest is the minimum over them, by a solver of its own."""
    torch.manual_seed(1)
    module = nn.Sequential(nn.Conv2d(3, 4, 2))
    network = networks.from_torch(module, (3, 5, 5))
    (layer,) = network.layers
    g = geometry(layer, Blocks("kernel"), nonnegative_values(network, not signed), 1.0)
    own = torch.rand(20, 3, 5, 5, dtype=torch.float64) - (0.5 if signed else 0)
    seen = own + 0.2 * (torch.rand_like(own) - (0.5 if signed else 0))
    rule = Feedback(g, Kernels(g), Sample(layer, g, own, seen, 0))
    rule.begin(0)
    x, y = (p.rows(0)[i] for i in (0, 1) for p in (rule.sample,))
    wanted = x @ layer.weight.flatten(1).T + layer.bias
    by_tap = y.reshape(len(y), 3, 4)
    parts = [by_tap.relu(), (-by_tap).relu()] if signed else [by_tap]
    kernel = layer.weight.reshape(4, 3, 4)
    start = torch.stack([kernel, -kernel][: len(parts)], dim=2).flatten(1)
    phi = torch.stack(parts, dim=2).flatten(1)
    scale = RIDGE * float(phi.square().mean()) + 1e-9
    phi = torch.cat([phi, torch.ones(len(phi), 1)], 1)
    start = torch.cat([start, layer.bias[:, None]], 1)
    features = list(Source(0, 5, (g,)).features(g, 0))
    fixed = torch.zeros(4, 0, dtype=torch.float64)
    draws = torch.Generator().manual_seed(2)
    for feature in features:
        free = phi[:, fixed.shape[1] :]
        rest = wanted - phi[:, : fixed.shape[1]] @ fixed.T
        stacked = torch.cat([free / len(phi) ** 0.5, scale**0.5 * torch.eye(free.shape[1])])
        goal = torch.cat([rest / len(phi) ** 0.5, scale**0.5 * start[:, fixed.shape[1] :].T])
        best = torch.linalg.lstsq(stacked, goal).solution.T
        target = torch.from_numpy(rule.target(feature))
        if feature.bias:
            assert float((target[:, g.tap] - best[:, 0]).abs().max()) < 1e-9
            assert int((target != 0).sum()) == 4
            continue
        assert float((target - best[:, :4]).abs().max()) < 1e-9
        achieved = target + 0.1 * torch.randn(4, 4, generator=draws, dtype=torch.float64)
        rule.settle(feature, achieved.numpy())
        fixed = torch.cat([fixed, achieved], 1)


def test_plain_targets_are_the_weights():
    ticket = build("pooled", "plain", 0)
    layer = ticket.target.step("3")
    errors = (ticket.layers["3"].plus - layer.weight).abs().amax((2, 3)).T.flatten()
    rows = ticket.solutions.query("layer == '3' and channel < 3")
    assert rows["error"].to_numpy() == pytest.approx(errors.numpy(), abs=1e-12)
    assert rows["target"].to_numpy() == pytest.approx(
        layer.weight.abs().amax((2, 3)).T.flatten().numpy(), abs=1e-12
    )


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("granularity", ["kernel", "entry"])
def test_bias_from_the_plain_ticket_is_the_same_byte_by_byte(name, granularity, tmp_path):
    network, x = from_torch(NETWORKS[name](), SHAPE), inputs(20)
    options = WholeOptions(granularity=granularity, gain=2.0)
    biased = replace(options, targets="bias")
    made = {"n": 30, "seed": 3, "threads": 1}
    plain = build_whole(network, options, **made)
    whole = build_whole(network, biased, images=x, **made)
    short = build_whole(network, biased, images=x, plain=plain, **made)
    for file, ticket in (("whole", whole), ("short", short)):
        ticket.save(tmp_path / f"{file}.npz")
    assert (tmp_path / "whole.npz").read_bytes() == (tmp_path / "short.npz").read_bytes()
    pd.testing.assert_frame_equal(short.solutions, whole.solutions)
    assert not torch.equal(short(x), plain(x))


def test_a_plain_ticket_of_other_arguments_is_refused():
    network, x = from_torch(NETWORKS["pooled"](), SHAPE), inputs(20)
    options = WholeOptions(granularity="kernel", gain=2.0)
    plain = build_whole(network, options, n=20, threads=1)
    biased = replace(options, targets="bias")
    for other, n, images in (
        (biased, 21, x),
        (replace(biased, gain=4.0), 20, x),
        (replace(options, targets="feedback"), 20, x),
        (options, 20, None),
    ):
        with pytest.raises(ValueError, match="plain: got a ticket of"):
            build_whole(network, other, n=n, threads=1, images=images, plain=plain)
