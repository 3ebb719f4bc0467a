"""The scales of gain="reach": within reach, near the best of all scales, one each group."""

from dataclasses import replace

import numpy as np
import pytest

from slth.networks.reading._torch import read
from slth.tickets.whole.gains import scaled
from slth.tickets.whole.geometry import Blocks, Geometry, geometry, nonnegative_values
from slth.tickets.whole.search import Searcher, pick
from slth.tickets.whole.source import Feature, Source
from tests.tickets.whole_cases import NETWORKS, inputs

GRANULARITIES = ("filter", "block", "kernel", "entry")


def layer(outputs: int, taps: int, inputs: int, groups: int = 1, size: int = 0) -> Geometry:
    """Normal weights of deviation .05, ten times as much from group to group."""
    rng = np.random.default_rng([outputs, taps, groups])
    weight = rng.standard_normal((outputs * groups, inputs, taps, 1))
    weight *= 0.05 * 10.0 ** np.arange(groups).repeat(outputs)[:, None, None, None]
    return Geometry("a", weight, None, groups, False, size or outputs, 0, (1.0,) * groups)


def targets(g: Geometry, group: int) -> list[np.ndarray]:
    """Every subset problem's target of a group, by a walk over inputs and the bias."""
    rows = g.weight[g.rows(group)].reshape(g.outputs, g.inputs, g.taps)
    wanted = [rows[:, i] for i in range(g.inputs)]
    if g.bias is not None:
        constant = np.zeros((g.outputs, g.taps))
        constant[:, g.tap] = g.bias[g.rows(group)]
        wanted.append(constant)
    return [z for each in wanted for part in g.split(each) for z in part]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("n", [7, 100, 3000])
def test_targets_are_as_long_as_sums_reach_and_no_longer(name, granularity, n):
    network = read("target", NETWORKS[name](), inputs(1))
    signs = nonnegative_values(network, False)
    for step in network.layers:
        g = scaled(geometry(step, Blocks(granularity), signs, 1.0), "reach", n)
        for group, c in enumerate(g.scales):
            wanted = targets(g, group)
            if g.dimension > 2:
                longest = max(np.linalg.norm(z) for z in wanted)
                reach = n / 10 + g.dimension / 4
                assert reach / 2 < c * longest <= reach
            else:
                assert 2**-2.5 <= c * max(np.abs(z).max() for z in wanted) <= 2**-1.5
            assert c == 2.0 ** round(np.log2(c))


def error(g: Geometry, n: int) -> float:
    """Σ‖achieved / c − K‖² over some pools of fresh sources."""
    total = 0.0
    for seed in range(3):
        source = Source(seed, n, (g,))
        for channel in range(g.inputs):
            kernel = g.weight[:, channel].reshape(g.outputs, g.taps)
            c = g.scales[0]
            found = pick(source, g, Feature(0, channel, "+", False), c * kernel, Searcher())
            total += float(np.square(found.achieved / c - kernel).sum())
    return total


@pytest.mark.parametrize(
    ("outputs", "taps", "size", "n"),
    [(4, 9, 1, 40), (4, 9, 1, 200), (4, 9, 0, 360), (6, 25, 0, 600), (6, 25, 0, 2000)],
)
def test_weights_err_little_more_than_at_the_best_scale(outputs, taps, size, n):
    """Oracle: every power of two from 1/16 to 16 times the rule's, on the same draws."""
    g = scaled(layer(outputs, taps, 3, size=size), "reach", n)
    others = [error(replace(g, scales=(g.scales[0] * 2.0**k,)), n) for k in range(-4, 5)]
    best, rule, trained = min(others), others[4], error(replace(g, scales=(1.0,)), n)
    assert rule <= 5**2 * best
    assert rule < trained / 4


def test_groups_have_scales_of_their_own():
    """A nearly dead channel with large folded weights leaves the other channels theirs."""
    g = scaled(layer(1, 9, 1, groups=3), "reach", 100)
    alone = [scaled(layer(1, 9, 1), "reach", 100).scales[0]]
    assert len(set(g.scales)) == 3
    assert g.scales[0] / g.scales[2] == pytest.approx(100, rel=1)
    assert alone[0] > 0


def test_layers_and_groups_of_zeros_keep_scale_one():
    g = layer(2, 9, 2, groups=2)
    zeros = replace(g, weight=np.zeros_like(g.weight))
    assert scaled(zeros, "reach", 50).scales == (1.0, 1.0)
    half = replace(g, weight=np.where(np.arange(4)[:, None, None, None] < 2, 0.0, g.weight))
    assert scaled(half, "reach", 50).scales[0] == 1.0 != scaled(half, "reach", 50).scales[1]
