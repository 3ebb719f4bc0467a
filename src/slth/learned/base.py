"""What a method is: a search for units to keep, and the weights that go under them."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from slth.learned.task import Task
from slth.learned.units import Tensors


class Method(abc.ABC):
    """A way to learn a mask. One file each, one line in the registry.

    A subclass is a frozen dataclass whose fields are its options, with `learning_rate` the rate
    that suits it. weights: what the masked network holds where it keeps a weight: the "source"'s
    weight (bitwise), its "sign", both up to a positive scale a layer, or a "trained" weight.

    >>> {name: slth.learned.get(name).weights for name in ("edge_popup", "biprop", "magnitude")}
    {'edge_popup': 'source', 'biprop': 'sign', 'magnitude': 'trained'}
    """

    name: ClassVar[str]
    weights: ClassVar[str]
    source: ClassVar[str]
    learning_rate: ClassVar[float]

    @abc.abstractmethod
    def search(self, task: Task) -> tuple[Tensors, Tensors]:
        """Return the chosen units, bool, and the weights under which `finish` starts."""

    @abc.abstractmethod
    def finish(
        self, task: Task, keep: Tensors, start: Tensors
    ) -> tuple[Tensors | None, dict[str, float]]:
        """Return trained weights (None: the start's, untouched) and a positive scale a layer."""

    def search_all(self, tasks: Sequence[Task]) -> list[tuple[Tensors, Tensors]]:
        """`search` for tasks that share images, goals and settings, one by one."""
        return [self.search(task) for task in tasks]

    def finish_all(
        self, tasks: Sequence[Task], keeps: Sequence[Tensors], starts: Sequence[Tensors]
    ) -> list[tuple[Tensors | None, dict[str, float]]]:
        """`finish` for several tasks, one by one."""
        return [self.finish(*each) for each in zip(tasks, keeps, starts, strict=True)]

    def options(self) -> dict[str, Any]:
        """Return the options by name."""
        return dataclasses.asdict(self)  # type: ignore[call-overload]

    def untouched(self, task: Task) -> Tensors:
        """The source's own weights, the start of a method that trains none."""
        return task.sources()
