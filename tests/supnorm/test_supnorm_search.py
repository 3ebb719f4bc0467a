"""The search from below: chains that know nothing of each other, batches in parts."""

import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm.ranges import Range
from slth.supnorm.search import pool as search
from slth.supnorm.search.lower import Work
from slth.supnorm.signed import aligned
from tests.supnorm import supnorm_cases as cases


def pair() -> cases.Case:
    rng = seeding.generator(0, "search")
    f = nn.Sequential(cases.conv(rng, 1, 2, 2), nn.ReLU(), cases.conv(rng, 2, 1, 2))
    return cases.Case(f, cases.perturbed(rng, f, 0.1), (1, 4, 4), (-1.0, 1.0))


@pytest.mark.parametrize(
    ("restarts", "parts"), [(0, [0]), (2, [2]), (16, [16]), (17, [16, 1]), (40, [16, 16, 8])]
)
def test_restarts_in_chains(restarts, parts):
    assert [work.restarts for work in Work(restarts=restarts).chains()] == parts


def test_another_chain_never_lowers_the_result():
    case, few = pair(), {"samples": 4, "steps": 1}
    one, two, again = (cases.solve(case, **few, restarts=r) for r in (16, 32, 32))
    assert one.lower <= two.lower == again.lower <= two.upper
    assert one.upper == two.upper


def test_a_batch_in_parts_is_the_batch(monkeypatch):
    case = pair()
    ends = torch.full((2, *case.shape), 1.0, dtype=torch.float64)
    f, g = aligned(case.f, case.g, case.shape, nonnegative=False)
    box, rng = Range(-ends[0], ends[1]), seeding.generator(1, "search")
    found = search.Search(f, g, box, rng, search.Allowance(0))
    x = found.random(50)
    whole = found.score(x)
    monkeypatch.setattr(search, "_TOGETHER", 3 * found.widest())
    assert torch.allclose(found.score(x), whole, rtol=1e-13, atol=0)
    assert torch.allclose(whole, cases.gap(case, x), rtol=1e-12)
