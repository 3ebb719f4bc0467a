"""Train, prune the smallest, rewind: once or in rounds, to the start or to early weights."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from slth import checks
from slth.learned.base import Method
from slth.learned.choice import SCOPES, choose
from slth.learned.task import Task
from slth.learned.units import Tensors


@dataclass(frozen=True)
class Magnitude(Method):
    """Lottery tickets: round r of R trains, then keeps the share κ^{r/R} of largest weights.

    rounds: 1 is one-shot pruning, more is iterative magnitude pruning (IMP). rewind: epochs of
    the first training after which the weights are those that every round returns to; 0 is the
    initialisation, a few are early weights (Frankle, Dziugaite, Roy, Carbin 2020), and the epochs
    of the training itself is fine-tuning without a rewind. scope: as many of each layer, or of the
    network (edges). Filters are ranked by their ℓ1 norm over √(fan-in).
    Cost: rounds + 1 trainings.
    """

    rounds: int = 1
    rewind: int = 0
    scope: str = "layer"

    name: ClassVar[str] = "magnitude"
    weights: ClassVar[str] = "trained"
    source: ClassVar[str] = "Frankle, Carbin (ICLR 2019)"
    learning_rate: ClassVar[float] = 0.01

    def __post_init__(self) -> None:
        """Refuse counts that are not integers and an unknown scope."""
        checks.integer("rounds", self.rounds, low=1)
        checks.integer("rewind", self.rewind, low=0)
        checks.choice("scope", self.scope, SCOPES)

    def search(self, task: Task) -> tuple[Tensors, Tensors]:
        if self.rewind > task.epochs:
            raise ValueError(f"rewind: got {self.rewind}, takes at most epochs = {task.epochs}")
        units = task.units
        chosen = {n: torch.ones(size, dtype=torch.bool) for n, size in units.sizes.items()}
        start, early = self.untouched(task), {}

        def note(epoch: int, weights: Tensors) -> None:
            if epoch == self.rewind:
                early.update(weights)

        for r in range(1, self.rounds + 1):
            trained = task.train(start, units.masks(chosen), run=r, after_epoch=note)
            if r == 1 and self.rewind:
                start = dict(early)
            counts = units.counts(task.kept_fraction ** (r / self.rounds))
            sizes = {n: _size(trained[n], len(size)) for n, size in units.sizes.items()}
            alive = {n: s.masked_fill(~chosen[n].to(s.device), -1.0) for n, s in sizes.items()}
            chosen = {n: c.cpu() for n, c in choose(alive, counts, self.scope).items()}
        return chosen, start

    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        return task.train(start, keep), dict.fromkeys(keep, 1.0)


def _size(weight: torch.Tensor, ndim: int) -> torch.Tensor:
    """|w|, or, for one score a filter, Σ|w| / √(fan-in)."""
    if ndim == weight.ndim:
        return weight.abs()
    rows = weight.abs().flatten(1)
    return rows.sum(dim=1) / rows.shape[1] ** 0.5
