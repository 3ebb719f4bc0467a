"""Train, prune the smallest, rewind: once or in rounds, to the start or to early weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from slth import checks
from slth.learned.base import Method
from slth.learned.choice import SCOPES, choose
from slth.learned.task import Task
from slth.learned.together import train_together
from slth.learned.trainings import Trainings
from slth.learned.units import Tensors, Units


@dataclass(frozen=True)
class Magnitude(Method):
    """Lottery tickets: round r of R trains, then keeps the share κ^{r/R} of largest weights.

    rounds: 1 is one-shot pruning, more is iterative magnitude pruning (IMP). rewind: epochs of
    the first training after which the weights are those that every round returns to; 0 is the
    initialisation, a few are early weights (Frankle, Dziugaite, Roy, Carbin 2020), and the epochs
    of the training itself is fine-tuning without a rewind. scope: as many of each layer, or of the
    network (edges). Filters are ranked by their ℓ1 norm times that of the slices that read them:
    moving a factor from one to the other changes neither the network nor the rank.
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
        return self.search_all([task])[0]

    def search_all(self, tasks: Sequence[Task]) -> list[tuple[Tensors, Tensors]]:
        """Every round for all tasks at once; equal networks and seeds share the first training."""
        epochs = tasks[0].epochs
        if self.rewind > epochs:
            raise ValueError(f"rewind: got {self.rewind}, takes at most epochs = {epochs}")
        shared = Trainings()
        firsts = [(task.trainings or shared).first(task, self.rewind) for task in tasks]
        starts, trained = ([first[k] for first in firsts] for k in (0, 1))
        chosen = [
            {n: torch.ones(size, dtype=torch.bool) for n, size in t.units.sizes.items()}
            for t in tasks
        ]
        for r in range(1, self.rounds + 1):
            if r > 1:
                keeps = [t.units.masks(c) for t, c in zip(tasks, chosen, strict=True)]
                trained = train_together(tasks, starts, keeps, run=r)
            chosen = [self._pruned(*each, r) for each in zip(tasks, trained, chosen, strict=True)]
        return list(zip(chosen, starts, strict=True))

    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        return self.finish_all([task], [keep], [start])[0]

    def finish_all(
        self, tasks: Sequence[Task], keeps: Sequence[Tensors], starts: Sequence[Tensors]
    ) -> list[tuple[Tensors | None, dict[str, float]]]:
        """Train what is left of every task, and look at the watched images on the way."""

        def look(i: int, epoch: int, weights: Tensors) -> None:
            tasks[i].look(epoch, weights)

        trained = train_together(tasks, starts, keeps, after_epoch=look)
        scales = [dict.fromkeys(keep, 1.0) for keep in keeps]
        return list(zip(trained, scales, strict=True))

    def _pruned(self, task: Task, trained: Tensors, chosen: Tensors, r: int) -> Tensors:
        """The largest units among those chosen so far, as many as round r keeps."""
        counts = task.units.counts(task.kept_fraction ** (r / self.rounds))
        sizes = _sizes(task.units, trained)
        alive = {n: s.masked_fill(~chosen[n].to(s.device), -1.0) for n, s in sizes.items()}
        return {n: c.cpu() for n, c in choose(alive, counts, self.scope).items()}


def _sizes(units: Units, weights: Tensors) -> Tensors:
    """|w| of every edge; Σ|w| of a filter times Σ|v| of the slices that read it."""
    sizes = {name: weights[name].abs() for name in units.sizes}
    if units.granularity == "edge":
        return sizes
    made = {}
    for name, reader in units.readers.items():
        read = weights[reader].abs().transpose(0, 1).flatten(1).sum(dim=1)
        made[name] = sizes[name].flatten(1).sum(dim=1) * read.view(len(sizes[name]), -1).sum(dim=1)
    return made
