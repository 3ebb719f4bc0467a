"""Every subproblem of branch and bound answers for all the inputs that have its phases."""

import pytest
import torch
from torch import Tensor

from slth import seeding
from slth.supnorm.arguments import prepare
from slth.supnorm.bounds.differential import differential
from slth.supnorm.dual import branching, stage
from slth.supnorm.dual.branching import Node, Tree
from slth.supnorm.dual.lagrangian import Bounds, objectives
from slth.supnorm.dual.local import narrowed
from slth.supnorm.dual.relaxation import Dual, build
from slth.supnorm.dual.stage import OF_F, OPEN, Allowed, Multipliers
from slth.supnorm.ranges import evaluation_error, propagate
from tests.supnorm import supnorm_batches as batches
from tests.supnorm import supnorm_cases as cases

PAIRS = 6


def layers_of(batch: batches.Batch):
    _, layers, box = prepare(batch.f, batch.g, (batch.lo, batch.hi), tuple(batch.lo.shape))
    return *layers, box


def tree_of(index: int, rounds: int) -> tuple[Tree, Tensor, Tensor]:
    """A tree whose objectives are all split alike, inputs with every kink among them, rounding."""
    batch = batches.batch("line", index, PAIRS)
    f, g, box = layers_of(batch)
    known = narrowed(f, g, box, 8 * (index % 2))
    dual = build(f, g, known.places, 2, known.before)
    assert dual is not None
    ends = dual.ranges[-1].delta
    found = Bounds(
        torch.cat([ends.hi.flatten(), -ends.lo.flatten()]), box.lo.new_zeros(0, *box.lo.shape)
    )
    tree = Tree(dual, (f, g), found)
    batches.grow(tree, rounds)
    share = batches.breakpoints(batch)[:, None, None, None]
    x = (batch.lo + share * (batch.hi - batch.lo)).clamp(batch.lo, batch.hi)
    parts = [evaluation_error(net, propagate(net, box)).flatten() for net in (f, g)]
    return tree, x, parts[0] + parts[1]


def pre_activations(tree: Tree, x: Tensor) -> tuple[list[tuple[Tensor, Tensor]], Tensor]:
    """What every ReLU reads in f and g, (B, N) each, and f − g, (B, O)."""
    y, found = x, []
    for first, second in zip(*tree.pair, strict=True):
        x, y = first.affine(x), second.affine(y)
        if first.relu:
            found.append((x.flatten(1), y.flatten(1)))
            x, y = x.relu(), y.relu()
    return found, (x - y).flatten(1)


def members(tree: Tree, node: Node, reads: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Which inputs have the phases of ``node``: (B,)."""
    inside = torch.ones(len(reads[0][0]), dtype=torch.bool)
    for at, allowed, read in zip(tree.dual.stages, node.allowed, reads, strict=True):
        for group, slot in torch.nonzero(allowed.fixed != OPEN).tolist():
            left = at.phases[allowed.patterns[group], slot]
            assert bool((left == left[0]).all())
            z = read[0 if int(allowed.fixed[group, slot]) == OF_F else 1]
            z = z[:, at.blocks.outputs[group, slot]]
            inside &= z >= 0 if float(left[0]) else z <= 0
    return inside


def check(index: int) -> int:
    """Assert that no subproblem's input reaches more than its bound; return how many had inputs.

    Bounds of subproblems are those of real numbers: what float64 adds to the values is let go.
    """
    tree, x, error = tree_of(index, rounds=4)
    reads, gap = pre_activations(tree, x)
    met = 0
    for *_, node in tree.heap:
        inside = members(tree, node, reads)
        if bool(inside.any()):
            sign = 1 if node.objective < PAIRS else -1
            output = node.objective % PAIRS
            value = float((sign * gap[inside, output] - error[output]).max())
            assert value <= node.bound, f"an input reaches {value!r}, the bound is {node.bound!r}"
            met += 1
    return met


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(branching, "_ROOT", 60)
    monkeypatch.setattr(branching, "_CHILD", 24)


@pytest.mark.parametrize("index", range(300, 305))
def test_every_subproblem_bounds_its_inputs(index, short) -> None:
    assert check(index) > 2 * PAIRS


def test_a_subproblem_without_the_loss_is_caught(short, monkeypatch) -> None:
    loss = stage.Stage._loss

    def of_open(self, own, fixed):
        return loss(self, own * (fixed == OPEN)[..., None], torch.zeros_like(fixed))

    monkeypatch.setattr(stage.Stage, "_loss", of_open)
    with pytest.raises(AssertionError, match="an input reaches"):
        check(304)


@pytest.mark.parametrize("index", range(100, 124, 4))
def test_no_half_is_above_the_whole_at_its_multipliers(index) -> None:
    case = cases.random_case(index)
    _, layers, box = prepare(case.f, case.g, case.box, case.shape)
    ranges = narrowed(*layers, box, 8) if index % 8 else None
    places = ranges.places if ranges else differential(*layers, box)
    dual = build(*layers, places, 2, ranges.before if ranges else None)
    if dual is None or not dual.stages:
        return
    rng = seeding.generator(index, "halves")
    last = dual.ranges[-1].delta.lo.numel()
    c = objectives(torch.zeros(1).long(), last)
    theta = [
        Multipliers(
            0.1 * cases.draw(rng, *t.share.shape), 0.1 * cases.draw(rng, *t.phase.shape).abs()
        )
        for t in dual.start(1)
    ]
    scales = dual.scales(c)
    whole = dual.value(c, theta, dual.allowed(), scales)
    for at, here in enumerate(dual.stages):
        network = here.cheaper(whole.read[at])[0]
        for group, slot in open_places(here)[:6]:
            for phase in (0.0, 1.0):
                half = halved(dual, at, group, slot, int(network[group, slot]), phase)
                value = dual.value(c, theta, half, scales).total
                assert bool(value <= whole.total + 1e-12 * whole.total.abs())


def open_places(here: stage.Stage) -> list[tuple[int, int]]:
    on = here.phases.T > 0
    patterns = here.allowed.patterns[:, None]
    return torch.nonzero((on & patterns).any(-1) & (~on & patterns).any(-1)).tolist()


def halved(dual: Dual, at: int, group: int, slot: int, network: int, phase: float) -> list[Allowed]:
    allowed = dual.allowed()
    patterns, fixed = allowed[at].patterns.clone(), allowed[at].fixed.clone()
    patterns[group] &= dual.stages[at].phases[:, slot] == phase
    fixed[group, slot] = network
    allowed[at] = Allowed(patterns, fixed)
    return allowed
