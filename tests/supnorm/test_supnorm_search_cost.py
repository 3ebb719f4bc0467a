"""The search from below does no more work than its docstring says, whatever the networks."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from slth.supnorm import bracket
from slth.supnorm.search import lower
from slth.supnorm.search import pool as search
from slth.supnorm.search.lower import Work


def pair() -> list[nn.Sequential]:
    """Three convolutions and a readout on 2×6×6: 72 entries to try, one by one."""
    gen = torch.Generator().manual_seed(0)
    networks = []
    for _ in range(2):
        shapes = [(5, 2), (5, 5), (5, 5)]
        modules: list[nn.Module] = []
        for c_out, c_in in shapes:
            modules += [nn.Conv2d(c_in, c_out, 3, padding=1, bias=False), nn.ReLU()]
        network = nn.Sequential(*modules, nn.Flatten(), nn.Linear(180, 3, bias=False)).double()
        for weight in network.parameters():
            weight.data = torch.randn(weight.shape, generator=gen, dtype=torch.float64) / 4
        networks.append(network.requires_grad_(False))
    return networks


def passes(monkeypatch: pytest.MonkeyPatch, work: Work, products: int) -> tuple[int, float]:
    """Forward passes of either network in a search, and what it reached."""
    seen: list[int] = []
    through = search.forward

    def counted(layers: Any, x: Tensor) -> Tensor:
        seen.append(len(x))
        return through(layers, x)

    f, g = pair()
    with monkeypatch.context() as patch:
        patch.setattr(search, "forward", counted)
        patch.setattr(lower, "_PRODUCTS", products)
        counts: dict[str, Any] = {
            "samples": work.samples,
            "restarts": work.restarts,
            "steps": work.steps,
        }
        found = bracket(f, g, input_shape=(2, 6, 6), bounds=["differential"], **counts)
    return sum(seen) // 2, found.lower


@pytest.mark.parametrize("restarts", [0, 1, 3])
def test_coordinate_search_keeps_to_its_allowance(monkeypatch, restarts: int) -> None:
    work = Work(samples=100, restarts=restarts, steps=5)
    each = 2 * (36 * 9 * (10 + 25 + 25) + 540)  # multiplications of a pass through both networks
    none, least = passes(monkeypatch, work, 0)
    some, more = passes(monkeypatch, work, 1000 * each)
    full, most = passes(monkeypatch, work, 1 << 40)
    assert none <= some <= none + 1000 * (work.hops + 1) + 2 * 48 * (work.hops + 1)
    assert some < full  # so that the limit was one
    assert least <= more <= most


def test_cost_is_as_documented(monkeypatch) -> None:
    work = Work(samples=500, restarts=2, steps=20)
    without, _ = passes(monkeypatch, work, 0)
    assert without <= 2 * (work.samples + 250 * work.restarts * work.steps)
