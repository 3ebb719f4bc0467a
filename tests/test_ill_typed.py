"""Twenty values of wrong types for every argument of learning, measuring, building and training.

Each is taken (where it happens to be of the right type) or refused by an error that begins with the
argument's name.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import learned, networks, tickets

X = torch.from_numpy(np.random.default_rng(4).uniform(-1, 1, (8, 1, 6, 6)))
Y = torch.arange(8) % 3
NET = networks.build_network([2], padding=0, input_shape=(1, 6, 6), classes=3)
DENSE = networks.normalise(networks.build_dense_network([3, 2, 2]))[0]
MASK = learned.learn("magnitude", NET, X, Y, kept_fraction=0.5, epochs=1)
TICKET = tickets.build("rss_dense", DENSE, n=4, seed=1)
PROBLEMS = tickets.subset_problems(DENSE, TICKET.source, construction="rss_dense")
DATA: dict[str, Any] = {"images": X, "labels": Y}

ODD: list[Any] = [
    None, True, -1, 0, 1.5, float("nan"), float("inf"), 10**400, "x", b"x", [], {}, (1, 2), set(),
    [None], object(), 1 + 2j, type, len, np.array([1.0, 2.0]), np.array(["a"]), torch.ones(2),
    torch.ones(2, device="meta"), nn.ReLU(),
]  # fmt: skip

CALLS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (
        learned.learn,
        {"method": "magnitude", "network": NET, "kept_fraction": 0.5, "seed": 0, "epochs": 1}
        | {"batch_size": 4, "learning_rate": 0.1, "watch": None, "trainings": None, "names": None}
        | {"device": "cpu", "outputs": None, "granularity": "edge"}
        | DATA,
    ),
    (
        learned.learn_all,
        {"method": "edge_popup", "networks": [NET], "kept_fractions": [0.5], "seeds": [0]} | DATA,
    ),
    (learned.control, {"kind": "fresh", "learned": MASK, "network": None, "seed": 0} | DATA),
    (learned.control_all, {"asked": [("shuffled", MASK, None, 0)], "watch": None} | DATA),
    (learned.shrink, {"learned": MASK}),
    (learned.signed_constant, {"network": NET}),
    (learned.units_of, {"network": NET, "granularity": "edge", "names": None}),
    (learned.get, {"method": "biprop"}),
    (learned.Trainings, {"rewinds": ()}),
    (tickets.accuracy, {"network": NET} | DATA),
    (tickets.decisions, {"network": NET, "images": X}),
    (tickets.data_error, {"ticket": NET, "target": NET, "images": X}),
    (MASK.accuracy, DATA),
    (
        tickets.build,
        {"construction": "rss_dense", "target": DENSE, "n": 4, "eps": None, "seed": 0}
        | {"solver": "auto", "budget": None, "threads": None},
    ),
    (
        tickets.sample_source,
        {"construction": "rss_dense", "target": DENSE, "n": 4, "seed": 0},
    ),
    (
        tickets.subset_problems,
        {"construction": "rss_dense", "target": DENSE, "source": TICKET.source},
    ),
    (
        tickets.assemble,
        {"construction": "rss_dense", "target": DENSE, "source": TICKET.source}
        | {"solutions": TICKET.solutions},
    ),
    (
        tickets.solve_problems,
        {"problems": PROBLEMS[:1], "eps": None, "solver": "auto", "budget": None, "seed": 0}
        | {"threads": None, "device": "cpu"},
    ),
    (tickets.load, {"path": "none.npz"}),
    (tickets.random_control, {"ticket": TICKET, "seed": 0}),
    (tickets.effective_kernels, {"ticket": TICKET}),
    (tickets.per_entry_tolerance, {"total_eps": 0.1, "target": DENSE, "readout": "exact"}),
    (tickets.get, {"construction": "rss_dense"}),
    (
        networks.train,
        {"network": NET, "epochs": 1, "batch_size": 4, "learning_rate": 0.1, "l1": 0.0, "seed": 0}
        | DATA,
    ),
]
EVERY = [(call, asked, name) for call, asked in CALLS for name in asked]


@pytest.mark.parametrize(
    ("call", "asked", "name"), EVERY, ids=[f"{c.__qualname__}-{name}" for c, _, name in EVERY]
)
def test_an_ill_typed_argument_is_named(call, asked, name):
    refused: list[str] = []
    for value in ODD:
        try:
            call(**{**asked, name: value})
        except (TypeError, ValueError) as error:
            refused.append(str(error))
    unlike = "ticket: got outputs"  # a module of another output is a target, and no such ticket's
    assert [m for m in refused if not m.startswith((name, unlike))] == []
    assert len(refused) >= len(ODD) / 2


def test_every_public_callable_of_both_rooms_is_walked():
    walked = {call.__name__ for call, _ in CALLS}
    walked |= {"predicted_width"}  # below: each call costs a search
    for room in (learned, tickets):
        functions = {n for n in room.__all__ if callable(getattr(room, n)) and n.islower()}
        assert functions <= walked


@pytest.mark.parametrize("name", ["construction", "target", "eps", "delta"])
def test_an_ill_typed_width_is_named(name):
    asked = {"construction": tickets.get("rss_dense"), "target": DENSE, "eps": 0.1, "delta": 0.1}
    for value in (None, "x", -1, [], object(), torch.ones(2), float("nan")):
        with pytest.raises((TypeError, ValueError), match=f"^{name}"):
            tickets.predicted_width(**{**asked, name: value})  # type: ignore[arg-type]
