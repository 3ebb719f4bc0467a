"""Binary tickets: signs with one scale a layer, counts and digits against brute force."""

import numpy as np
import pytest
import torch

import slth
from slth import tickets
from slth.networks import build_dense_network, normalise
from slth.seeding import generator
from slth.tickets.choosing import Counting, Digits, Single

TARGET = normalise(build_dense_network([3, 3, 2, 2], seed=5))[0]


@pytest.mark.parametrize("name", ["binary_polynomial", "binary_polylog"])
def test_weights_are_signs_with_one_scale_a_layer(name):
    source = tickets.sample_source(TARGET, 5, 0, construction=name, readout="ticket")
    sizes = [p.abs().unique() for p in source.parameters()]
    assert all(len(size) == 1 for size in sizes)
    per_layer = len(sizes) // 3
    assert all(float(s) == 1.0 for i, s in enumerate(sizes) if (i + 1) % per_layer)
    for p in source.parameters():
        assert p.numel() < 8 or len(p.unique()) == 2


def test_kept_inner_edges_are_plus_one_and_double():
    ticket = tickets.build("binary_polylog", TARGET, n=6, eps=0.01, seed=1, digits=5)
    linears = [m for m in ticket.ticket if isinstance(m, torch.nn.Linear)][:-1]
    inner = [m.weight for i, m in enumerate(linears) if (i + 1) % 5]
    assert inner
    for W in inner:
        assert set(W.unique().tolist()) <= {0.0, 1.0}
        assert set(W.sum(dim=1).tolist()) <= {1.0, 2.0}
    assert (ticket.solutions["error"] <= 2**-5).mean() > 0.9


def test_counting_error_is_half_a_step_when_the_pool_is_large():
    ticket = tickets.build("binary_polynomial", TARGET, n=200, seed=1)
    for layer, rows in ticket.solutions.groupby("layer"):
        top = float(list(TARGET.parameters())[int(layer)].abs().max())
        assert rows["error"].max() <= 2 * top / 200 + 1e-12
    assert ticket.solutions["proved"].all()


@pytest.mark.parametrize("draw", range(20))
def test_counting_finds_the_optimum(draw):
    rng = generator(draw, "counting")
    X = 0.3 * (2.0 * rng.integers(0, 2, 11) - 1)
    z = rng.uniform(-2, 2)
    best = slth.solve(X[:, None], [z], solver="enumeration")
    found = slth.solve(X[:, None], [z], solver=Counting())
    assert found.error == pytest.approx(best.error, abs=1e-12)
    assert found.proved


@pytest.mark.parametrize("draw", range(20))
def test_digits_are_within_the_last_digit(draw):
    rng = generator(draw, "digits")
    powers = np.repeat(2.0 ** -np.arange(1, 7), 2)
    X = np.concatenate([powers, -powers])[rng.permutation(24)]
    z = rng.uniform(-1, 1)
    found = slth.solve(X[:, None], [z], solver=Digits())
    assert found.error <= 2.0**-7 + 1e-12
    assert not found.proved


def test_single_takes_the_first_within_eps_or_the_nearest():
    X = np.array([[0.9], [0.52], [0.5], [0.1]])
    first = slth.solve(X, [0.5], 0.05, Single(), size=1)
    assert first.keep.tolist() == [False, True, False, False]
    assert first.work == 2
    nearest = slth.solve(X, [0.3], 1e-6, Single(), size=1)
    assert nearest.error == pytest.approx(0.2)
    assert nearest.proved
    assert not slth.solve(X, [0.3], 1e-6, Single()).proved
    assert not slth.solve(X, [0.3], 1e-6, Single(), budget=2, size=1).proved


def test_own_solvers_refuse_what_they_cannot():
    with pytest.raises(ValueError, match="one size"):
        slth.solve([[1.0], [2.0]], [1.0], solver=Counting())
    with pytest.raises(ValueError, match="d = 2"):
        slth.solve([[1.0, 2.0]], [1.0, 1.0], solver=Digits())
    with pytest.raises(ValueError, match="takes 1"):
        slth.solve([[1.0], [2.0]], [1.0], solver=Single(), size=2)
    ticket = tickets.build("binary_polylog", TARGET, n=3, eps=0.1, digits=3)
    with pytest.raises(ValueError, match="source: got weights"):
        tickets.assemble(
            TARGET, ticket.source, ticket.solutions, construction="binary_polylog", digits=4
        )
