"""Many small random pairs side by side as one pair of networks, so that one pass bounds them all.

Pair k is group k of grouped convolutions: it reads inputs of its own and makes one output of its
own, so the bounds of that output are bounds of that pair, and so are the probes.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks import Residual
from slth.supnorm.arguments import one_thread, prepare
from slth.supnorm.bounds.closed_form import closed_form
from slth.supnorm.bounds.crown import crown
from slth.supnorm.bounds.differential import differential
from slth.supnorm.dual.blocks import Blocks, _tiles, fields, share
from slth.supnorm.dual.branching import Tree
from slth.supnorm.dual.lagrangian import Bounds, size
from slth.supnorm.dual.local import narrowed
from slth.supnorm.dual.relaxation import build
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import evaluation_error, propagate

FAR = math.inf
KINDS = ("line", "plane", "convolutions", "residual", "residual pixel")


@dataclass(frozen=True)
class Batch:
    """Networks f, g of ``count`` groups with one output each; lo, hi: their box, (c, h, w)."""

    f: nn.Sequential
    g: nn.Sequential
    count: int
    lo: Tensor
    hi: Tensor

    def gaps(self, x: Tensor) -> Tensor:
        """|f − g| of every pair at x (B, c, h, w): (B, count)."""
        return (self.f(x) - self.g(x)).flatten(1).abs()


def batch(kind: str, index: int, count: int) -> Batch:
    """Pairs 1 % or less apart, and independent ones, over boxes from .1 to 2 wide."""
    rng = seeding.generator(index, "pairs side by side", kind)
    depth, width = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    f, g = (_network(kind, rng, count, depth, width) for _ in range(2))
    shape = {"plane": (2, 1, 1), "convolutions": (1, 3, 3), "residual": (1, 3, 3)}.get(
        kind, (1, 1, 1)
    )
    near = torch.from_numpy(rng.choice([1e-3, 1e-2, 1e-1, FAR], count))
    _bring_near(rng, f, g, near)
    wide = torch.from_numpy(rng.choice([0.1, 0.2, 0.3, 1.0, 2.0], (count, 1, 1, 1)))
    centre = torch.from_numpy(rng.uniform(-1, 1, (count, *shape)))
    lo, hi = (centre + end * wide / 2 for end in (-1, 1))
    return Batch(f, g, count, *(end.reshape(-1, *shape[1:]) for end in (lo, hi)))


def _network(
    kind: str, rng: np.random.Generator, count: int, depth: int, width: int
) -> nn.Sequential:
    """``depth`` ReLU layers and a readout; a residual block counts for two."""
    inputs, side = (2 if kind == "plane" else 1), 1
    modules: list[nn.Module] = []
    kernel = 1 if kind in ("line", "plane") else 2
    if "residual" in kind:
        k = 3 if kind == "residual" else 1
        modules, depth = [_conv(rng, count, 1, width, 1), nn.ReLU()], depth - 1
        while depth > 0:
            first = _dense(_conv(rng, count, width, width, k, k // 2))
            second = _dense(_conv(rng, count, width, width, 1))
            modules += [Residual(first, nn.ReLU(), second), nn.ReLU()]
            depth -= 2
        return nn.Sequential(*modules, _conv(rng, count, width, 1, k))
    for i in range(depth):
        modules += [_conv(rng, count, width if i else inputs, width, kernel), nn.ReLU()]
        side, kernel = side + kernel - 1, kernel if side + kernel < 3 else 1
    return nn.Sequential(*modules, _conv(rng, count, width, 1, 4 - side if side > 1 else 1))


def _conv(
    rng: np.random.Generator, count: int, c_in: int, c_out: int, k: int, padding: int = 0
) -> nn.Conv2d:
    layer = nn.Conv2d(
        count * c_in, count * c_out, k, padding=padding, groups=count, dtype=torch.float64
    ).requires_grad_(False)
    assert layer.bias is not None
    layer.weight.copy_(torch.from_numpy(rng.normal(0, (c_in * k * k) ** -0.5, layer.weight.shape)))
    layer.bias.copy_(torch.from_numpy(rng.normal(0, 0.3, layer.bias.shape)))
    return layer


def _dense(grouped: nn.Conv2d) -> nn.Conv2d:
    """The same without groups and without bias, as a Residual takes it."""
    sizes, k = (grouped.in_channels, grouped.out_channels), grouped.kernel_size
    layer = nn.Conv2d(*sizes, k, padding=grouped.padding, bias=False, dtype=torch.float64)  # type: ignore[arg-type]
    layer.requires_grad_(False).weight.zero_()
    reads = grouped.in_channels // grouped.groups
    for row, kernel in enumerate(grouped.weight):
        first = row * grouped.groups // len(grouped.weight) * reads
        layer.weight[row, first : first + reads] = kernel
    return layer


def _bring_near(rng: np.random.Generator, f: nn.Module, g: nn.Module, near: Tensor) -> None:
    """Put pair k of g at a relative distance near[k] of f, where that is finite."""
    for a, b in zip(f.parameters(), g.parameters(), strict=True):
        eps = near.repeat_interleave(len(a) // len(near)).view(-1, *[1] * (a.ndim - 1))
        twin = a * (1 + eps.clamp(max=1) * torch.from_numpy(rng.standard_normal(a.shape)))
        b.copy_(torch.where(eps < FAR, twin, b))


def reached(batch: Batch, kind: str, rng: np.random.Generator) -> Tensor:
    """The largest |f − g| met of every pair: exact with one input, a grid with two: (count,)."""
    if kind == "line":
        share = breakpoints(batch)
        x = batch.lo + share[:, None, None, None] * (batch.hi - batch.lo)
        return batch.gaps(x.clamp(batch.lo, batch.hi)).amax(0)
    if kind == "plane":
        return zoomed(batch)
    share = torch.from_numpy(rng.choice([0.0, 0.5, 1.0], (100, *batch.lo.shape)))
    share[::2] = torch.from_numpy(rng.uniform(0, 1, share[::2].shape))
    x = batch.lo + share * (batch.hi - batch.lo)
    for step in range(8):
        best = batch.gaps(x).amax(0)
        x = x.requires_grad_()
        (slope,) = torch.autograd.grad(batch.gaps(x).sum(), x)
        moved = x.detach() + (batch.hi - batch.lo) * 0.7**step * slope.sign()
        x = moved.clamp(batch.lo, batch.hi)
    return torch.maximum(best, batch.gaps(x).amax(0))


def breakpoints(batch: Batch) -> Tensor:
    """Shares of the box in [0, 1] where f or g of any pair with one input has a kink, and the ends.

    f − g is linear between neighbours, so its largest value is at one of them.
    """
    share = torch.tensor([0.0, 1.0], dtype=torch.float64)
    for network in (batch.f, batch.g):
        for i, module in enumerate(network):
            if isinstance(module, nn.ReLU):
                x = batch.lo + share[:, None, None, None] * (batch.hi - batch.lo)
                a, b = (z := network[:i](x).flatten(1))[:-1], z[1:]
                step, _ = torch.nonzero(a * b < 0, as_tuple=True)
                cross = (a / (a - b))[a * b < 0]
                share = torch.cat([share, share[step] + cross * (share[1:] - share[:-1])[step]])
                share = share.unique()
    return share


def zoomed(batch: Batch, side: int = 33, rounds: int = 4) -> Tensor:
    """A grid over the box of two inputs, then finer grids about the best point of every pair."""
    line = torch.linspace(0, 1, side, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    lo, hi = (end.view(batch.count, 2) for end in (batch.lo, batch.hi))
    least, most, best = lo, hi, lo.new_zeros(batch.count)
    for _ in range(rounds):
        x = least + grid[:, None] * (most - least)
        value, at = batch.gaps(x.view(len(grid), -1, 1, 1)).max(0)
        best = torch.maximum(best, value)
        centre, reach = x[at, torch.arange(batch.count)], 2 * (most - least) / (side - 1)
        least, most = torch.maximum(centre - reach, lo), torch.minimum(centre + reach, hi)
    return best


def bounds(batch: Batch, rounds: int, narrow: bool) -> dict[str, Tensor]:
    """Every bound of every pair by name, (count,), `closed_form` the same for all.

    rounds: how often each open node of each objective is taken: 2^rounds − 1 subproblems, of which
    the first alone is `lagrangian`. narrow: whether ranges inside are narrowed.
    """
    _, (f, g), box = prepare(batch.f, batch.g, (batch.lo, batch.hi), tuple(batch.lo.shape))
    with one_thread():
        first, second = propagate(f, box), propagate(g, box)
        error = evaluation_error(f, first) + evaluation_error(g, second)
        apart = first[-1].hi - second[-1].lo, second[-1].hi - first[-1].lo
        known = narrowed(f, g, box, 8 * narrow)
        dual = build(f, g, known.places, 2, known.before, [_blocks(layer) for layer in f])
        assert dual is not None
        last = dual.ranges[-1]
        ends = torch.cat([last.delta.hi.flatten(), -last.delta.lo.flatten()])
        tree = Tree(dual, (f, g), Bounds(ends, box.lo.new_zeros(0, *box.lo.shape)))
        grow(tree, 1)
        linear = tree.result()
        grow(tree, rounds - 1)
        sizes = {
            "separate": torch.maximum(*apart),
            "differential": differential(f, g, box)[-1].delta.size,
            "crown": crown(f, g, box, 10 * narrow).view(error.shape),
            "lagrangian": size(linear, last, False),
            "branching": size(tree.result(), last, False),
        }
        sizes = {name: (value + error).flatten() for name, value in sizes.items()}
        norms = closed_form(f, g, float(box.size.max())) + float(error.max())
    return sizes | {"closed_form": torch.full((batch.count,), norms, dtype=torch.float64)}


def _blocks(layer: Layer, most: int = 2) -> Blocks:
    """`blocks.blocks` without what other pairs read."""
    read, entries = fields(layer)
    kept = (layer.plus.flatten(1) != 0).int()
    columns = kept.argsort(dim=1, descending=True, stable=True)[:, : int(kept.sum(1).max())]
    columns = columns.repeat_interleave(len(read) // len(kept), 0)
    absent = math.prod(layer.geometry.in_shape)
    parts = [
        torch.cat([part.gather(1, columns), part.new_full((1, columns.shape[1]), end)])
        for part, end in ((read, absent), (entries, -1))
    ]
    outputs = _tiles(layer, most)
    return share(outputs, *(part[outputs] for part in parts), absent)  # type: ignore[call-arg, arg-type]


def grow(tree: Tree, rounds: int) -> None:
    """Take every open node of the tree ``rounds`` times, whichever has the largest bound."""
    for _ in range(rounds):
        nodes = [node for *_, node in tree.heap]
        tree.heap = []
        for leaf in (node for node in nodes if node.leaf):
            tree.push(leaf)
        if whole := [node for node in nodes if not node.leaf]:
            (tree.take_up if whole[0].split is None else tree.divide)(whole)


def check(found: dict[str, Tensor], value: Tensor, label: str) -> None:
    """Assert that no pair reaches more than any one of its bounds."""
    for name, bound in found.items():
        below = torch.nonzero(~(value <= bound)).flatten().tolist()
        assert not below, (
            f"{label}: pair {below[0]} reaches {float(value[below[0]]):.17g}, "
            f"{name} is {float(bound[below[0]]):.17g}"
        )
