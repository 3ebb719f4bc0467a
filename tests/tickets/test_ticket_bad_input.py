"""Bad input to networks and tickets raises, and the message names the argument."""

import numpy as np
import pytest
import torch
from torch import nn

from slth import networks, tickets
from slth.networks import build_network, linear

TARGET = networks.normalise(build_network([1], kernel=2, padding=0, input_shape=(1, 3, 3)))[0]
READOUT_ONLY = nn.Sequential(nn.Flatten(), linear(torch.ones(2, 3, dtype=torch.float64)))
BROKEN = nn.Linear(3, 2)  # with a bias, so that it is a whole network
nn.init.constant_(BROKEN.weight, float("nan"))


def _build(target=TARGET, construction="structured_convolution", **changes):
    settings = {"n": 4, "eps": 0.5, "solver": "mitm", "threads": 1} | changes
    return tickets.build(construction, target, **settings)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"construction": "structured_convolutions"}, ValueError, "did you mean structured_conv"),
        ({"granularities": "filter"}, ValueError, "did you mean granularity"),
        ({"granularity": "filters"}, ValueError, "granularity: got 'filters'.*did you mean filter"),
        ({"readout": "copied"}, ValueError, "readout: got 'copied', takes one of exact, ticket"),
        ({"nonnegative_input": 1}, TypeError, "nonnegative_input: got 1, takes a bool"),
        ({"size": 0}, ValueError, "size: got 0"),
        ({"construction": "rss_dense"}, ValueError, "use rss_convolution"),
        (
            {"construction": "rss_dense", "coefficients": "row"},
            ValueError,
            "did you mean rows",
        ),
        ({"construction": "neuron_removal", "problem": "all"}, ValueError, "problem: got 'all'"),
        ({"construction": "neuron_removal", "points": -1}, ValueError, "points: got -1"),
        ({"construction": "ell_plus_one", "scale": 0}, ValueError, "scale: got 0"),
        ({"construction": "binary_polylog", "digits": 0}, ValueError, "digits: got 0"),
        ({"construction": "equivariant"}, ValueError, "got Conv2d"),
        ({"n": 0}, ValueError, "n: got 0"),
        ({"n": 2.5}, TypeError, "n: got 2.5"),
        ({"eps": 0.0}, ValueError, "eps: got 0.0"),
        ({"eps": float("nan")}, ValueError, "eps: got nan"),
        ({"seed": -1}, ValueError, "seed: got -1"),
        ({"solver": "mitn"}, ValueError, "did you mean mitm"),
        ({"target": "net"}, TypeError, "target: got str"),
        (
            {"target": nn.Sequential(nn.Linear(2, 1)), "example": [[0.5, 0.5]]},
            TypeError,
            "^example.0.: got",
        ),
        (
            {"target": nn.Sequential(nn.Linear(4, 3), nn.ReLU()), "example": torch.ones(2, 5)},
            ValueError,
            r"got inputs of shape \(5,\)",
        ),
        ({"target": nn.Sequential(BROKEN, nn.ReLU())}, ValueError, "takes finite weights"),
        ({"target": nn.Sequential(nn.ReLU())}, ValueError, "takes a ReLU right after"),
        ({"target": nn.Sequential(nn.Flatten())}, ValueError, "target: got no Conv2d or Linear"),
        (
            {"target": nn.Sequential(nn.Conv2d(1, 1, 3)), "construction": "rss_convolution"},
            ValueError,
            "got a bias",
        ),
        ({"target": nn.Sequential(nn.MaxPool2d(2))}, ValueError, "module 0 .MaxPool2d."),
        (
            {
                "target": nn.Sequential(nn.Conv2d(2, 2, 3, bias=False, groups=2)),
                "construction": "rss_convolution",
            },
            ValueError,
            "takes groups=1",
        ),
        ({"target": READOUT_ONLY}, ValueError, "takes readout='ticket'"),
        (
            {"target": nn.Sequential(linear(torch.tensor([[1.0, float("nan")]])), nn.ReLU())},
            ValueError,
            "NaN or inf",
        ),
    ],
)
def test_build(changes, error, words):
    with pytest.raises(error, match=words):
        _build(**changes)


def _drop(table):
    return table.iloc[1:]


def _double(table):
    return table.iloc[[0, *range(len(table))]]


def _foreign(table):
    return table.assign(subset=[np.array([10_000])] * len(table))


def _bare(table):
    return table.drop(columns="subset")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_drop, "one row for each"),
        (_double, "one row for each"),
        (_foreign, "outside its candidates"),
        (_bare, "no column subset"),
    ],
)
def test_assemble_refuses_other_rows(change, words):
    ticket = _build()
    with pytest.raises(ValueError, match=words):
        tickets.assemble(ticket.target, ticket.source, change(ticket.solutions))


def test_assemble_refuses_another_source():
    ticket = _build()
    other = tickets.sample_source(build_network([2], kernel=2, padding=0), 4)
    with pytest.raises(ValueError, match="source: got weights"):
        tickets.assemble(ticket.target, other, ticket.solutions)


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (lambda mask: mask.double(), TypeError),
        (lambda mask: mask.numpy(), TypeError),
        (lambda mask: mask[:1], ValueError),
    ],
)
def test_masks_are_boolean_and_of_the_right_shape(mask, error):
    ticket = _build()
    name = next(iter(ticket.keep))
    keep = ticket.keep | {name: mask(ticket.keep[name])}
    with pytest.raises(error, match="keep"):
        _ticket_with(ticket, keep)
    with pytest.raises(ValueError, match="mask for 'nothing'"):
        _ticket_with(ticket, {"nothing": ticket.keep[name]})


def _ticket_with(t, keep):
    return tickets.Ticket(
        t.construction, t.options, t.target, t.source, keep, t.ticket, t.solutions, t.parameters
    )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"channels": []}, ValueError, "channels"),
        ({"channels": 2}, TypeError, "channels"),
        ({"channels": [0]}, ValueError, r"channels\[0\]"),
        ({"channels": [1], "kernel": 0}, ValueError, "kernel"),
        ({"channels": [1], "stride": 0}, ValueError, "stride"),
        ({"channels": [1], "padding": -1}, ValueError, "padding"),
        ({"channels": [1], "padding": "some"}, ValueError, "padding"),
        ({"channels": [1], "padding": "same", "kernel": 2}, ValueError, "odd kernel"),
        ({"channels": [1], "kernel": 9, "padding": 0}, ValueError, "too small"),
        ({"channels": [1], "input_shape": (8, 8)}, ValueError, "input_shape"),
        ({"channels": [1], "classes": 0}, ValueError, "classes"),
        ({"channels": [1], "seed": -1}, ValueError, "seed"),
    ],
)
def test_build_network(arguments, error, words):
    with pytest.raises(error, match=words):
        build_network(**arguments)


IMAGES = torch.zeros(4, 1, 8, 8)
LABELS = torch.zeros(4, dtype=torch.int64)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"images": IMAGES.int()}, TypeError, "images"),
        ({"images": IMAGES[:0]}, ValueError, "images"),
        ({"images": IMAGES / 0}, ValueError, "images: got NaN"),
        ({"labels": LABELS[:2]}, ValueError, "labels"),
        ({"labels": LABELS.double()}, TypeError, "labels"),
        ({"epochs": 0}, ValueError, "epochs"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"learning_rate": 0}, ValueError, "learning_rate"),
        ({"l1": -1.0}, ValueError, "l1"),
    ],
)
def test_train(changes, error, words):
    arguments = {"images": IMAGES, "labels": LABELS} | changes
    with pytest.raises(error, match=words):
        networks.train(build_network([1]), **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"name": "digit"}, "did you mean digits"), ({"held_out": 1.0}, "held_out"),
     ({"held_out": 0.0001}, "leaves class")],
)  # fmt: skip
def test_load_data_set(arguments, words):
    with pytest.raises(ValueError, match=words):
        networks.load_data_set(**arguments)


def test_measures_take_networks_and_matching_outputs():
    with pytest.raises(TypeError, match="network: got str"):
        tickets.accuracy(network="net", images=IMAGES, labels=LABELS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ticket: got outputs"):
        tickets.data_error(
            target=build_network([1]), ticket=build_network([1], classes=3), images=IMAGES
        )


def test_per_entry_tolerance_needs_normalised_targets():
    with pytest.raises(ValueError, match=r"use slth\.networks\.normalise"):
        tickets.per_entry_tolerance(0.1, build_network([1]))
    with pytest.raises(ValueError, match="total_eps"):
        tickets.per_entry_tolerance(0.0, TARGET)
    assert tickets.per_entry_tolerance(0.1, TARGET) == pytest.approx(0.1 / 4)
