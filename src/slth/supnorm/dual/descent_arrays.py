"""One stage of the dual as the compiled passes read it."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from slth.checks import FloatArray
from slth.supnorm.dual import descent_kernels as kernels
from slth.supnorm.dual.stage import Allowed, Multipliers, Stage


class Arrays:
    """A stage as the kernels read it, multipliers of T objectives, slopes and moments."""

    def __init__(
        self,
        stage: Stage,
        part: Any,
        allowed: Allowed,
        theta: Multipliers,
        scale: Tensor,
        count: int,
    ) -> None:
        blocks, self.part = stage.blocks, part
        groups, width = blocks.inputs.shape
        low, high = (array(end[..., 1]) for end in (stage.lo, stage.hi))
        self.sizes = (float(stage.cut), low, high)
        self.signed, self.below = stage.whole.signed, len(stage.whole.lo)
        tables = (blocks.outputs, blocks.inputs)
        rows = (turned(stage.z), turned(stage.delta))
        own = (stage.shift, stage.phases, stage.active, stage.mixed)
        box = (turned(stage.box.lo[:, 0]), turned(stage.box.hi[:, 0]))
        ends = (stage.edges(), stage.above, stage.below)
        self.stage = (*map(array, tables), *rows, *map(array, own), *box, *map(array, ends))
        self.allowed, self.fixed = (
            np.array(np.broadcast_to(part.numpy(), (count, *part.shape[-2:])), order="C")
            for part in (allowed.patterns, allowed.fixed)
        )
        share = scale * stage.unit()
        phase = scale[..., None] * stage.phase_unit()
        self.units = (turned(share), array(phase.expand_as(theta.phase)))
        self.now = tuple(
            unit * part
            for unit, part in zip(
                self.units, (turned(theta.share), array(theta.phase)), strict=True
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
            self.fixed,
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
        own = (self.fixed, self.stage, self.sizes, self.best, self.u)
        kernels.forward(self.c, self.now[1], v, *own, *self.slopes, y)
        y[:, -1] = 0.0
        return y

    def move(self, factor: FloatArray, step: int, rate: float) -> None:
        """One step of Adam, slopes times factor (T, K); multipliers of z stay ≥ 0."""
        own = np.ascontiguousarray(factor[:, self.part])
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


def array(x: Tensor) -> Any:
    """The entries, in C order."""
    return np.ascontiguousarray(x.numpy())


def turned(x: Tensor) -> FloatArray:
    """(…, p, 2) → (…, 2, p)."""
    return array(x.transpose(-1, -2))


def padded(c: Tensor) -> FloatArray:
    """(T, N, 2) with a row of zeros, which absent outputs read."""
    return torch.cat([c, c.new_zeros(len(c), 1, 2)], 1).numpy()
