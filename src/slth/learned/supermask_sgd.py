"""Supermasks: a probability a unit, a coin a step, gradients straight through the coin."""

import itertools
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth import checks, seeding
from slth.learned.base import Method
from slth.learned.choice import SCOPES, choose, straight_through
from slth.learned.task import Task
from slth.learned.units import Tensors

SETTLED = 2 / 3  # share of the steps after which the kept fraction is held where it must end


@dataclass(frozen=True)
class SupermaskSGD(Method):
    """keep ~ Bernoulli(σ(m)), ∂keep/∂σ(m) := 1; kept weights times (N / |keep|)^rescale a layer.

    The paper's dynamic weight rescaling is rescale = 1; ½ keeps the variance of a layer's sums, and
    below a fifth kept it is far better. The probabilities start at ½ as in the paper, where the
    kept fraction is whatever comes out. ours: a penalty ``hold`` · Σ_layers (mean σ(m) / κ_t − 1)²,
    κ_t falling geometrically to the kept fraction over ⅔ of the steps, and the mask is the most
    probable units; Adam; filters as units. scope: "layer" keeps the same share of every layer,
    "network" of the whole (edges).
    """

    rescale: float = 0.5
    hold: float = 10.0
    scope: str = "layer"

    name: ClassVar[str] = "supermask_sgd"
    weights: ClassVar[str] = "source"
    source: ClassVar[str] = "Zhou, Lan, Liu, Yosinski (NeurIPS 2019)"
    learning_rate: ClassVar[float] = 0.3

    def __post_init__(self) -> None:
        """Refuse a negative exponent or penalty and an unknown scope."""
        for name, value in (("rescale", self.rescale), ("hold", self.hold)):
            if checks.real(name, value) < 0:
                raise ValueError(f"{name}: got {value!r}, takes a number >= 0")
        checks.choice("scope", self.scope, SCOPES)

    def search(self, task: Task) -> tuple[Tensors, Tensors]:
        share = {n: task.counts[n] / size.numel() for n, size in task.units.sizes.items()}
        logits = {n: _start(task, n) for n in share}
        steps = SETTLED * task.epochs * -(-len(task.images) // task.batch_size)
        clock = itertools.count(1)
        fixed = {name: task.source(name) for name in task.units.shapes}
        coins = torch.Generator().manual_seed(seeding.child(task.seed, "supermask coins"))

        def weights() -> Tensors:
            soft = {n: m.sigmoid() for n, m in logits.items()}
            kept = {n: straight_through(_toss(p, coins), p) for n, p in soft.items()}
            factors = task.units.spread({n: b * _ratio(b) ** self.rescale for n, b in kept.items()})
            return {n: w * factors[n] if n in factors else w for n, w in fixed.items()}

        def hold() -> Tensor:
            t = min(1.0, next(clock) / steps)
            off = [m.sigmoid().mean() / (0.5 ** (1 - t) * share[n] ** t) for n, m in logits.items()]
            return self.hold * (torch.stack(off) - 1).square().sum()

        task.descend(list(logits.values()), weights, task.learning_rate, penalty=hold)
        return choose(logits, task.counts, self.scope), self.untouched(task)

    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        shares = {n: float(_ratio(mask.double())) for n, mask in keep.items()}
        return None, {n: share**self.rescale for n, share in shares.items()}


def _start(task: Task, name: str) -> Tensor:
    """Logits about 0; a little noise, so that no two units tie."""
    noise = task.draw("logits", name).normal(0.0, 0.01, tuple(task.units.sizes[name]))
    return task.tensor(noise).requires_grad_(True)


def _toss(p: Tensor, coins: torch.Generator) -> Tensor:
    """A Bernoulli draw of each probability; drawn on the CPU, so alike on every device."""
    return torch.rand(p.shape, generator=coins).to(p.device) < p.detach()


def _ratio(kept: Tensor) -> Tensor:
    """N / |keep|, all units over those kept."""
    return kept.numel() / kept.detach().sum().clamp(min=1)
