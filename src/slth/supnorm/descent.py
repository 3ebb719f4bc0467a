"""Search for multipliers of the Lagrangian dual: a subgradient method with Adam's steps.

The compiled passes only look for multipliers. Every bound comes from `Dual.value`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slth.checks import FloatArray
from slth.supnorm import descent_kernels as kernels
from slth.supnorm.dual import Affine, Dual, Value
from slth.supnorm.stage import Multipliers, Stage

_RATE = 0.1  # first step on the multipliers, relative to their scales
_LAST = 0.05  # the last step, relative to the first


@dataclass
class Descent:
    """Multipliers of a batch of T objectives c (T, N, 2), improved by `run`.

    allowed: patterns of phases, stage by stage, (T, G, P) or (G, P). scales: what `Dual.scales`
    gives.
    """

    dual: Dual
    c: Tensor
    allowed: list[Tensor]
    theta: list[Multipliers]
    scales: list[Tensor]

    def run(self, steps: int, rate: float = _RATE) -> Value:
        """Take ``steps`` steps; theta is left at the best point of each objective."""
        value = self._value(self.theta)
        if not steps or not self.theta:
            return value
        found = Chain(self.dual, self.c, self.allowed, self.theta, self.scales).search(steps, rate)
        return self._least(value, self._value(found), found)

    def _value(self, theta: Sequence[Multipliers]) -> Value:
        with torch.no_grad():
            return self.dual.value(self.c, theta, self.allowed, self.scales)

    def _least(self, old: Value, new: Value, found: Sequence[Multipliers]) -> Value:
        """The lesser value of each objective; theta follows."""
        better = new.safe < old.safe

        def choose(a: Tensor, b: Tensor) -> Tensor:
            return torch.where(better.view(-1, *[1] * (a.ndim - 1)), a, b)

        self.theta = [
            Multipliers(choose(a.share, b.share), choose(a.phase, b.phase))
            for a, b in zip(found, self.theta, strict=True)
        ]
        return Value(
            choose(new.total, old.total),
            choose(new.slack, old.slack),
            choose(new.form, old.form),
            [choose(a, b) for a, b in zip(new.patterns, old.patterns, strict=True)],
            [choose(a, b) for a, b in zip(new.influence, old.influence, strict=True)],
        )


@dataclass(frozen=True)
class Kinds:
    """A dual that is several, ``count``, side by side: which one each of its parts belongs to.

    of_part: of every link, the kind of its blocks, or of its rows where it has no ReLU.
    of_input: the kind of the input's entries.
    """

    of_part: Sequence[Tensor]
    of_input: Tensor
    count: int


def one_kind(dual: Dual) -> Kinds:
    """A dual that is one."""
    zeros = [
        torch.zeros(len(link.blocks.outputs) if isinstance(link, Stage) else link.rows).long()
        for link in dual.links
    ]
    return Kinds(zeros, torch.zeros(len(dual.links[0].whole.lo)).long(), 1)


class Chain:
    """The links of a dual as arrays, and what one pass of T objectives writes into."""

    def __init__(
        self,
        dual: Dual,
        c: Tensor,
        allowed: Sequence[Tensor],
        theta: Sequence[Multipliers],
        scales: Sequence[Tensor],
        kinds: Kinds | None = None,
    ) -> None:
        self.kinds = kinds or one_kind(dual)
        self.links = list(zip(dual.links, self.kinds.of_part, strict=True))
        self.fixed = np.zeros((len(c), self.kinds.count))
        while isinstance(link := self.links[-1][0], Affine):  # behind the last ReLU, c is fixed
            c = self._affine(link, self.links.pop()[1], c, self.fixed)
        self.c = _padded(c)
        own = [part.numpy() for link, part in self.links if isinstance(link, Stage)]
        self.steps = [
            Arrays(*parts, len(c))
            for parts in zip(dual.stages, own, allowed, theta, scales, strict=True)
        ]
        whole = dual.links[0].whole
        self.front = (
            _turned(whole.lo),
            _turned(whole.hi),
            whole.signed,
            _array(self.kinds.of_input),
        )

    def search(self, steps: int, rate: float = _RATE) -> list[Multipliers]:
        """The best multipliers met in ``steps`` steps, objective by objective and kind by kind."""
        best = np.full_like(self.fixed, np.inf)
        for step, size in enumerate(np.geomspace(rate, rate * _LAST, steps)):
            total = self.value(slopes=True)
            self._keep(total, best)
            factor = 1 / np.maximum(np.abs(total), 1e-300)
            for part in self.steps:
                part.move(factor, step + 1, float(size))
        self._keep(self.value(slopes=False), best)
        return [part.kept() for part in self.steps]

    def value(self, slopes: bool) -> FloatArray:
        """Values, (T, K); with ``slopes`` the subgradients are left in the steps."""
        total, c, at = self.fixed.copy(), self.c, len(self.steps)
        for link, part in reversed(self.links):
            if isinstance(link, Affine):
                c = _padded(self._affine(link, part, torch.from_numpy(c[:, :-1]), total))
            else:
                at -= 1
                c = self.steps[at].backward(c, total)
        v = np.zeros_like(c)
        kernels.front(c, *self.front, total, v)
        for link, _ in self.links if slopes else ():
            if isinstance(link, Affine):
                v = _padded(link.ahead(torch.from_numpy(v[:, :-1])))
            else:
                v = self.steps[at].forward(v)
                at += 1
        return total

    def _affine(self, link: Affine, part: Tensor, c: Tensor, total: FloatArray) -> Tensor:
        """Objectives of the inputs of a link without ReLU; its biases are added to total."""
        torch.from_numpy(total).index_add_(1, part, (c * link.shifts()).sum(-1))
        return link.back(c)[0]

    def _keep(self, total: FloatArray, best: FloatArray) -> None:
        better = total < best
        best[better] = total[better]
        for part in self.steps:
            part.keep(better)


class Arrays:
    """A stage as the kernels read it, multipliers of T objectives, slopes and moments."""

    def __init__(
        self,
        stage: Stage,
        part: Any,
        allowed: Tensor,
        theta: Multipliers,
        scale: Tensor,
        count: int,
    ) -> None:
        blocks, self.part = stage.blocks, part
        groups, width = blocks.inputs.shape
        low, high = (_array(end[..., 1]) for end in (stage.lo, stage.hi))
        self.sizes = (float(stage.cut), low, high)
        self.signed, self.below = stage.whole.signed, len(stage.whole.lo)
        tables = (blocks.outputs, blocks.inputs)
        rows = (_turned(stage.z), _turned(stage.delta))
        own = (stage.shift, stage.phases, stage.active, stage.mixed)
        box = (_turned(stage.box.lo[:, 0]), _turned(stage.box.hi[:, 0]))
        self.stage = (*map(_array, tables), *rows, *map(_array, own), *box, _array(stage.edges()))
        shape = (count, groups, len(stage.phases))
        self.allowed = np.ascontiguousarray(np.broadcast_to(allowed.numpy(), shape))
        share = scale * stage.unit()
        phase = scale[..., None] * stage.phase_unit()
        self.units = (_turned(share), _array(phase.expand_as(theta.phase)))
        self.now = tuple(
            unit * part
            for unit, part in zip(
                self.units, (_turned(theta.share), _array(theta.phase)), strict=True
            )
        )
        self.least = tuple(part.copy() for part in self.now)
        self.slopes = tuple(np.zeros_like(part) for part in self.now)
        self.moments = tuple(np.zeros((2, *part.shape)) for part in self.now)
        self.best = np.zeros((count, groups), dtype=np.int64)
        self.u = np.zeros((count, groups, 2, width))
        self.c = np.zeros((count, 1, 2))

    def backward(self, c: FloatArray, total: FloatArray) -> FloatArray:
        """Objectives of the inputs, (T, M + 1, 2), from those of the outputs; adds to total."""
        self.c, below = c, np.zeros((len(c), self.below + 1, 2))
        kernels.backward(
            c,
            *self.now,
            self.allowed,
            self.stage,
            self.sizes,
            self.signed,
            self.part,
            total,
            below,
            self.best,
            self.u,
        )
        below[:, -1] = 0.0
        return below

    def forward(self, v: FloatArray) -> FloatArray:
        """Values of the outputs, (T, N + 1, 2), from those of the inputs; leaves the slopes."""
        y = np.zeros_like(self.c)
        kernels.forward(
            self.c, self.now[1], v, self.stage, self.sizes, self.best, self.u, *self.slopes, y
        )
        y[:, -1] = 0.0
        return y

    def move(self, factor: FloatArray, step: int, rate: float) -> None:
        """One step of Adam, slopes times factor (T, K); multipliers of z stay ≥ 0."""
        own = factor[:, self.part]
        for x, slope, unit, moments in zip(
            self.now, self.slopes, self.units, self.moments, strict=True
        ):
            flat = [part.reshape(*own.shape, -1) for part in (x, slope, unit, *moments)]
            kernels.adam(*flat, own, step, rate)
        np.maximum(self.now[1][..., :2], 0.0, out=self.now[1][..., :2])

    def keep(self, better: Any) -> None:
        """Remember the multipliers of the objectives and kinds where ``better``, (T, K)."""
        own = better[:, self.part]
        for least, now in zip(self.least, self.now, strict=True):
            least[own] = now[own]

    def kept(self) -> Multipliers:
        """The multipliers remembered, relative to their scales."""
        share, phase = (
            np.divide(part, unit, out=np.zeros_like(part), where=unit > 0)
            for part, unit in zip(self.least, self.units, strict=True)
        )
        turned = np.ascontiguousarray(np.swapaxes(share, -1, -2))
        return Multipliers(torch.from_numpy(turned), torch.from_numpy(phase))


def _array(x: Tensor) -> Any:
    return np.ascontiguousarray(x.numpy())


def _turned(x: Tensor) -> FloatArray:
    """(…, p, 2) → (…, 2, p)."""
    return _array(x.transpose(-1, -2))


def _padded(c: Tensor) -> FloatArray:
    """(T, N, 2) with a row of zeros, which absent outputs read."""
    return torch.cat([c, c.new_zeros(len(c), 1, 2)], 1).numpy()
