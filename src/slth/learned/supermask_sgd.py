"""Supermasks: a probability a unit, a coin a step, gradients straight through the coin."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth import checks, seeding
from slth.learned.base import Method
from slth.learned.choice import SCOPES, choose, straight_through
from slth.learned.task import Task
from slth.learned.units import Tensors


@dataclass(frozen=True)
class SupermaskSGD(Method):
    """keep ~ Bernoulli(σ(m)), ∂keep/∂σ(m) := 1; kept weights times N / |keep| a layer.

    That factor is the paper's dynamic weight rescaling. ours: the probabilities start at the kept
    fraction, a penalty ``hold`` · Σ_layers (mean σ(m) / κ − 1)² holds them there, and the mask is
    the most probable units, where the paper's kept fraction is whatever comes out; Adam; filters
    as units. scope: "layer" keeps the same share of every layer, "network" of the whole (edges).
    """

    hold: float = 1.0
    scope: str = "layer"

    name: ClassVar[str] = "supermask_sgd"
    weights: ClassVar[str] = "source"
    source: ClassVar[str] = "Zhou, Lan, Liu, Yosinski (NeurIPS 2019)"
    learning_rate: ClassVar[float] = 0.1

    def __post_init__(self) -> None:
        """Refuse a negative penalty and an unknown scope."""
        if checks.real("hold", self.hold) < 0:
            raise ValueError(f"hold: got {self.hold!r}, takes a number >= 0")
        checks.choice("scope", self.scope, SCOPES)

    def search(self, task: Task) -> tuple[Tensors, Tensors]:
        share = {n: task.counts[n] / size.numel() for n, size in task.units.sizes.items()}
        logits = {n: _start(task, n, share[n]) for n in share}
        fixed = {name: task.source(name) for name in task.units.shapes}
        coins = torch.Generator().manual_seed(seeding.child(task.seed, "supermask coins"))

        def weights() -> Tensors:
            soft = {n: m.sigmoid() for n, m in logits.items()}
            kept = {n: straight_through(_toss(p, coins), p) for n, p in soft.items()}
            factors = task.units.spread({n: b * _rescale(b) for n, b in kept.items()})
            return {n: w * factors[n] if n in factors else w for n, w in fixed.items()}

        def hold() -> Tensor:
            off = [m.sigmoid().mean() / share[n] - 1 for n, m in logits.items()]
            return self.hold * torch.stack(off).square().sum()

        task.descend(list(logits.values()), weights, task.learning_rate, penalty=hold)
        return choose(logits, task.counts, self.scope), self.untouched(task)

    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        scale = {n: mask.numel() / max(int(mask.sum()), 1) for n, mask in keep.items()}
        return None, scale


def _start(task: Task, name: str, share: float) -> Tensor:
    """Logits about logit(share); a little noise, so that no two units tie."""
    middle = math.log(share / (1 - share)) if share < 1 else 6.0
    noise = task.draw("logits", name).normal(0.0, 0.01, tuple(task.units.sizes[name]))
    return task.tensor(middle + noise).requires_grad_(True)


def _toss(p: Tensor, coins: torch.Generator) -> Tensor:
    """A Bernoulli draw of each probability; drawn on the CPU, so alike on every device."""
    return torch.rand(p.shape, generator=coins).to(p.device) < p.detach()


def _rescale(kept: Tensor) -> Tensor:
    return kept.numel() / kept.detach().sum().clamp(min=1)
