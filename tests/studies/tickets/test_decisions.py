"""Decisions around held-out images: shares against the images themselves, corners and no radius."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from slth import seeding
from slth.networks.data import DataSet
from slth.settings.networks import Network
from slth.studies.tickets import claims, measure
from slth.studies.tickets.train import data_of, train_target
from tests.studies import rendering_data
from tests.supnorm import supnorm_cases as cases

NETWORK = Network(name="tiny", channels=[1], held_out=0.25, epochs=2, l1=1e-4)


@pytest.fixture(scope="module")
def networks() -> tuple[nn.Sequential, nn.Sequential, DataSet]:
    """A short-trained target, a ticket near it and the data."""
    target = train_target(NETWORK, 3)[0]
    ticket = cases.as_ticket(seeding.generator(1, "ticket"), target.double(), eps=0.02)
    return target, ticket, data_of(NETWORK, 3, None)


def decisions(network: nn.Module, x: torch.Tensor) -> np.ndarray:
    """The largest output of every input."""
    with torch.no_grad():
        return network.double()(x).argmax(1).numpy()


def test_at_the_images_themselves_the_share_is_their_agreement(networks) -> None:
    target, ticket, data = networks
    found = measure._decisions(target, ticket, data, 0.0, 1)
    x = data.held_out_images[: measure.BALLS].double()
    same = decisions(target, x) == decisions(ticket, x)
    assert found["balls"] == len(x)
    assert found["certified"] == pytest.approx(same.mean(), abs=1e-12)
    assert found["refuted"] == pytest.approx(1 - same.mean(), abs=1e-12)
    assert found["certified_target"] == 1


def test_no_more_is_proved_than_random_corners_leave(networks) -> None:
    target, ticket, data = networks
    rng = seeding.generator(2, "corners")
    x = data.held_out_images[: measure.BALLS].double()
    kept = np.ones(len(x), dtype=bool)
    own = decisions(target, x)
    for _ in range(40):
        y = (x + 0.1 * torch.from_numpy(rng.choice([-1.0, 1.0], tuple(x.shape)))).clamp(-1, 1)
        kept &= (decisions(target, y) == own) & (decisions(ticket, y) == own)
    shares = [measure._decisions(target, ticket, data, r, 1) for r in (0.02, 0.1)]
    assert shares[1]["certified"] <= shares[0]["certified"] <= shares[0]["certified_target"]
    assert shares[1]["certified"] <= kept.mean()
    assert shares[1]["certified"] + shares[1]["refuted"] <= 1


def test_without_a_radius_nothing_is_proved_and_the_paper_says_so(networks) -> None:
    target, ticket, data = networks
    assert measure._decisions(target, ticket, data, None, 1) == {}
    table = rendering_data.tickets()
    names = ["certified", "refuted", "certified_target", "radius", "balls"]
    frames = {
        "tickets": table.drop(columns=names),
        "blocks": rendering_data.blocks(table),
        "networks": rendering_data.networks(),
    }
    bare = claims.macros({name: pd.DataFrame(frame) for name, frame in frames.items()})
    assert "No decision was proved" in bare["TicketDecisions"]
    told = claims.macros(frames | {"tickets": table})
    assert "Of the target alone" in told["TicketDecisions"]
    for name in ("TicketDecisions", "TicketAnswer", "TicketAbstract"):
        assert "median ticket" in told[name]
        assert "median ticket" not in bare[name]
