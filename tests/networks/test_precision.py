"""Networks and images of every precision, in all that measures, learns and builds."""

import copy
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import learned, networks, supnorm, tickets
from slth.tickets import measure
from tests.tickets.test_constructions import CASES

PRECISIONS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
PAIRS = list(itertools.product(PRECISIONS, PRECISIONS))
RNG = np.random.default_rng(1)
X = torch.from_numpy(RNG.uniform(-1, 1, (12, 1, 6, 6)))
Y = torch.from_numpy(RNG.integers(0, 3, 12))
CONV = networks.build_network([3], padding=0, input_shape=(1, 6, 6), classes=3, seed=1)


def biased(dtype: torch.dtype) -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3)
    ).to(dtype)


def copy_of(network: nn.Module, dtype: torch.dtype) -> Any:
    """The network in a precision; the argument is not touched."""
    return copy.deepcopy(network).to(dtype)


@pytest.mark.parametrize(("weights", "images"), PAIRS)
def test_measures_are_those_of_the_same_numbers_in_float64(weights, images):
    """A half network is its weights, and half images are their pixels: no result is rounded."""
    low, x = copy_of(CONV, weights), X.to(images)
    exact = copy_of(low, torch.float64)
    assert torch.equal(measure.outputs(low, x), exact(x.double()))
    assert tickets.data_error(target=exact, ticket=low, images=x) == 0
    error = tickets.data_error(target=CONV, ticket=low, images=x)
    assert error == float((CONV(x.double()) - exact(x.double())).abs().max())
    assert torch.equal(tickets.decisions(low, x), exact(x.double()).argmax(dim=1))
    share = tickets.accuracy(network=low, images=x, labels=Y)
    assert share == float((exact(x.double()).argmax(dim=1) == Y).double().mean())
    assert tickets.accuracy(network=low, images=x.float().numpy(), labels=Y.numpy()) == share
    assert all(p.dtype == weights for p in low.parameters())


@pytest.mark.parametrize("weights", PRECISIONS)
def test_errors_on_data_are_within_the_bracket(weights):
    """A float64 copy is measured, as a float64 copy is bounded."""
    low = copy_of(CONV, weights)
    found = supnorm.bracket(CONV, low, input_shape=(1, 6, 6), samples=8, restarts=1, steps=2)
    assert tickets.data_error(target=CONV, ticket=low, images=X.to(weights)) <= found.upper


# one method for all pairs, and every method for all precisions of both
LEARNED = [("edge_popup", *pair) for pair in PAIRS]
LEARNED += [
    (method, weights, images)
    for method in learned.METHODS
    if method != "edge_popup"
    for weights, images in zip(PRECISIONS, PRECISIONS[1:] + PRECISIONS[:1], strict=True)
]


@pytest.mark.parametrize(("method", "weights", "images"), LEARNED)
def test_learned_masks_are_measured_and_stay_in_the_network_s_precision(method, weights, images):
    x = X.to(images)
    source = biased(weights)
    mask = learned.learn(method, source, x, Y, kept_fraction=0.5, epochs=1, watch=(x, Y, 1))
    null = learned.control("shuffled", mask, x, Y)
    for made in (mask, null):
        kept = [t for t in made.network.state_dict().values() if t.is_floating_point()]
        assert all(t.dtype == weights for t in kept)
        assert 0 <= made.accuracy(x, Y) <= 1
        assert made.data_error(source, x) > 0
        assert made.accuracy(x, Y) == made.accuracy(x.double(), Y)
    learned.signed_constant(source)


@pytest.mark.parametrize(("weights", "images"), PAIRS)
def test_masks_of_plain_networks_are_shrunk_and_imitate(weights, images):
    x, source = X.to(images), copy_of(CONV, weights)
    asked: dict[str, Any] = {"kept_fraction": 0.5, "epochs": 1, "granularity": "filter"}
    mask = learned.learn("magnitude", source, x, Y, **asked)
    small = learned.shrink(mask)
    assert tickets.data_error(target=mask.network, ticket=small, images=x) < 1e-12
    assert tickets.accuracy(network=small, images=x, labels=Y) == mask.accuracy(x, Y)
    goals = measure.outputs(CONV, x)
    copied = learned.learn("edge_popup", source, x, outputs=goals.to(images), **asked)
    assert copied.data_error(CONV, x) > 0


@pytest.mark.parametrize("construction", ["structured_convolution", "rss_convolution"])
@pytest.mark.parametrize("weights", PRECISIONS)
def test_tickets_of_targets_in_every_precision_are_those_of_their_float64_copy(
    weights, construction
):
    low = copy_of(CONV, weights)
    made = [
        tickets.build(construction, target, n=8, seed=3)
        for target in (low, copy_of(low, torch.float64))
    ]
    first, second = (ticket.ticket.state_dict() for ticket in made)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    x = X.to(weights)
    errors = [
        tickets.data_error(target=target, ticket=made[0].ticket, images=x)
        for target in (low, made[0].target)
    ]
    assert errors[0] == errors[1] > 0
    assert low[0].weight.dtype == weights  # type: ignore[union-attr]
    control = tickets.random_control(made[0])
    assert tickets.data_error(target=low, ticket=control.ticket, images=x) > 0


@pytest.mark.parametrize(("weights", "images"), PAIRS)
def test_training_and_normalising_take_every_precision(weights, images):
    low = copy_of(CONV, weights)
    trained = networks.train(low, X.to(images), Y, epochs=1, seed=1)
    wanted = networks.train(copy_of(low, torch.float64), X.to(images).double(), Y, epochs=1, seed=1)
    for name, weight in trained.named_parameters():
        assert torch.equal(weight, wanted.get_parameter(name))
    assert networks.normalise(low)[1] == networks.normalise(copy_of(low, torch.float64))[1]


def test_what_is_measured_does_not_depend_on_the_caller_s_autocast():
    low = copy_of(CONV, torch.float32)
    expected = measure.outputs(low, X)
    masks = []
    for inside in (False, True):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=inside):
            assert torch.equal(measure.outputs(low, X), expected)
            mask = learned.learn("magnitude", low, X, Y, kept_fraction=0.5, epochs=2)
            masks.append([*mask.network.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*masks, strict=True))


def test_gradients_of_images_and_parameters_are_left_alone():
    x = X.clone().requires_grad_(True)
    low = copy_of(CONV, torch.float32).requires_grad_(True)
    tickets.accuracy(network=low, images=x, labels=Y)
    mask = learned.learn("edge_popup", low, x, Y, kept_fraction=0.5, epochs=1)
    mask.accuracy(x, Y)
    assert x.grad is None
    assert all(p.grad is None and p.requires_grad for p in low.parameters())


LOW = (torch.float32, torch.float16, torch.bfloat16)
GRAPH = "graph"  # a graph's thirds in float32 add up to more than 1, which its theorem excludes


FIRST = {case.construction: name for name, case in reversed(CASES.items()) if name != GRAPH}


@pytest.mark.parametrize("name", FIRST.values())
def test_every_construction_takes_low_precision_and_its_tickets_are_measured_in_it(name):
    case = CASES[name]
    x = case.inputs(8)
    for dtype in LOW:
        target = copy_of(case.target, dtype)
        ticket = case.build(target=target, n=3)
        small = copy_of(ticket.ticket, dtype)
        for images in (x.to(dtype), x):
            assert tickets.data_error(target=target, ticket=ticket.target, images=images) == 0
            assert tickets.data_error(target=target, ticket=small, images=images) >= 0
        assert tickets.get(ticket.construction, **ticket.options).error_bound(ticket) >= 0


def test_a_graph_rounded_above_one_is_refused_with_the_way_out():
    case = CASES[GRAPH]
    low = copy_of(case.target, torch.bfloat16)
    assert tickets.data_error(target=case.target, ticket=low, images=case.inputs(4)) > 0
    with pytest.raises(ValueError, match=r"^adjacency: got a row of absolute sum 1\.0.*divide"):
        case.build(target=low)
