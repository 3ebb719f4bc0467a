"""The comparison with auto_LiRPA: the same networks on both sides, contradictions counted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import lirpa, lirpa_peer
from slth.studies.sandwich.pairs import draw_pair
from slth.studies.sandwich.settings import Settings

REFERENCE = Path(__file__).parents[2] / "benchmarks" / "lirpa_reference.json"
SETTINGS = Settings(depths=[1, 2, 3], widths=[4, 6], kernels=[1, 2, 3], side=6)


@pytest.mark.parametrize("number", range(6))
def test_the_peer_rebuilds_the_network(number: int) -> None:
    pair = draw_pair(SETTINGS, 7, number, 0.1)
    built = lirpa_peer.network([weight.numpy() for weight in pair.f.parameters()])
    x = torch.from_numpy(np.random.default_rng(number).uniform(-1, 1, (3, *pair.shape)))
    with torch.no_grad():
        assert torch.equal(built(x), pair.f(x))


def row(peer: float, **columns: Any) -> dict[str, Any]:
    found = {"lower": 1.0, "upper": 2.0, "eps": 0.1, "our_crown": 4.0, "seconds": 0.5}
    return found | {"crown": peer, "crown_seconds": 0.1} | columns


def test_a_peer_below_a_value_that_is_reached_is_counted() -> None:
    rows = [row(4.0), row(0.9), row(8.0), row(4.0, crown="RuntimeError: shape")]
    found = lirpa.summary(rows)["crown"]
    assert found["below_lower"] == 1
    assert found["pairs"] == 3
    assert found["over_ours"] == {"0.1": 2.0}


def test_reference_has_no_contradiction_and_two_crowns_that_agree() -> None:
    report = json.loads(REFERENCE.read_text(encoding="utf-8"))
    assert report["summary"] == lirpa.summary(report["rows"])
    for name in lirpa.PEERS:
        assert report["summary"][name]["below_lower"] == 0
    least, half, _ = report["summary"]["crown_over_our_crown"]
    assert least >= 1 - 1e-9  # ours is the least of several CROWN bounds
    assert abs(half - 1) < 1e-9
