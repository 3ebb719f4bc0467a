"""What a method is given: a network to mask, units, data, and the training loop over them."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from slth import seeding
from slth.learned.units import Tensors, Units
from slth.networks.descent import descend
from slth.networks.modes import chance, settle, tracking, watching
from slth.networks.ties import aliases, called

if TYPE_CHECKING:
    from slth.learned.trainings import Trainings


@dataclass(eq=False)
class Task:
    """One search for a mask.

    network: a copy of the source in the precision and on the device of the training, each module in
    its mode; the task's own where modules have state. images (m, …); goals: labels (m,) int64, or
    outputs (m, classes) to imitate. watch: images, labels and the epoch of the last training after
    which `look` notes the accuracy on them. trainings: first trainings to share with other tasks.
    seen: images whose gradient was computed, the work so far.
    """

    network: nn.Module
    units: Units
    images: Tensor
    goals: Tensor
    kept_fraction: float
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    watch: tuple[Tensor, Tensor, int] | None = None
    trainings: "Trainings | None" = None
    seen: int = field(default=0)
    early: float = field(default=math.nan)

    @property
    def counts(self) -> dict[str, int]:
        """Units to keep in each layer."""
        return self.units.counts(self.kept_fraction)

    @cached_property
    def aliases(self) -> dict[str, list[str]]:
        """Weights that several modules of the network share."""
        return aliases(self.network)

    def source(self, name: str) -> Tensor:
        """The source's weight of that name, as it was."""
        return self.network.get_parameter(name).detach()

    def sources(self) -> Tensors:
        """All weights under the mask, as they were."""
        return {name: self.source(name) for name in self.units.shapes}

    def draw(self, *key: str | int) -> np.random.Generator:
        """A generator of its own for what ``key`` names."""
        return seeding.generator(self.seed, "learned mask", *key)

    def tensor(self, values: np.ndarray) -> Tensor:
        """Numbers in the precision and on the device of the training."""
        return torch.from_numpy(values).to(self.images)

    def loss(self, weights: Mapping[str, Tensor], rows: Tensor) -> Tensor:
        """Cross entropy to labels; or 1 − cos of the angle to outputs, whatever their scale."""
        rows = rows.to(self.images.device)
        out = called(self.network, weights, self.aliases, self.images[rows])
        goals = self.goals[rows]
        if not goals.is_floating_point():
            return nn.functional.cross_entropy(out, goals)
        return 1 - nn.functional.cosine_similarity(out.flatten(), goals.flatten(), dim=0)

    def look(self, epoch: int, weights: Mapping[str, Tensor]) -> None:
        """Note the accuracy on the watched images, if this is their epoch."""
        if self.watch is None or epoch != self.watch[2]:
            return
        images, labels, _ = self.watch
        network = copy.deepcopy(self.network)
        if tracking(network):
            for name, weight in weights.items():
                network.get_parameter(name).data.copy_(weight)
            settle(network, self.images, self.batch_size, self.seed)
        network.eval()
        with watching():
            out = called(network, weights, self.aliases, images)
        self.early = float((out.argmax(dim=1) == labels).double().mean())

    def descend(
        self,
        variables: Sequence[Tensor],
        weights: Callable[[], Mapping[str, Tensor]],
        learning_rate: float,
        penalty: Callable[[], Tensor] | None = None,
        after_epoch: Callable[[int], None] | None = None,
        run: int = 0,
    ) -> None:
        """Train ``variables``; ``weights`` makes the network's weights of them at every step.

        What modules draw (dropout) comes from the task's seed and ``run``.
        """

        def loss(rows: Tensor) -> Tensor:
            self.seen += len(rows)
            value = self.loss(weights(), rows)
            return value if penalty is None else value + penalty()

        drawn = seeding.child(self.seed, "learned mask", "chance", run)
        with chance(drawn, self.images.device):
            descend(
                variables,
                loss,
                len(self.images),
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=learning_rate,
                seed=seeding.child(self.seed, "learned mask", run),
                after_epoch=after_epoch,
            )

    def train(
        self,
        start: Tensors,
        keep: Tensors,
        run: int = 0,
        after_epoch: Callable[[int, Tensors], None] | None = None,
    ) -> Tensors:
        """Train the kept weights from ``start``; return the masked weights, zero elsewhere.

        after_epoch: called with the number of epochs done and the masked weights.
        """
        masks = {name: mask.to(self.images) for name, mask in keep.items()}
        leaves = {name: start[name].clone().requires_grad_(True) for name in start}

        def weights() -> Tensors:
            return {name: leaf * masks[name] for name, leaf in leaves.items()}

        def tell(epoch: int) -> None:
            if after_epoch is not None:
                after_epoch(epoch, {name: weight.detach() for name, weight in weights().items()})

        self.descend(list(leaves.values()), weights, self.learning_rate, after_epoch=tell, run=run)
        return {name: weight.detach() for name, weight in weights().items()}
