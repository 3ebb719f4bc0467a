"""First trainings of whole networks, which variants of pruning and kept fractions share."""

import hashlib
from collections.abc import Iterable

import torch
from torch import nn

from slth import checks
from slth.learned.task import Task
from slth.learned.units import Tensors


class Trainings:
    """Each network trained once a seed and setting, whoever asks and however often.

    rewinds: epochs whose weights are held besides those asked for first, so that a later question
    about them finds them. Memory: weights of a network times (1 + rewinds), a training.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 4, 2])
    >>> x, y = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
    >>> once = slth.learned.Trainings()
    >>> for share in (0.25, 0.5):  # one training of the whole network serves both
    ...     slth.learned.learn(
    ...         "magnitude", net, x, y, kept_fraction=share, epochs=1, trainings=once
    ...     ).kept_fraction
    0.25
    0.5
    """

    def __init__(self, rewinds: Iterable[int] = ()) -> None:
        epochs = checks.items("rewinds", rewinds, object, low=0)
        self._rewinds = frozenset(
            checks.integer(f"rewinds[{i}]", epoch, low=0) for i, epoch in enumerate(epochs)
        )
        self._held: dict[str, dict[int, Tensors]] = {}

    def first(self, task: Task, rewind: int) -> tuple[Tensors, Tensors]:
        """Weights after ``rewind`` epochs of the first training, and at its end.

        The task's work is that of the training, be it held or not.
        """
        key = _key(task)
        if key is None:
            course = _train(task, frozenset({rewind}))
            return course[rewind], course[task.epochs]
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


def _key(task: Task) -> str | None:
    """Digest of all that a first training depends on; None where a module holds what has none."""
    described = [_described(module) for module in task.network.modules()]
    if None in described:
        return None
    settings = task.epochs, task.batch_size, task.learning_rate, task.seed
    known = settings, task.images.device, task.network, *task.units.shapes  # strides are no weights
    found = hashlib.sha256(repr((known, described)).encode())
    network = task.network
    for tensor in (*network.parameters(), *network.buffers(), task.images, task.goals):
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _described(module: nn.Module) -> tuple | None:
    """Class, mode and settings; None where an attribute of an unknown class has no plain words."""
    kind = type(module)
    if kind.__module__.partition(".")[0] in ("torch", "slth"):  # their repr says what they do
        return kind.__qualname__, module.training
    values = {k: v for k, v in vars(module).items() if not k.startswith("_")}
    if not all(isinstance(v, (bool, int, float, str, type(None))) for v in values.values()):
        return None
    return kind.__module__, kind.__qualname__, id(kind), sorted(values.items())
