"""Threads that share out tasks, each with working arrays of its own."""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

Space = TypeVar("Space")
Task = TypeVar("Task")
Out = TypeVar("Out")


class Crew(Generic[Space]):
    """Runs compiled functions that release the GIL; results come in task order.

    threads: at most this many at once, each with one ``make()``; one thread spawns nothing.
    """

    def __init__(self, threads: int, make: Callable[[], Space]) -> None:
        self._spaces: queue.SimpleQueue[Space] = queue.SimpleQueue()
        for _ in range(threads):
            self._spaces.put(make())
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def run(self, work: Callable[[Task, Space], Out], tasks: Sequence[Task]) -> list[Out]:
        """Return work(task, space) of each task, in order."""

        def one(task: Task) -> Out:
            space = self._spaces.get()
            try:
                return work(task, space)
            finally:
                self._spaces.put(space)

        if self._pool is None or len(tasks) < 2:
            return [one(task) for task in tasks]
        return list(self._pool.map(one, tasks))

    def __enter__(self) -> "Crew[Space]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
