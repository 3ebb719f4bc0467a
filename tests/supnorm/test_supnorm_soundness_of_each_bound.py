"""No pair reaches more than any single bound says, whatever the other bounds say.

An oracle apart from the package judges: all kinks of pairs with one input, grids that close in on
the largest point of pairs with two, attacks on convolutions and residual blocks, and mixed-integer
programs. `bracket`'s own search takes no part: it is off, or not called.
"""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm import bracket, exact
from slth.supnorm.dual import branching, stage
from tests.supnorm import supnorm_batches as batches
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept

OFF: dict[str, Any] = {"samples": 0, "restarts": 0, "steps": 0}
WIDE = [("line", 16, i) for i in range(60)] + [("plane", 16, i) for i in range(40)]
WIDE += [("convolutions", 8, i) for i in range(12)]
WIDE += [("residual pixel", 8, i) for i in range(6)] + [("residual", 2, i) for i in range(4)]
DEEP = [("line", 8, i) for i in range(100, 128)] + [("plane", 8, i) for i in range(100, 104)]
CAUGHT = [("line", 8, 10), ("line", 8, 18)]  # where a phase that is fixed at no loss shows


def check(items: list[tuple[str, int, int]], rounds: int) -> None:
    """Assert that no pair of the batches (kind, pairs, index) reaches more than any bound."""
    for kind, count, index in items:
        check_batch(kind, count, index, rounds)


def check_batch(kind: str, count: int, index: int, rounds: int) -> None:
    batch = batches.batch(kind, index, count)
    value = batches.reached(batch, kind, seeding.generator(index, "oracle", kind))
    found = batches.bounds(batch, rounds, narrow=index % 8 == 7)
    batches.check(found, value, f"{kind} {index}")


def tenths(items: list) -> list:
    """The items in ten parts, so that workers share them.

    The first has lines, planes, convolutions and residual blocks, and ranges that are narrowed.
    """
    return [items[i::10] for i in (1, 0, *range(2, 10))]


def test_two_thousand_pairs() -> None:
    assert sum(count for _, count, _ in WIDE + DEEP) >= 2000


@pytest.fixture
def effort(monkeypatch):
    """Sets the descent steps of an objective and of a subproblem."""

    def put(root: int, child: int) -> None:
        monkeypatch.setattr(branching, "_ROOT", root)
        monkeypatch.setattr(branching, "_CHILD", child)

    return put


@pytest.mark.parametrize("part", swept(tenths(WIDE), 1))
def test_three_subproblems(part, effort) -> None:
    effort(24, 12)
    check(part, rounds=2)


@pytest.mark.parametrize("part", swept(tenths(DEEP), 1))
def test_fifteen_subproblems(part, effort) -> None:
    effort(60, 24)
    check(part, rounds=4)


@pytest.mark.parametrize("kind", swept(["convolutions", "residual pixel", "plane", "line"], 2))
def test_whole_brackets_and_mixed_integer_programs(kind) -> None:
    single = batches.batch(kind, 201, 1)
    box, shape = (single.lo.numpy(), single.hi.numpy()), tuple(single.lo.shape)
    value = float(batches.reached(single, kind, seeding.generator(0, "single", kind)))
    best = exact(single.f, single.g, box, shape)
    assert value <= best + 1e-6 * (1 + best)
    last = math.inf
    for splits in (1, 5, 64):
        found = bracket(single.f, single.g, box, shape, splits=splits, **OFF)
        for name, bound in found.bounds.items():
            assert bound >= value, name
            assert bound >= best - 1e-6 * (1 + best), name
        assert found.upper <= last * (1 + 1e-12), "more splits give more"
        last = found.upper


def test_one_layer_alone() -> None:
    rng = seeding.generator(0, "one layer alone")
    for relu in (False, True):
        f, g = (nn.Sequential(cases.linear(rng, 3, 4, bias=True)) for _ in range(2))
        if relu:
            f, g = f.append(nn.ReLU()), g.append(nn.ReLU())
        corners = torch.cartesian_prod(*[torch.linspace(-1, 1, 21, dtype=torch.float64)] * 3)
        value = float((f(corners) - g(corners)).detach().abs().max())
        assert all(bound >= value for bound in bracket(f, g, splits=4, **OFF).bounds.values())


def without_loss(monkeypatch) -> None:
    """The two phases of a pair share one that is fixed, and nothing is added."""
    child = branching.Tree.child

    def shared(self, node, phase):
        made = child(self, node, phase)
        opened = [replace(part, fixed=torch.zeros_like(part.fixed)) for part in made.allowed]
        return replace(made, allowed=opened)

    monkeypatch.setattr(branching.Tree, "child", shared)


def without_size(monkeypatch) -> None:
    """The phase of one network is fixed, and the other's may differ for nothing."""
    loss = stage.Stage._loss

    def of_open(self, own, fixed):
        return loss(self, own * (fixed == stage.OPEN)[..., None], torch.zeros_like(fixed))

    monkeypatch.setattr(stage.Stage, "_loss", of_open)


def with_nothing(monkeypatch) -> None:
    """Open phases may differ for nothing too."""
    monkeypatch.setattr(stage.Stage, "_loss", lambda self, own, fixed: own.new_zeros(()))


@pytest.mark.parametrize(
    ("unsound", "name"),
    [(without_loss, "branching"), (without_size, "branching"), (with_nothing, "lagrangian")],
)
def test_an_unsound_rule_is_caught(unsound, name, effort, monkeypatch) -> None:
    effort(60, 24)
    unsound(monkeypatch)
    with pytest.raises(AssertionError, match=f"{name} is"):
        check(CAUGHT, rounds=4)


def test_the_sound_rule_passes_where_the_others_are_caught(effort) -> None:
    effort(60, 24)
    check(CAUGHT, rounds=4)
