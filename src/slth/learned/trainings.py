"""First trainings of whole networks, which variants of pruning and kept fractions share."""

import hashlib
from collections.abc import Iterable

import torch

from slth.learned.task import Task
from slth.learned.units import Tensors


class Trainings:
    """Each network trained once a seed and setting, whoever asks and however often.

    rewinds: epochs whose weights are held besides those asked for first, so that a later question
    about them finds them. Memory: weights of a network times (1 + rewinds), a training.
    """

    def __init__(self, rewinds: Iterable[int] = ()) -> None:
        self._rewinds = frozenset(rewinds)
        self._held: dict[str, dict[int, Tensors]] = {}

    def first(self, task: Task, rewind: int) -> tuple[Tensors, Tensors]:
        """Weights after ``rewind`` epochs of the first training, and at its end.

        The task's work is that of the training, be it held or not.
        """
        key = _key(task)
        if rewind in self._held.get(key, ()):
            task.seen += task.epochs * len(task.images)
        else:
            self._held[key] = _train(task, self._rewinds | {rewind})
        return self._held[key][rewind], self._held[key][task.epochs]


def _train(task: Task, wanted: frozenset[int]) -> dict[int, Tensors]:
    start = task.sources()
    course = {0: start}

    def note(epoch: int, weights: Tensors) -> None:
        if epoch in wanted:
            course[epoch] = dict(weights)

    whole = {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in start.items()}
    course[task.epochs] = task.train(start, whole, run=1, after_epoch=note)
    return course


def _key(task: Task) -> str:
    """Digest of all that a first training depends on."""
    settings = task.epochs, task.batch_size, task.learning_rate, task.seed
    known = settings, task.images.device, task.network, *task.units.shapes  # strides are no weights
    found = hashlib.sha256(repr(known).encode())
    for tensor in (*task.network.parameters(), task.images, task.goals):
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
