"""Few inputs and dense layers: boxes come first, and what they leave nothing to add to is left out.

Values are judged by the same boxes asked for by name, and by the networks at random inputs.
"""

from typing import Any

import numpy as np
import pytest
import torch

from slth import seeding
from slth.supnorm import bracket
from slth.supnorm.search.lower import evaluate
from tests.supnorm.test_zonotope_dense import random_pair

ALONE: dict[str, Any] = {"bounds": ["input_splitting"], "samples": 0, "restarts": 0, "steps": 0}
CHEAP = {"differential", "closed_form", "separate"}


def pair(inputs: int = 3, gap: float = 0.05) -> list[torch.nn.Sequential]:
    return random_pair(seeding.generator(4, "first", inputs), (inputs, 12, 12, 2), gap)


def probed(f: torch.nn.Module, g: torch.nn.Module, inputs: int) -> float:
    rng = seeding.generator(5, "first probes", inputs)
    x = torch.from_numpy(rng.uniform(-1, 1, (4000, inputs)))
    return float((f(x) - g(x)).abs().max())


@pytest.mark.parametrize("share", [3.0, 1.05, 0.95, 0.3])
def test_eps_alone_decides_as_boxes_by_name_do(share) -> None:
    f, g = pair()
    value = bracket(f, g, input_splits=3000, **ALONE).upper
    eps = share * value
    found, named = bracket(f, g, eps=eps), bracket(f, g, eps=eps, input_splits=3000, **ALONE)
    assert set(found.bounds) <= {*CHEAP, "input_splitting"}
    for each in (found, named):
        assert (each.upper <= eps) is (share > 1)
        assert (each.lower > eps) is (share < 1)
    assert found.trace[-1].boxes < 1000
    assert evaluate(f, g, torch.from_numpy(found.lower_at)) == found.lower
    again = bracket(f, g, eps=eps)
    assert (again.trace, again.upper) == (found.trace, found.upper)


def test_intervals_may_decide_and_then_no_box_is_asked() -> None:
    f, g = pair()
    most = bracket(f, g, bounds=["differential"]).upper
    found = bracket(f, g, eps=1.01 * most)
    assert set(found.bounds) == CHEAP
    assert not found.trace
    assert probed(f, g, 3) <= found.upper <= 1.01 * most


def test_no_boxes_where_none_are_allowed() -> None:
    f, g = pair()
    most = bracket(f, g, bounds=["differential"]).upper
    found = bracket(f, g, eps=0.5 * most, input_splits=0)
    assert not found.trace
    assert {"crown", "lagrangian", "zonotope"} <= set(found.bounds)


def test_ends_that_meet_leave_nothing_else_to_find() -> None:
    f, g = pair()
    found = bracket(f, g, input_splits=3000)
    assert set(found.bounds) == {*CHEAP, "zonotope", "input_splitting"}
    assert found.upper <= found.lower * (1 + 1e-4)
    assert probed(f, g, 3) <= found.upper
    assert found.bounds["zonotope"] == bracket(f, g, bounds=["zonotope"]).upper


def test_ends_far_apart_leave_every_bound_to_find() -> None:
    f, g = pair(inputs=12, gap=1.0)
    found = bracket(f, g, input_splits=4)
    assert found.trace[-1].boxes <= 4
    assert found.upper > 2 * found.lower
    assert {"crown", "lagrangian", "zonotope", "input_splitting"} <= set(found.bounds)


def test_many_inputs_get_no_boxes_for_eps_alone() -> None:
    f, g = pair(inputs=17)
    value = probed(f, g, 17)
    assert not bracket(f, g, eps=value).trace
    fixed = np.zeros((2, 17))
    fixed[:, :3] = [[-1.0], [1.0]]
    assert bracket(f, g, (fixed[0], fixed[1]), eps=0.5 * value).trace
