"""The one training loop: whatever is trained, the same optimiser, schedule and minibatch order."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from slth import seeding
from slth.networks.determinism import one_thread

Loss = Callable[[Tensor], Tensor]

_MOMENTS = (0.9, 0.999)  # decay of the mean gradient and of its mean square
_SMALL = 1e-8


class Adam:
    """Adam over tensors of one type, changed in place as one vector.

    As torch.optim.Adam, at a third of its time on small networks; importing that one's compiler
    costs a second more. Source: Kingma, Ba (ICLR 2015).
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = [weight.detach() for weight in weights]  # shares their memory
        self.flat = _joined(self.weights)
        self.mean, self.square = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self.steps = 0

    def step(self, slopes: Sequence[Tensor], rate: float) -> None:
        """Take one step of size ``rate`` against the gradients ``slopes``."""
        slope = _joined(slopes)
        self.steps += 1
        first, second = (1 - moment**self.steps for moment in _MOMENTS)
        self.mean.lerp_(slope, 1 - _MOMENTS[0])
        self.square.mul_(_MOMENTS[1]).addcmul_(slope, slope, value=1 - _MOMENTS[1])
        root = self.square.sqrt().div_(math.sqrt(second)).add_(_SMALL)
        self.flat.addcdiv_(self.mean, root, value=-rate / first)
        parts = self.flat.split([weight.numel() for weight in self.weights])
        for weight, part in zip(self.weights, parts, strict=True):
            weight.copy_(part.view_as(weight))


def descend(
    weights: Sequence[Tensor],
    loss: Loss,
    count: int,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int | Sequence[int],
    after_epoch: Callable[[int], None] | None = None,
) -> None:
    """Minimise ``loss`` over ``weights``, leaf tensors that are changed in place.

    loss: from the rows of a minibatch, int64 indices into ``count`` images, to a scalar. Adam;
    the learning rate falls to zero along a half cosine; a fresh permutation from ``seed`` an
    epoch, and from several seeds as many rows of indices at once. after_epoch: called with the
    number of epochs done. One thread, so the result is the same on any number of cores. Cost:
    epochs · count gradients.
    """
    optimiser = Adam(weights)
    steps = epochs * -(-count // batch_size)
    with one_thread():
        for epoch in range(epochs):
            for rows in _minibatches(count, batch_size, epoch, seed):
                slopes = torch.autograd.grad(loss(rows), weights, materialize_grads=True)
                rate = learning_rate * (1 + math.cos(math.pi * optimiser.steps / steps)) / 2
                optimiser.step(slopes, rate)
            if after_epoch is not None:
                after_epoch(epoch + 1)


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def _minibatches(count: int, size: int, epoch: int, seed: int | Sequence[int]) -> Iterator[Tensor]:
    seeds = [seed] if isinstance(seed, int) else seed
    orders = [seeding.generator(s, "minibatches", epoch).permutation(count) for s in seeds]
    rows = torch.from_numpy(orders[0] if isinstance(seed, int) else np.stack(orders))
    yield from rows.split(size, dim=-1)
