"""Every construction × granularity × shape of target passes the generic checker."""

import copy
import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from slth import tickets
from slth.networks import (
    build_dense_network,
    build_network,
    convolution,
    linear,
    normalise,
    read_layers,
)
from slth.seeding import generator
from slth.tickets import effective_kernels
from slth.tickets.shrink import shrink
from tests.sweeps import swept_rows
from tests.tickets.ticket_checks import check_ticket, closed_bound

N = 6
SEED = 11


def _network(channels, **shape) -> nn.Sequential:
    return build_network(channels, classes=3, seed=5, **shape)


def _without_readout() -> nn.Sequential:
    weight = torch.from_numpy(generator(5, "kernel").standard_normal((2, 2, 3, 3)))
    return nn.Sequential(convolution(weight, (1, 1), (1, 1)), nn.ReLU())


# name: (target, input shape); not normalised, so that no problem is solved by the empty subset
TARGETS = {
    "one channel, same": (_network([1], input_shape=(1, 5, 5)), (1, 5, 5)),
    "two layers, same": (_network([2, 2], kernel=3, input_shape=(1, 5, 5)), (1, 5, 5)),
    "two layers, valid": (_network([2, 1], padding="valid", input_shape=(2, 6, 6)), (2, 6, 6)),
    "stride 2": (_network([2, 2], stride=2, input_shape=(2, 7, 7)), (2, 7, 7)),
    "stride 2, even kernel": (
        _network([2], kernel=2, stride=2, padding=1, input_shape=(1, 5, 5)),
        (1, 5, 5),
    ),
    "1x1 kernel": (_network([3], kernel=1, input_shape=(2, 3, 3)), (2, 3, 3)),
    "dense": (build_dense_network([4, 3, 2, 2], seed=5), (4,)),
    "no readout": (_without_readout(), (2, 4, 4)),
}
LAST = sorted(TARGETS, key=lambda name: name not in ("dense", "two layers, valid"))
GRANULARITIES = ["filter", "kernel", "entry"]
GRANULAR = [name for name in tickets.CONSTRUCTIONS if "granularity" in tickets.get(name).options()]


def _inputs(shape, low=-1.0) -> torch.Tensor:
    return torch.from_numpy(generator(3, "inputs", str(shape)).uniform(low, 1, (16, *shape)))


def _build(target, construction="structured_convolution", **options) -> tickets.Ticket:
    settings: dict = {"n": N, "eps": 0.5, "seed": SEED, "solver": "mitm", "threads": 1} | options
    return tickets.build(construction, target, **settings)


@pytest.mark.parametrize(
    ("name", "readout"),
    swept_rows([*((name, "exact") for name in TARGETS), *((name, "ticket") for name in LAST)], 10),
)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("construction", GRANULAR)
def test_generic(construction, name, granularity, readout):
    target, shape = TARGETS[name]
    ticket = _build(target, construction, granularity=granularity, readout=readout)
    check_ticket(ticket, _inputs(shape), N, SEED)
    assert (ticket.solutions["sign"] == "-").any()


@pytest.mark.parametrize("name", TARGETS)
def test_output_error_is_within_the_closed_bound(name):
    target, shape = TARGETS[name]
    ticket = _build(target, granularity="kernel")
    error = tickets.data_error(target=target, ticket=ticket.ticket, images=_inputs(shape))
    assert error <= closed_bound(ticket) + 1e-12


@pytest.mark.parametrize("name", ["one channel, same", "two layers, valid", "stride 2"])
@pytest.mark.parametrize("readout", ["exact", "ticket"])
def test_total_error_is_met_when_every_problem_hits(name, readout):
    target, shape = normalise(TARGETS[name][0])[0], TARGETS[name][1]
    eps = tickets.per_entry_tolerance(0.5, target, readout)
    ticket = _build(target, n=22, eps=eps, granularity="entry", readout=readout)
    assert (ticket.solutions["status"] == "HIT").all()
    assert closed_bound(ticket) <= 0.5 + 1e-12
    error = tickets.data_error(target=target, ticket=ticket.ticket, images=_inputs(shape))
    assert error <= 0.5


def test_nonnegative_inputs_need_one_sign_and_half_the_problems():
    target, shape = TARGETS["two layers, same"]
    ticket = _build(target, nonnegative_input=True)
    check_ticket(ticket, _inputs(shape), N, SEED)
    assert (ticket.solutions["sign"] == "+").all()
    weights = [m.weight for m in ticket.ticket if hasattr(m, "block")]
    assert all((w > 0).all() for w in weights)
    inputs = _inputs(shape, low=0.0)
    error = tickets.data_error(target=target, ticket=ticket.ticket, images=inputs)
    assert error <= closed_bound(ticket) + 1e-12


def test_a_filter_is_kept_whole_and_unused_channels_are_gone():
    ticket = _build(TARGETS["one channel, same"][0])
    V = list(ticket.keep.values())[1]
    per_channel = V.transpose(0, 1).flatten(1).sum(dim=1)
    assert set(per_channel.tolist()) <= {0, V[:, 0].numel()}
    assert ticket.parameters["ticket"] == ticket.parameters["kept"]
    assert len(ticket.ticket[0].weight) == int((per_channel > 0).sum()) < 2 * N


def test_failures_are_rows_and_keep_their_best_subset():
    target = TARGETS["two layers, same"][0]
    ticket = _build(target, n=4, eps=1e-9)
    assert set(ticket.solutions["status"]) == {"OPTIMAL"}
    assert ticket.solutions["proved"].all()
    best = _build(target, n=4, eps=None)
    np.testing.assert_allclose(ticket.solutions["error"], best.solutions["error"], rtol=1e-12)


def test_a_pool_without_candidates_is_a_proved_row():
    target = TARGETS["1x1 kernel"][0]
    for seed in range(20):
        ticket = _build(target, n=1, eps=1e-6, seed=seed)
        check_ticket(ticket, _inputs((2, 3, 3)), 1, seed)
        empty = ticket.solutions[ticket.solutions["candidates"] == 0]
        if len(empty):
            break
    assert set(empty["solver"]) == {"none"}
    assert empty["proved"].all()
    assert (empty["kept"] == 0).all()
    assert (empty["status"] == "OPTIMAL").all()


def test_a_layer_that_keeps_nothing_is_zero():
    target = TARGETS["two layers, same"][0]
    ticket = _build(target, eps=10.0)
    sampled = tickets.sample_source(target, N, SEED)
    problems = tickets.subset_problems(target, sampled)
    rows = tickets.solve_problems(problems, 10.0, "mitm", threads=1)
    rows["subset"] = [np.array([], dtype=np.int64)] * len(rows)
    nothing = tickets.assemble(target, sampled, rows)
    inputs = _inputs((1, 5, 5))
    assert not nothing.ticket(inputs).any()
    assert not nothing.masked()(inputs).any()
    assert nothing.parameters["kept"] == 0 < nothing.parameters["ticket"]
    assert ticket.parameters["source"] == nothing.parameters["source"]


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_stages_compose_to_build_in_any_order_and_split(granularity):
    target, shape = TARGETS["two layers, valid"]
    whole = _build(target, granularity=granularity)
    source = tickets.sample_source(target, N, SEED, granularity=granularity)
    problems = tickets.subset_problems(target, source, granularity=granularity)
    solve = lambda part: tickets.solve_problems(part, 0.5, "mitm", None, SEED, 1)  # noqa: E731
    shards = [solve(problems[1::2]), solve(problems[::2][::-1])]
    table = pd.concat(shards, ignore_index=True).sample(frac=1.0, random_state=0)
    parts = tickets.assemble(target, source, table, granularity=granularity)
    assert torch.equal(parts.ticket(_inputs(shape)), whole.ticket(_inputs(shape)))
    pd.testing.assert_frame_equal(parts.solutions, whole.solutions)


def test_solutions_survive_parquet(tmp_path):
    from slth import frames

    target = TARGETS["stride 2"][0]
    ticket = _build(target, granularity="kernel")
    frames.write(tmp_path / "solutions.parquet", ticket.solutions, "solutions")
    table = frames.read(tmp_path / "solutions.parquet", "solutions")
    again = tickets.assemble(target, ticket.source, table, granularity="kernel")
    assert all(torch.equal(ticket.keep[name], again.keep[name]) for name in ticket.keep)


def test_shrinking_takes_any_blocked_mask():
    """Also masks that keep a channel's kernel but not its scale, or its scale alone."""
    target, shape = TARGETS["two layers, valid"]
    t = _build(target, granularity="entry")
    rng = generator(0, "masks")
    keep = {
        name: torch.from_numpy(rng.random(mask.shape) < 0.5) & (mask if i % 2 == 0 else True)
        for i, (name, mask) in enumerate(t.keep.items())
    }
    small = shrink(read_layers(target)[:-1], t.source, keep)
    whole = nn.Sequential(*small, *list(target)[-2:])
    masked = dataclasses.replace(t, keep=keep).masked()
    x = _inputs(shape)
    torch.testing.assert_close(whole(x), masked(x), rtol=0, atol=1e-12)
    blind = keep | {"0.weight": torch.ones_like(keep["0.weight"])}
    with pytest.raises(ValueError, match="several input channels"):
        shrink(read_layers(target)[:-1], t.source, blind)


def test_per_entry_tolerance_is_the_closed_bound_turned_round():
    target = normalise(TARGETS["two layers, same"][0])[0]  # c = 1, 2, 2; k = 3; readout of 50
    assert tickets.per_entry_tolerance(0.5, target) == (1.5**0.5 - 1) / (9 * 2)
    assert tickets.per_entry_tolerance(0.5, target, "ticket") == (1.5 ** (1 / 3) - 1) / 50


def test_random_control_keeps_as_many_of_the_same_pools():
    target, shape = TARGETS["two layers, same"]
    ticket = _build(target, granularity="kernel")
    control = tickets.random_control(ticket, seed=1)
    check_ticket(control, _inputs(shape), N, SEED)
    assert (control.solutions["kept"] == ticket.solutions["kept"]).all()
    assert set(control.solutions["solver"]) == {"random"}
    assert control.solutions["error"].mean() > ticket.solutions["error"].mean()
    again = tickets.random_control(ticket, seed=1)
    assert torch.equal(control.ticket(_inputs(shape)), again.ticket(_inputs(shape)))
    other = tickets.random_control(ticket, seed=2)
    assert not torch.equal(control.ticket(_inputs(shape)), other.ticket(_inputs(shape)))


def test_accuracy_moves_with_the_network():
    target, shape = TARGETS["one channel, same"]
    images = _inputs(shape)
    labels = target(images).argmax(dim=1)
    assert tickets.accuracy(network=target, images=images, labels=labels) == 1.0
    moved = nn.Sequential(*target[:-1], linear(-target[-1].weight))
    assert tickets.accuracy(network=moved, images=images, labels=labels) < 1.0


def test_float32_targets_are_read_in_float64():
    target = TARGETS["one channel, same"][0]
    single = copy.deepcopy(target).float()
    ticket = _build(single)
    assert all(p.dtype == torch.float64 for p in ticket.ticket.parameters())
    assert all(p.dtype == torch.float64 for p in ticket.target.parameters())
    assert all(p.dtype == torch.float32 for p in single.parameters())


def test_building_leaves_the_global_generators_alone():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    ticket = _build(TARGETS["one channel, same"][0])
    assert effective_kernels(ticket)
    assert torch.equal(torch_state, torch.get_rng_state())
    assert (numpy_state == np.random.get_state()[1]).all()  # noqa: NPY002
