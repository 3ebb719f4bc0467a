"""Several masked networks trained in one loop: steps of their slices cost less in stacks.

A stack is one network on weights of one more dimension, as if each trained alone, to rounding.
Where whole filters are gone, the slices that remain train as the masked network does: a removed
filter sends zero and gets no gradient, and a step costs a third. Whole networks under masks of
edges take a third less in stacks of ten or thirty on digits.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from slth import seeding
from slth.learned.task import Task
from slth.learned.units import Tensors
from slth.networks.descent import descend
from slth.networks.ties import called
from slth.networks.wide import WideConv2d

STEP = 8  # filters a layer are filled up to multiples, with removed ones: registers of a kernel
PLAIN = {nn.Sequential, nn.Conv2d, WideConv2d, nn.Linear, nn.ReLU, nn.Flatten}  # no state or chance

Note = Callable[[int, int, Tensors], None]
Cuts = dict[str, tuple[Tensor, Tensor]]  # name → filters and input channels of the slice


def train_together(
    tasks: Sequence[Task],
    starts: Sequence[Tensors],
    keeps: Sequence[Tensors],
    run: int = 0,
    after_epoch: Note | None = None,
) -> list[Tensors]:
    """Train the kept weights of every task as `Task.train` does; masked weights, task by task.

    The tasks share images, goals and settings and differ in network, mask and seed. after_epoch:
    called with a task's place, the epochs done and its masked weights, perhaps without what is
    removed.
    """
    trained: dict[int, Tensors] = {}
    stacks: dict[object, list[int]] = {}
    for i, (task, keep) in enumerate(zip(tasks, keeps, strict=True)):
        stacks.setdefault(_kind(task, keep) or i, []).append(i)
    for key, places in stacks.items():
        i = places[0]
        if isinstance(key, int) or (len(places) == 1 and _entire(tasks[i], keeps[i])):
            trained[i] = _train_alone(tasks[i], starts[i], keeps[i], run, i, after_epoch)
            continue
        parts = [tasks[i] for i in places], [starts[i] for i in places], [keeps[i] for i in places]
        trained |= dict(zip(places, _train_stack(*parts, run, places, after_epoch), strict=True))
    return [trained[i] for i in range(len(tasks))]


def _kind(task: Task, keep: Tensors) -> object:
    """What the networks of a stack have in common; None where a network is no part of one.

    All weights are under the mask, and labels are the goal.
    """
    weights = {name for name, _ in task.network.named_parameters()}
    plain = all(type(module) in PLAIN for module in task.network.modules())
    if not plain or keep.keys() != weights or task.goals.is_floating_point():
        return None
    sizes = tuple((len(rows), len(inputs)) for rows, inputs in _cuts(task, keep).values())
    return repr(task.network), sizes


def _entire(task: Task, keep: Tensors) -> bool:
    """Whether the slices of a network are all of it."""
    cuts = _cuts(task, keep)
    return all(keep[n].shape[:2] == (len(rows), len(inputs)) for n, (rows, inputs) in cuts.items())


def _train_alone(
    task: Task, start: Tensors, keep: Tensors, run: int, place: int, after_epoch: Note | None
) -> Tensors:
    def tell(epoch: int, weights: Tensors) -> None:
        if after_epoch is not None:
            after_epoch(place, epoch, weights)

    return task.train(start, keep, run=run, after_epoch=tell)


def _cuts(task: Task, keep: Tensors) -> Cuts:
    units = task.units
    writer = {reader: name for name, reader in units.readers.items()}
    found: Cuts = {}
    for name, mask in keep.items():
        rows, inputs = torch.arange(mask.shape[0]), torch.arange(mask.shape[1])
        if name in units.readers:
            alive = mask.flatten(1).any(dim=1)
            count = min(len(alive), -(-int(alive.sum()) // STEP) * STEP)
            rows = torch.argsort(~alive, stable=True)[:count]
        if name in writer:
            before = found[writer[name]][0]
            repeat = mask.shape[1] // len(keep[writer[name]])
            inputs = (before[:, None] * repeat + torch.arange(repeat)).flatten()
        found[name] = rows, inputs
    return found


def _train_stack(
    tasks: list[Task],
    starts: list[Tensors],
    keeps: list[Tensors],
    run: int,
    places: list[int],
    after_epoch: Note | None,
) -> list[Tensors]:
    first, cuts = tasks[0], [_cuts(t, k) for t, k in zip(tasks, keeps, strict=True)]
    masks = {n: _sliced(keeps, cuts, n).to(first.images) for n in keeps[0]}
    leaves = {n: _sliced(starts, cuts, n).clone().requires_grad_(True) for n in masks}
    network = torch.vmap(lambda w, x: called(first.network, w, first.aliases, x))

    def weights() -> Tensors:
        return {name: leaf * masks[name] for name, leaf in leaves.items()}

    def loss(rows: Tensor) -> Tensor:
        rows = rows.to(first.images.device)
        out = network(weights(), first.images[rows]).flatten(0, 1)
        goals = first.goals[rows].flatten()
        return nn.functional.cross_entropy(out, goals, reduction="sum") / rows.shape[1]

    def tell(epoch: int) -> None:
        if after_epoch is not None:
            now = {name: weight.detach() for name, weight in weights().items()}
            for s, i in enumerate(places):
                after_epoch(i, epoch, {name: weight[s] for name, weight in now.items()})

    descend(
        list(leaves.values()),
        loss,
        len(first.images),
        epochs=first.epochs,
        batch_size=first.batch_size,
        learning_rate=first.learning_rate,
        seed=[seeding.child(task.seed, "learned mask", run) for task in tasks],
        after_epoch=tell,
    )
    now = {name: weight.detach() for name, weight in weights().items()}
    whole = []
    for s, (task, start, cut) in enumerate(zip(tasks, starts, cuts, strict=True)):
        task.seen += task.epochs * len(task.images)
        full = {name: torch.zeros_like(start[name]) for name in now}
        for name, (rows, inputs) in cut.items():
            full[name][rows[:, None], inputs] = now[name][s]
        whole.append(full)
    return whole


def _sliced(tensors: Sequence[Tensors], cuts: Sequence[Cuts], name: str) -> Tensor:
    """Slices of one parameter of every network, stacked: (networks, filters, inputs, …)."""
    parts = zip(tensors, (cut[name] for cut in cuts), strict=True)
    return torch.stack([of[name][rows[:, None], inputs] for of, (rows, inputs) in parts])
