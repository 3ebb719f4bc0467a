"""The one training loop: whatever is trained, the same optimiser, schedule and minibatch order."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from slth import seeding
from slth.networks.determinism import one_thread

Loss = Callable[[Tensor], Tensor]


def descend(
    weights: Sequence[Tensor],
    loss: Loss,
    count: int,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    after_epoch: Callable[[int], None] | None = None,
) -> None:
    """Minimise ``loss`` over ``weights``, leaf tensors that are changed in place.

    loss: from the rows of a minibatch, int64 indices into ``count`` images, to a scalar. Adam;
    the learning rate falls to zero along a half cosine; a fresh permutation from ``seed`` an
    epoch. after_epoch: called with the number of epochs done. One thread, so the result is the
    same on any number of cores. Cost: epochs · count gradients.
    """
    optimiser = torch.optim.Adam(weights, lr=learning_rate)
    steps = epochs * -(-count // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    with one_thread():
        for epoch in range(epochs):
            for rows in _minibatches(count, batch_size, epoch, seed):
                optimiser.zero_grad()
                loss(rows).backward()
                optimiser.step()
                schedule.step()
            if after_epoch is not None:
                after_epoch(epoch + 1)


def _minibatches(count: int, size: int, epoch: int, seed: int) -> Iterator[Tensor]:
    order = seeding.generator(seed, "minibatches", epoch).permutation(count)
    yield from torch.from_numpy(order).split(size)
