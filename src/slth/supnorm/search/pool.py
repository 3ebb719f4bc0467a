"""Inputs where two networks are far apart: candidates, ascent, coordinate search, shakes."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from slth.supnorm.bounds.one_layer import difference
from slth.supnorm.layers import Layers, forward
from slth.supnorm.ranges import Range
from slth.supnorm.search.objectives import rows, targets

TARGETS = 24  # (output, sign) pairs that gradient ascent aims at
_FLIPS = 128  # coordinates tried in one sweep of flips
_SWEEPS = 8
_COPIES = 4  # of an input that is shaken
_SHAKEN = 0.15  # share of the entries that a shake draws anew
_TOGETHER = 2**24  # float64 entries of an activation at once: 128 MiB


class Allowance:
    """Multiplications that the coordinate search may still do: it is the dear part of the search.

    Every entry that is tried costs a forward pass of both networks, so that without a limit deep
    wide networks would take minutes for little; gradient ascent costs the same at any size.
    """

    def __init__(self, products: int) -> None:
        self.products = products

    def take(self, products: int) -> bool:
        """Whether there were so many left, which they then no longer are."""
        self.products -= products
        return self.products >= 0


@dataclass(frozen=True)
class Search:
    """Candidates for two comparable networks over one box."""

    f: Layers
    g: Layers
    box: Range
    rng: np.random.Generator
    allowance: Allowance

    @classmethod
    def of(
        cls,
        layers: tuple[Layers, Layers],
        box: Range,
        rng: np.random.Generator,
        products: int,
        where: torch.device,
    ) -> "Search":
        """The search with its networks and its box on a device."""
        f, g = ([layer.to(where) for layer in network] for network in layers)
        return cls(f, g, box.to(where), rng, Allowance(products))

    def there(self, drawn: npt.NDArray[Any]) -> Tensor:
        """What the CPU's generator drew, on the device of the box."""
        return torch.from_numpy(drawn).to(self.box.lo.device)

    def gap(self, x: Tensor) -> Tensor:
        """f(x) − g(x) of the canonical forms: (batch, outputs)."""
        few = max(1, _TOGETHER // self.widest())
        parts = [forward(self.f, part) - forward(self.g, part) for part in x.split(few)]
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def widest(self) -> int:
        """Entries of the largest activation of one input."""
        shapes = [self.box.lo.shape, *(layer.geometry.out_shape for layer in self.f)]
        return max(map(math.prod, shapes))

    def products(self) -> int:
        """Multiplications of one input's forward pass through both networks."""
        return sum(layer.products for network in (self.f, self.g) for layer in network)

    def score(self, x: Tensor) -> Tensor:
        """‖f(x) − g(x)‖_max: (batch,)."""
        return self.gap(x).abs().amax(1)

    def random(self, count: int) -> Tensor:
        """Corners, points with entries in {lo, 0, hi} and uniform points, in turn."""
        shape = (count, *self.box.lo.shape)
        lo, hi, zero = self.box.lo, self.box.hi, self.zero()
        level = self.there(self.rng.integers(0, 3, shape))
        share = self.there(self.rng.random(shape))
        kind = torch.arange(count, device=lo.device).view(-1, *[1] * lo.ndim) % 4
        corner = torch.where(share < 0.5, lo, hi)
        mixed = torch.where(level == 0, lo, torch.where(level == 1, zero, hi))
        inside = (lo + share * (hi - lo)).clamp(lo, hi)
        return torch.where(kind == 0, inside, torch.where(kind == 1, mixed, corner))

    def fixed(self) -> Tensor:
        """Both constant corners, the point nearest 0 and the centre."""
        lo, hi = self.box.lo, self.box.hi
        return torch.stack([lo, hi, self.zero(), (lo / 2 + hi / 2).clamp(lo, hi)])

    def zero(self) -> Tensor:
        """Nearest point of the box to 0."""
        return torch.zeros_like(self.box.lo).clamp(self.box.lo, self.box.hi)

    def guided(self, repeats: int) -> Tensor:
        """Inputs that maximise one entry of ±(f_1 − g_1) exactly; entries it ignores are random."""
        first, second = self.f[0], self.g[0]
        units, signs = targets(difference(first, second, self.box), TARGETS)
        plus, minus = rows(first, second, units, self.box.lo.shape)
        # s (E⁺ x⁺ − E⁻ x⁻) is piecewise linear in each entry: its maximum is at lo, 0 or hi
        side = signs.view(-1, *[1] * self.box.lo.ndim)
        levels = torch.stack([self.box.lo, self.zero(), self.box.hi])[:, None]
        values = side * (plus * levels.clamp(min=0) + minus * levels.clamp(max=0))
        best = torch.take_along_dim(levels, values.argmax(0, keepdim=True), 0)[0]
        ignored = ((plus == 0) & (minus == 0)).repeat(repeats, *[1] * self.box.lo.ndim)
        best = best.repeat(repeats, *[1] * self.box.lo.ndim)
        return torch.where(ignored, self.random(len(best)), best)

    def ascend(self, starts: Tensor, units: Tensor, signs: Tensor, steps: int) -> Tensor:
        """Projected sign-gradient ascent on sign · (f − g)[unit]; the best point of each path."""
        lo, hi, x = self.box.lo, self.box.hi, starts
        best, value = starts, self.score(starts)
        for rate in np.geomspace(1.0, 0.02, max(steps, 1))[:steps]:
            x = x.detach().requires_grad_()
            aimed = self.gap(x).gather(1, units[:, None])[:, 0]
            (slope,) = torch.autograd.grad((signs * aimed).sum(), x)
            x = (x.detach() + rate * (hi - lo) * slope.sign()).clamp(lo, hi)
            reached = self.score(x)
            better = reached > value
            value = torch.where(better, reached, value)
            best = torch.where(better.view(-1, *[1] * lo.ndim), x, best)
        return best

    def climb(self, pool: Tensor, count: int, steps: int) -> Tensor:
        """Ascent from the best inputs of the pool, each at its own largest output."""
        best = pool[self.score(pool).topk(min(count, len(pool))).indices]
        gap = self.gap(best)
        units = gap.abs().argmax(1)
        return self.ascend(best, units, gap.gather(1, units[:, None])[:, 0].sign(), steps)

    def polish(self, pool: Tensor, count: int) -> Tensor:
        """The pool and what coordinate search makes of its ``count`` best inputs."""
        finest = pool[self.score(pool).topk(min(count, len(pool))).indices]
        return torch.cat([pool, *(self.flip(x)[None] for x in finest)])

    def hop(self, pool: Tensor, hops: int, count: int, steps: int) -> Tensor:
        """The pool and what is found from its best inputs with some entries drawn anew."""
        scores = self.score(pool)  # each input's once: the pool may be far larger than a hop
        for _ in range(hops):
            best = pool[scores.topk(min(count, len(pool))).indices]
            best = best.repeat_interleave(_COPIES, 0)
            moved = self.there(self.rng.random(best.shape)) < _SHAKEN
            shaken = torch.where(moved, self.random(len(best)), best)
            climbed = self.climb(shaken, len(shaken), steps)
            found = self.polish(torch.cat([shaken, climbed]), count)
            pool, scores = torch.cat([pool, found]), torch.cat([scores, self.score(found)])
        return pool

    def flip(self, x: Tensor) -> Tensor:
        """Coordinate search from one input: each entry to lo, 0 or hi while that helps."""
        levels = torch.stack([self.box.lo, self.zero(), self.box.hi]).flatten(1)
        value, each = self.score(x[None])[0], self.products()
        for _ in range(_SWEEPS):
            entries = self.there(self.rng.permutation(x.numel())[:_FLIPS].copy())
            level, place = torch.nonzero(levels[:, entries] != x.flatten()[entries], as_tuple=True)
            if not len(place) or not self.allowance.take(each * len(place)):
                return x
            tries = x.flatten().repeat(len(place), 1)
            tries[torch.arange(len(place), device=x.device), entries[place]] = levels[
                level, entries[place]
            ]
            scores = torch.full((3, len(entries)), -torch.inf, dtype=x.dtype, device=x.device)
            scores[level, place] = self.score(tries.view(-1, *x.shape))
            top, best = scores.max(0)
            helps = top > value
            if not bool(helps.any()):
                return x
            moved = levels[best, entries]
            joint, single = x.flatten().clone(), x.flatten().clone()
            joint[entries[helps]] = moved[helps]
            single[entries[top.argmax()]] = moved[top.argmax()]
            both = torch.stack([joint, single]).reshape(2, *x.shape)
            reached = self.score(both)
            x, value = both[reached.argmax()], reached.max()
        return x
