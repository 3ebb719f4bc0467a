"""Threads that share out tasks, each with working arrays of its own."""

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

from slth.solvers.kernels import stopping

Space = TypeVar("Space")
Task = TypeVar("Task")
Out = TypeVar("Out")


class Workers(Generic[Space]):
    """Runs compiled functions that release the GIL; results come in task order.

    threads: at most this many at once, each with one ``make()``; one thread spawns nothing. All
    work for the search that made the workers, and stop when it does (`stopping`).
    """

    def __init__(self, threads: int, make: Callable[[], Space]) -> None:
        self._spaces: queue.SimpleQueue[Space] = queue.SimpleQueue()
        for _ in range(threads):
            self._spaces.put(make())
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._search = stopping.current()

    def run(self, work: Callable[[Task, Space], Out], tasks: Sequence[Task]) -> list[Out]:
        """Return work(task, space) of each task, in order."""
        return list(self.iterate(work, tasks))

    def iterate(self, work: Callable[[Task, Space], Out], tasks: Sequence[Task]) -> Iterator[Out]:
        """Yield work(task, space) of each task, in order; one thread does a task when asked."""

        def one(task: Task) -> Out:
            with stopping.using(self._search):
                stopping.check()
                space = self._spaces.get()
                try:
                    out = work(task, space)
                finally:
                    self._spaces.put(space)
                stopping.check()
                return out

        if self._pool is None or len(tasks) < 2:
            return map(one, tasks)
        return self._pool.map(one, tasks)

    def __enter__(self) -> "Workers[Space]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
