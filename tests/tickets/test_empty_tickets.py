"""A ticket that computes nothing of its target says so once; widths say what a search reaches."""

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from slth import networks, tickets
from slth.studies.price.widths import chance
from slth.tickets.empty import empty_rows
from slth.tickets.predicted import predicted_width
from tests.tickets.test_constructions import CASES

TARGET = networks.normalise(
    networks.build_network([2, 2], kernel=3, padding=0, input_shape=(1, 7, 7), classes=2, seed=1)
)[0]


FIRST = {case.construction: name for name, case in reversed(CASES.items())}


@pytest.fixture
def _quick_law(monkeypatch):
    """The normal law of the same variance in place of nsn's: a hundredth of a second per width."""
    monkeypatch.setattr("slth.theory.quenched.success_probability", chance)


def build(target: torch.nn.Sequential = TARGET, **changes: Any) -> tickets.Ticket:
    asked: dict[str, Any] = {"n": 20, "seed": 1, "threads": 1, "granularity": "entry"} | changes
    return tickets.build("structured_convolution", target, **asked)


def said(call: Any) -> list[str]:
    """Messages of the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(w.category is tickets.EmptySubsetWarning for w in caught)
    assert all(w.filename == __file__ for w in caught)
    return [str(w.message) for w in caught]


def test_a_ticket_that_imitates_its_target_says_nothing():
    assert said(build) == []
    assert said(lambda: build(eps=0.01)) == []


def test_whole_filters_of_few_candidates_are_named_once_with_their_layer_and_sizes():
    """d = 18 with three candidates: the empty subset is the best one of most problems."""
    found = said(lambda: build(n=3, granularity="filter"))
    assert len(found) == 1
    ticket = build(n=3, granularity="filter")
    rows = ticket.solutions[ticket.solutions["kept"] == 0]
    assert len(rows) > 1
    assert found[0].startswith(
        f"{len(rows)} of {len(ticket.solutions)} subset problems keep nothing"
    )
    first = rows.iloc[0]
    assert f"layer {first['layer']}, channel {first['channel']}, sign {first['sign']}" in found[0]
    assert f"d = 18, n = {first['candidates']} candidates" in found[0]
    assert "larger n, a finer granularity or another solver" in found[0]
    assert "trivial" not in found[0]


@pytest.mark.parametrize("granularity", ["filter", "kernel", "entry"])
def test_a_tolerance_above_the_target_is_trivial_and_said(granularity):
    found = said(lambda: build(eps=10.0, granularity=granularity))
    assert len(found) == 1
    assert "trivial at eps = 10" in found[0]
    assert "a smaller eps" in found[0]
    ticket = build(eps=10.0, granularity=granularity)
    assert ticket.solutions["trivial"].all()
    assert (ticket.solutions["status"] == "HIT").all()


def test_trivial_is_what_the_empty_subset_hits():
    for eps in (None, 0.01, 0.05):
        table = build(eps=eps).solutions
        assert (table["trivial"] == (table["target"] <= (eps or 0) * (eps is not None))).all()
        assert table["trivial"].any() == (eps is not None)
        empty = table[table["kept"] == 0]
        assert np.allclose(empty["error"], empty["target"])


def test_one_cut_channel_among_many_is_named():
    """A kernel slice a thousandth of the others, within eps: its input channel is cut off."""
    target = networks.normalise(TARGET)[0]
    target[2].weight.data[:, 1] *= 1e-3  # type: ignore[union-attr, index]
    found = said(lambda: build(target, eps=0.01))
    assert len(found) == 1
    assert "layer 1, channel 1, sign +" in found[0]
    assert "channel 0" not in found[0]


def test_targets_of_zero_and_entries_below_eps_are_no_failure():
    target = networks.normalise(TARGET)[0]
    target[0].weight.data[:, :, 0] = 0  # type: ignore[union-attr, index]
    target[2].weight.data[:, 1] = 0  # type: ignore[union-attr, index]
    assert said(lambda: build(target)) == []
    assert said(lambda: build(target, eps=0.005)) == []


def test_stages_warn_as_the_whole_does_and_controls_do_not():
    source = tickets.sample_source(TARGET, 3, 1)
    table = tickets.solve_problems(tickets.subset_problems(TARGET, source), threads=1)
    found = said(lambda: tickets.assemble(TARGET, source, table.sample(frac=1, random_state=1)))
    assert len(found) == 1
    assert "keep nothing" in found[0]
    bare = table.drop(columns=["target", "trivial"])
    assert said(lambda: tickets.assemble(TARGET, source, bare)) == []
    ticket = build(n=3, granularity="filter")
    assert said(lambda: tickets.random_control(ticket)) == []


def test_subsets_worse_than_the_empty_one_count_too():
    rows = [  # kept, error, target, trivial, counts
        (0, 0.5, 0.5, False, True),
        (3, 0.5, 0.5, False, True),
        (3, 0.7, 0.5, False, True),
        (3, 0.4, 0.5, False, False),
        (0, 0.0, 0.0, False, False),
        (2, 0.6, 0.5, True, False),  # of a pool that another row keeps alive
        (1, 0.1, 0.5, True, False),
    ]
    table = pd.DataFrame(rows, columns=["kept", "error", "target", "trivial", "counts"])
    table = table.assign(layer=0, channel=0, sign="+")
    assert (empty_rows(table) == table["counts"]).all()
    lost = table.iloc[[5]].assign(channel=1)
    assert empty_rows(pd.concat([table, lost])).iloc[-1]


@pytest.mark.parametrize("name", FIRST.values())
def test_a_network_that_is_zero_is_said_whatever_the_construction(name):
    """Where no problem says anything, the ticket is silent on some input and the build is not."""
    case = CASES[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ticket = case.build(n=2, eps=None, seed=5)
    table = ticket.solutions
    silent = (table["target"] > 0) & ((table["kept"] == 0) | (table["error"] >= table["target"]))
    assert [w.category for w in caught] == [tickets.EmptySubsetWarning] * bool(silent.any())


@pytest.mark.usefixtures("_quick_law")
@pytest.mark.parametrize(
    ("granularity", "eps", "solver", "reached", "words"),
    [
        ("entry", 0.01, "mitm", True, "mitm accounts for every subset of n ="),
        ("kernel", 0.01, "klist", False, "existence only: klist.*'lattice' accounts for every"),
        ("filter", 0.3, "klist", False, "existence only"),
        ("kernel", 0.3, "lattice", True, "lattice accounts for every subset of n ="),
    ],
)
def test_predicted_width_says_what_a_search_reaches(granularity, eps, solver, reached, words):
    made = tickets.get("structured_convolution", granularity=granularity)
    found = predicted_width(made, TARGET, eps)
    assert (found.solver, found.reached) == (solver, reached)
    assert re.search(words, found.reach)


@pytest.mark.usefixtures("_quick_law")
@pytest.mark.parametrize("construction", tickets.CONSTRUCTIONS)
def test_every_prediction_has_its_reach(construction):
    case = next(case for case in CASES.values() if case.construction == construction)
    found = predicted_width(tickets.get(construction, **case.options), case.target, 0.1)
    assert bool(found.solver) == (found.n is not None)
    assert found.reach
    assert found.reached <= bool(found.solver)
