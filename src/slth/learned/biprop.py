"""Biprop: edge-popup scores over binary weights, with one learned scale a layer."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth.learned.base import Method
from slth.learned.choice import choose, straight_through
from slth.learned.edge_popup import initial_scores
from slth.learned.task import Task
from slth.learned.units import Tensors


@dataclass(frozen=True)
class Biprop(Method):
    """Weights α·sign(w) where kept, α = ‖w ⊙ keep‖₁ / ‖keep‖₁ a layer, recomputed at every step.

    The scale is learned through the mask alone; the random weights are read for their signs and
    sizes and never changed. ours: Adam in place of SGD with momentum, and filters as units.
    """

    name: ClassVar[str] = "biprop"
    weights: ClassVar[str] = "sign"
    source: ClassVar[str] = "Diffenderfer, Kailkhura (ICLR 2021)"
    learning_rate: ClassVar[float] = 0.01

    def search(self, task: Task) -> tuple[Tensors, Tensors]:
        scores = initial_scores(task)
        counts = task.counts
        fixed = {name: task.source(name) for name in task.units.shapes}
        signs = {name: w.sign() for name, w in fixed.items()}

        def weights() -> Tensors:
            size = {n: s.abs() for n, s in scores.items()}
            chosen = choose(size, counts)
            soft = task.units.spread({n: straight_through(chosen[n], size[n]) for n in size})
            hard = task.units.spread(chosen)
            return {
                n: soft[n] * (gain(w, hard[n]) * signs[n])
                if n in soft
                else gain(w, torch.ones_like(w)) * signs[n]
                for n, w in fixed.items()
            }

        task.descend(list(scores.values()), weights, task.learning_rate)
        return choose({n: s.abs() for n, s in scores.items()}, counts), self.untouched(task)

    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        return None, {n: float(gain(w.double().cpu(), keep[n].cpu())) for n, w in start.items()}


def gain(weight: Tensor, mask: Tensor) -> Tensor:
    """α = mean of |w| over the kept weights; mask broadcasts to the weight."""
    kept = mask.to(weight.dtype).expand_as(weight)
    return (weight.abs() * kept).sum() / kept.sum()
