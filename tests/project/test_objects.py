"""Results print in ten lines at most, show as tables in notebooks, compare by what they hold."""

import copy
import dataclasses
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import slth
from slth import learned, networks, tickets
from slth.problem import Status
from slth.solvers._all import Hits
from slth.solvers._registry import Catalogue
from slth.supnorm import Agreement, Bracket
from slth.values import at_least, at_most, same

IMAGES = torch.from_numpy(np.random.default_rng(4).uniform(-1, 1, (8, 1, 6, 6)))
LABELS = torch.arange(8) % 3


def solution() -> slth.Solution:
    keep = np.arange(24) % 2 == 0
    return slth.Solution(keep, 0.03125, Status.HIT, False, 4096, "mitm", "n is small", 0.5)


def batch() -> slth.BatchSolution:
    status = np.array([Status.HIT, Status.BUDGET, Status.HIT], dtype=object)
    keep, proved = np.eye(3, 5, dtype=bool), np.array([True, False, True])
    error, work = np.array([0.1, 0.2, np.nan]), np.array([5, 6, 7])
    return slth.BatchSolution(keep, error, status, proved, work, "klist", "asked for", 1.0)


def hits() -> Hits:
    return Hits(np.eye(3, 5, dtype=bool), np.array([0.1, 0.2, 0.3]), True, 99, "lattice", 1.0)


def bracket() -> Bracket:
    bounds = {f"bound{i}": 0.7 + i for i in range(12)}
    return Bracket(1 / 3, 2 / 3, np.zeros((1, 8, 8)), "crown", bounds | {"crown": 2 / 3}, 1e-14)


def agreement() -> Agreement:
    certified, refuted = np.array([True, False, False]), np.array([False, True, False])
    witness = np.full((3, 2), np.nan)
    return Agreement(certified, refuted, certified, np.arange(3), np.ones((3, 2)), witness)


def data_set() -> networks.DataSet:
    return networks.DataSet("mine", IMAGES, LABELS, IMAGES[:2], LABELS[:2], 3, "ab" * 32)


def mask() -> learned.LearnedMask:
    net = networks.build_network([2], padding=0, input_shape=(1, 6, 6), classes=3)
    return learned.learn("magnitude", net, IMAGES, LABELS, kept_fraction=0.5, epochs=1)


def ticket() -> slth.Ticket:
    net = networks.normalise(networks.build_dense_network([3, 2, 2]))[0]
    made: slth.Ticket = tickets.build("rss_dense", net, n=4, seed=1, solver="differencing")
    return made


def whole_ticket() -> tickets.WholeTicket:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).double()
    made = tickets.build("structured_convolution", net, n=6, seed=1, solver="differencing")
    assert isinstance(made, tickets.WholeTicket)
    return made


def network() -> networks.Network:
    torch.manual_seed(0)
    return networks.from_torch(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)))


def instance() -> slth.Instance:
    return slth.Instance.of([[0.5, 1.0], [2.0, 3.0]], [1, 2], 0.1)


def catalogue() -> Catalogue:
    return slth.solvers()


MADE: list[Callable[[], Any]] = [
    solution, batch, hits, bracket, agreement, data_set, mask, ticket, whole_ticket, instance,
    network,
]  # fmt: skip
OBJECTS = {make.__name__: make() for make in MADE}
SHOWN = {**OBJECTS, "catalogue": catalogue()}


class Balanced(HTMLParser):
    """Collects the open tags and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", SHOWN)
def test_repr_is_at_most_ten_lines_of_a_hundred_characters(name: str) -> None:
    lines = repr(SHOWN[name]).splitlines()
    assert 1 <= len(lines) <= 10
    assert max(map(len, lines)) <= 120
    assert str(SHOWN[name]) == repr(SHOWN[name])


@pytest.mark.parametrize("name", SHOWN)
def test_notebooks_show_a_table(name: str) -> None:
    page = Balanced(SHOWN[name]._repr_html_())
    assert page.open == []
    assert "object at 0x" not in page.words


def test_html_is_escaped() -> None:
    odd = dataclasses.replace(solution(), reason="<script>", solver="a & b")
    assert "a &amp; b (&lt;script&gt;)" in odd._repr_html_()


def test_long_catalogue_and_long_mask_print_in_ten_lines() -> None:
    facts = dict.fromkeys(("handles", "cannot", "cost", "source"), "x" * 300)
    many = Catalogue({f"solver{i}": facts for i in range(40)})
    assert len(repr(many).splitlines()) == 10
    assert "solver39" in many._repr_html_()


def test_what_is_printed_is_said_of_the_object() -> None:
    assert repr(solution()).startswith("Solution: HIT, error 0.03125, 12 of 24 kept")
    assert "n is small" in repr(solution())
    assert repr(batch()).startswith("BatchSolution of 3 instances: 1 BUDGET, 2 HIT")
    assert repr(bracket()).startswith("Bracket: 0.3333 ≤ sup |f − g| ≤ 0.6667")
    assert repr(agreement()).startswith("Agreement of 3 points: 1 certified, 1 refuted, 1 open")


@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_printed_ends_enclose_the_value(value: float) -> None:
    assert Fraction(at_least(value)) <= Fraction(value) <= Fraction(at_most(value))
    assert len(at_most(value).lstrip("-")) <= 11


@pytest.mark.parametrize("name", OBJECTS)
def test_object_equals_its_copy_and_no_other_kind(name: str) -> None:
    one = OBJECTS[name]
    assert one == copy.deepcopy(one)
    assert one != next(other for other in OBJECTS.values() if type(other) is not type(one))
    assert one != "something else"
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize("name", OBJECTS)
def test_a_change_of_any_compared_field_is_seen(name: str) -> None:
    one = OBJECTS[name]
    seen = 0
    for field in dataclasses.fields(one):
        twin = copy.copy(one)
        object.__setattr__(twin, field.name, changed(getattr(one, field.name)))
        assert (twin == one) is not field.compare, field.name
        seen += 1
    assert seen


def changed(value: Any) -> Any:
    """The same kind of thing, different in one place."""
    if isinstance(value, np.ndarray):
        out = value.copy()
        out.flat[-1] = Status.NO_HIT if out.dtype == object else not out.flat[-1]
        return out
    if isinstance(value, torch.Tensor):
        return value.clone().flatten().index_fill(0, torch.tensor([0]), 7).view_as(value)
    if isinstance(value, nn.Module):
        moved = copy.deepcopy(value)
        next(iter(moved.parameters())).data.view(-1)[0] += 1
        return moved
    if isinstance(value, pd.DataFrame):
        return value.assign(error=value["error"] + 1)
    if isinstance(value, dict):
        return {**value, "one more": 1}
    if isinstance(value, list):
        return value[:-1]
    return object()


def test_times_do_not_count() -> None:
    assert dataclasses.replace(solution(), seconds=9.0) == solution()
    assert dataclasses.replace(batch(), seconds=9.0) == batch()


def test_dtype_and_shape_count() -> None:
    a = np.zeros(3)
    assert not same(a, a.astype(np.float32))
    assert not same(a, a[:, None])
    assert same(np.array([np.nan]), np.array([np.nan]))
    assert not same(torch.zeros(2), torch.zeros(2, dtype=torch.bfloat16))
    assert same(torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16))


def test_modules_of_other_attributes_differ() -> None:
    assert same(nn.MaxPool2d(2), nn.MaxPool2d(2))
    assert not same(nn.MaxPool2d(2), nn.MaxPool2d(2, padding=1))
    assert not same(nn.ReLU(), nn.Tanh())
    one = nn.Conv2d(1, 2, 3)
    assert same(one, copy.deepcopy(one))


def test_instance_of_no_arrays_is_refused_and_any_eps_prints() -> None:
    with pytest.raises(TypeError, match=r"^X: got list, takes a NumPy array; Instance\.of conv"):
        slth.Instance([[1.0]], np.ones(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^z: got float"):
        slth.Instance(np.ones((2, 1)), 1.0)  # type: ignore[arg-type]
    odd: Any = "x"
    assert (
        repr(slth.Instance(np.ones((2, 1)), np.ones(1), odd)) == "Instance: n = 2, d = 1, eps = 'x'"
    )


def test_a_batch_gives_the_solution_of_every_instance() -> None:
    many = slth.solve_batch([[1, 2, 4], [3, 5, 9]], [3, 9.5])
    alone = [slth.solve([1, 2, 4], 3), slth.solve([3, 5, 9], 9.5)]
    assert [s.error for s in many] == [s.error for s in alone]
    assert [s.keep.tolist() for s in many] == [s.keep.tolist() for s in alone]
    assert many[-1] == many[1] == [*many][1]
    assert isinstance(many[0].proved, bool)
    with pytest.raises(IndexError):
        many[2]
