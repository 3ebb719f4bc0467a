"""Builds of whole networks: which they are, what they refuse, what they warn of, same bytes."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from slth import tickets
from slth.tickets import EmptySubsetWarning
from tests.tickets.whole_cases import NETWORKS, SHAPE, inputs

PLAIN = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU())


def build(target, n=40, **options):
    return tickets.build(
        "structured_convolution", target, n=n, **{"threads": 1, "example": SHAPE} | options
    )


def test_chains_without_biases_stay_with_the_construction_and_its_bytes():
    torch.manual_seed(0)
    one = build(PLAIN, granularity="kernel")
    two = tickets.build("structured_convolution", PLAIN, n=40, granularity="kernel", threads=1)
    assert type(one) is type(two) is tickets.Ticket
    assert torch.equal(one.source[0].weight, two.source[0].weight)
    for asked in ({"granularity": "block"}, {"gain": 1.0}, {"targets": "plain"}):
        assert type(build(PLAIN, **asked)) is tickets.WholeTicket
    biased = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    assert type(build(biased, granularity="kernel")) is tickets.WholeTicket


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"granularity": "blocks"}, ValueError, "granularity: got 'blocks'.*did you mean block"),
        ({"granularity": "kernel", "block": 2}, ValueError, "block: got 2, takes granularity="),
        ({"granularity": "block", "block": 0}, ValueError, "block: got 0"),
        (
            {"granularity": "block", "block": 2, "largest_d": 9},
            ValueError,
            "largest_d: got a block",
        ),
        ({"gain": -1.0}, ValueError, "gain: got -1.0, takes a number > 0"),
        ({"gain": "reech"}, ValueError, "gain: got 'reech'.*did you mean reach"),
        ({"gains": 1.0}, ValueError, "did you mean gain"),
        ({"targets": "fed"}, ValueError, "targets: got 'fed'"),
        ({"targets": "feedback"}, ValueError, "images: got None, takes a few hundred"),
        ({"targets": "plain", "images": inputs(3)}, ValueError, "images: .*targets='feedback'"),
        (
            {"targets": "bias", "images": inputs(3)[..., :6]},
            ValueError,
            r"images: got shape \(3, 1, 8, 6\)",
        ),
        ({"targets": "bias", "images": torch.zeros(3, 1, 8, 8).int()}, TypeError, "images: got"),
        ({"size": 3, "gain": 1.0}, ValueError, "size: got 3 for a whole network"),
        ({"weights": "uniform", "gain": 1.0}, ValueError, "weights: got 'uniform' for a whole"),
        ({"readout": "copied", "gain": 1.0}, ValueError, "readout: got 'copied'"),
        ({"nonnegative_input": 1, "gain": 1.0}, TypeError, "nonnegative_input: got 1"),
        ({"n": 0, "gain": 1.0}, ValueError, "n: got 0"),
        ({"seed": -1, "gain": 1.0}, ValueError, "seed: got -1"),
        ({"eps": 0.0, "gain": 1.0}, ValueError, "eps: got 0.0"),
        ({"budget": 0, "gain": 1.0}, ValueError, "budget: got 0"),
        ({"solver": "bean", "gain": 1.0}, ValueError, "did you mean beam"),
        ({"gain": 1.0, "target": nn.Sequential(nn.ReLU())}, ValueError, "target: got no layer"),
        ({"gain": 1.0, "target": nn.Softmax(1)}, ValueError, "^target"),
        (
            {"target": nn.Sequential(nn.Conv2d(1, 2, 3, padding=2), nn.ReLU())},
            ValueError,
            "target: module 0 .* pads by 2 a kernel of 3",
        ),
        ({"target": nn.Sequential(nn.Conv2d(1, 2, 1, padding=1))}, ValueError, "pads by 1 a kern"),
    ],
)
def test_refusals_name_the_argument(options, error, words):
    asked = {"target": NETWORKS["pooled"](), **options}
    with pytest.raises(error, match=words):
        build(asked.pop("target"), **asked)


def test_other_constructions_take_no_images():
    with pytest.raises(ValueError, match="images: 'rss_dense' takes none"):
        tickets.build("rss_dense", PLAIN, n=4, images=inputs(2))


@pytest.mark.filterwarnings("always::slth.tickets.EmptySubsetWarning")
def test_empty_problems_are_named_with_layer_size_and_the_way_out():
    with pytest.warns(EmptySubsetWarning) as seen:
        ticket = build(NETWORKS["pooled"](), n=2)
    message = str(seen[0].message)
    assert "layer 0, channel 0, sign + (d = 27, n = " in message
    assert "larger n, a finer granularity or another solver" in message
    assert int(ticket.summary()["empty"].sum()) > 0
    assert "say nothing" in repr(ticket)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(NETWORKS["pooled"](), n=400, granularity="entry", gain=1.0)


@pytest.mark.parametrize("solver", ["auto", "beam", "klist", "mitm"])
def test_solvers_by_name_and_their_errors(solver):
    module = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2)).double()
    ticket = tickets.build(
        "structured_convolution", module, n=12, granularity="kernel", solver=solver, gain=1.0,
        example=(1, 4, 4), threads=1, eps=0.2,
    )  # fmt: skip
    table = ticket.solutions
    assert (table["status"] == "HIT").equals(table["error"] <= 0.2)
    assert len(table) == int(ticket.summary()["problems"].sum())
    if solver == "mitm":
        assert bool(table.loc[table["status"] != "HIT", "proved"].all())
    known = {"auto": {"beam", "mitm"}}.get(solver, {solver})
    assert set(table["solver"]) <= known
    kernels = ticket.layers["3"].plus[:, :, 0, 0] - ticket.target.layers[1].weight
    rows = table.query("layer == '3' and channel < 18 and sign == '+'")
    assert rows["error"].to_numpy() == pytest.approx(kernels.abs().T.flatten().numpy(), abs=1e-12)


def test_same_seed_same_bytes_whatever_threads_and_granularities_around(tmp_path):
    module = NETWORKS["bottleneck"]()
    images = inputs(40)
    asked = {"granularity": "kernel", "targets": "feedback", "images": images, "gain": 2.0}
    for i, threads in enumerate((1, 2)):
        build(module, threads=threads, **asked).save(tmp_path / f"{i}.npz")
    build(module, seed=1, **asked).save(tmp_path / "2.npz")
    read = [(tmp_path / f"{i}.npz").read_bytes() for i in range(3)]
    assert read[0] == read[1] != read[2]
    one, two = build(module, granularity="filter"), build(module, granularity="entry")
    for name in ("stem", "depthwise"):
        assert torch.equal(one.source.layer(name).V, two.source.layer(name).V)


@pytest.mark.parametrize(("name", "gain"), [("pooled", 4.0), ("bottleneck", "reach")])
def test_source_is_standard_normal_with_deviation_by_the_gain(name, gain):
    ticket = build(NETWORKS[name](), n=400, gain=gain)
    for name, found in ticket.scale.items():
        layer = ticket.source.layer(name)
        each = np.broadcast_to(found, ticket.source.geometry(name).groups)
        assert np.array_equal(each, 2.0 ** np.round(np.log2(each)))
        c = torch.from_numpy(each.repeat(len(layer.V) // len(each)))[:, None, None, None]
        parts = [layer.U, c * layer.V, *([] if layer.constants is None else [layer.constants])]
        for values in parts:
            assert abs(float(values.mean())) < 5 * values.numel() ** -0.5
            assert float(values.std()) == pytest.approx(1, abs=5 * values.numel() ** -0.5)
        ranks = layer.U[0].argsort()
        halves = layer.V[0, ranks].flatten(1).double()
        assert float(halves[:400].std()) == pytest.approx(float(halves[400:800].std()), rel=0.2)


def test_measures_are_those_of_the_outputs():
    ticket = build(NETWORKS["pooled"](), n=100, gain=2.0)
    x = inputs(50)
    labels = ticket.target(x).argmax(1)
    own = ticket(x).argmax(1)
    share = float((own == labels).double().mean())
    assert ticket.accuracy(x, labels) == share == ticket.agreement(x).mean
    low, high = ticket.agreement(x)[1:]
    assert 0 <= low <= share <= high <= 1
    gap = float((ticket(x) - ticket.target(x)).abs().max())
    assert ticket.error(x) == (gap, gap / float(ticket.target(x).abs().max()))
    assert ticket._repr_html_().count("<tr") == 1 + len(ticket.target.layers)


def test_exact_readout_is_the_targets():
    ticket = build(NETWORKS["pooled"](), readout="exact", gain=1.0)
    assert set(ticket.layers) == {"0", "3", "6"}
    assert torch.equal(ticket.network.step("8").weight, ticket.target.step("8").weight)


@pytest.mark.parametrize("granularity", ["entry", "kernel", "block", "filter"])
@pytest.mark.parametrize("scale", [1.0, 8.0])
def test_a_budget_is_kept_whoever_solves(granularity, scale):
    """Of small targets, which meet-in-the-middle takes at d <= 2, and of large ones."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 4, 3), nn.Flatten())
    with torch.no_grad():
        for weight in module.parameters():
            weight *= scale
    build = {"granularity": granularity, "gain": 1.0, "example": SHAPE, "threads": 1, "n": 60}
    few, many = (
        tickets.build("structured_convolution", module, budget=budget, **build)
        for budget in (2_000, 4_000_000)
    )
    assert int(few.solutions["work"].max()) <= 2_000
    assert int(many.solutions["work"].max()) <= 4_000_000
    assert many.solutions["error"].median() <= few.solutions["error"].median()
