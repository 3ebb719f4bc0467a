"""Search for multipliers of the Lagrangian dual: a subgradient method with Adam's steps.

The compiled passes only look for multipliers. Every bound comes from `Dual.value`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from slth.checks import FloatArray
from slth.supnorm.dual import descent_kernels as kernels
from slth.supnorm.dual.descent_arrays import Arrays, array, padded, turned
from slth.supnorm.dual.relaxation import Affine, Dual, Value
from slth.supnorm.dual.stage import LEAST, Allowed, Multipliers, Stage

_RATE = 0.1  # first step on the multipliers, relative to their scales
_LAST = 0.05  # the last step, relative to the first


@dataclass
class Descent:
    """Multipliers of a batch of T objectives c (T, N, 2), improved by `run`.

    allowed: phases, stage by stage, objective by objective or for all. scales: what `Dual.scales`
    gives.
    """

    dual: Dual
    c: Tensor
    allowed: list[Allowed]
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
            [choose(a, b) for a, b in zip(new.read, old.read, strict=True)],
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
        allowed: Sequence[Allowed],
        theta: Sequence[Multipliers],
        scales: Sequence[Tensor],
        kinds: Kinds | None = None,
    ) -> None:
        self.kinds = kinds or one_kind(dual)
        self.links = list(zip(dual.links, self.kinds.of_part, strict=True))
        self.fixed = np.zeros((len(c), self.kinds.count))
        while isinstance(link := self.links[-1][0], Affine):  # behind the last ReLU, c is fixed
            c = self._affine(link, self.links.pop()[1], c, self.fixed)
        self.c = padded(c)
        own = [part.numpy() for link, part in self.links if isinstance(link, Stage)]
        self.steps = [
            Arrays(*parts, len(c))
            for parts in zip(dual.stages, own, allowed, theta, scales, strict=True)
        ]
        whole = dual.links[0].whole
        self.front = (
            turned(whole.lo),
            turned(whole.hi),
            whole.signed,
            array(self.kinds.of_input),
        )

    def search(self, steps: int, rate: float = _RATE) -> list[Multipliers]:
        """The best multipliers met in ``steps`` steps, objective by objective and kind by kind."""
        best = np.full_like(self.fixed, np.inf)
        for step, size in enumerate(np.geomspace(rate, rate * _LAST, steps)):
            total = self.value(slopes=True)
            self._keep(total, best)
            factor = 1 / np.maximum(np.abs(total), LEAST)
            for part in self.steps:
                part.move(factor, step + 1, float(size))
        self._keep(self.value(slopes=False), best)
        return [part.kept() for part in self.steps]

    def value(self, slopes: bool) -> FloatArray:
        """Values, (T, K); with ``slopes`` the subgradients are left in the steps."""
        total, c, at = self.fixed.copy(), self.c, len(self.steps)
        for link, part in reversed(self.links):
            if isinstance(link, Affine):
                c = padded(self._affine(link, part, torch.from_numpy(c[:, :-1]), total))
            else:
                at -= 1
                c = self.steps[at].backward(c, total)
        v = np.zeros_like(c)
        kernels.front(c, *self.front, total, v)
        for link, _ in self.links if slopes else ():
            if isinstance(link, Affine):
                v = padded(link.ahead(torch.from_numpy(v[:, :-1])))
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
