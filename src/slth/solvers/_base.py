"""What a solver is: one problem in, one incumbent out."""

import abc
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from slth import seeding
from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers.kernels import stopping

GIB = 2**30
DEFAULT_MEMORY = 4 * GIB  # a fixed figure, not the machine's: `auto` then chooses alike everywhere


@dataclass(frozen=True)
class Options:
    """How to search.

    budget: work units (subsets, pairs or nodes; None = the solver's own default).
    seed: of every random choice. threads: never changes the answer. memory: bytes allowed on the
    device.
    decide: stop as soon as "some subset is within eps" is settled either way. size: only subsets
    of this many candidates count, None = any.
    """

    budget: int | None = None
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    memory: int = DEFAULT_MEMORY
    decide: bool = False
    size: int | None = None


@dataclass(frozen=True)
class Answer:
    """What a search found: keep (n,) bool; complete: every subset was accounted for; work done.

    With ``Options.decide`` complete means that "no subset within eps" is settled.
    """

    keep: BoolArray
    complete: bool
    work: int


@dataclass(frozen=True)
class BatchAnswer:
    """B answers: keep (B, n) bool, complete (B,) bool, work (B,) int64."""

    keep: BoolArray
    complete: BoolArray
    work: np.ndarray


class Solver(abc.ABC):
    """A method for MRSS. One file per solver, one line in the registry.

    A subclass states what it handles and cannot, and what to use instead; parameters, if any, are
    dataclass fields, so `solve(..., solver=KList(levels=4))` works as a name does.

    Literals that are read without importing the class: printed, its name in LaTeX ("": as it is);
    devices; max_n, the largest n that `refusal` lets through, None where there is no such limit.
    """

    name: ClassVar[str]
    printed: ClassVar[str] = ""
    handles: ClassVar[str]
    cannot: ClassVar[str]
    cost: ClassVar[str]
    source: ClassVar[str]
    exhaustive: ClassVar[bool] = False  # may set Answer.complete
    sized: ClassVar[bool] = False  # takes Options.size
    optimal_up_to: ClassVar[int] = 0  # n up to which a solver that proves nothing still
    # returns the optimum (to its own tolerance), given its default budget; the tests hold it to it
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    max_n: ClassVar[int | None] = None

    def refusal(self, n: int, d: int) -> str | None:
        """Say why an (n, d) problem is outside this solver, or None."""
        return None

    def takes(self, n: int, d: int, options: "Options") -> bool:
        """Whether a search of (n, d) with these options is allowed: device, size, memory."""
        return (
            options.device in self.devices
            and (options.size is None or self.sized)
            and not self.refusal(n, d)
            and self.bytes_on(options.device, n, d) <= options.memory
        )

    def bytes_needed(self, n: int, d: int) -> int:
        """Predict the peak memory of one search, in bytes: what it cannot do with less of.

        A search that could use more stays within ``Options.memory``.
        """
        return 8 * n * d

    def bytes_on(self, device: str, n: int, d: int) -> int:
        """Predict the peak memory of one search on ``device``, in bytes of its own memory."""
        return self.bytes_needed(n, d)

    @abc.abstractmethod
    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance."""

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances: X (B, n, d), Z (B, d). Instance b draws from its own child seed.

        X may be one sample for all B targets (`shared`): a solver may then do once what depends on
        X alone. The default searches instance by instance.
        """
        answers = []
        for b in range(X.shape[0]):
            stopping.check()
            answers.append(self.search(Instance(X[b], Z[b], eps), for_instance(options, b)))
        return stacked(answers)


def shared(X: FloatArray) -> bool:
    """Whether X (B, n, d) is one sample seen B times, by its zero stride (`np.broadcast_to`)."""
    return X.shape[0] > 1 and X.strides[0] == 0


def stacked(answers: list[Answer]) -> BatchAnswer:
    """B answers as one."""
    return BatchAnswer(
        np.stack([a.keep for a in answers]),
        np.array([a.complete for a in answers]),
        np.array([a.work for a in answers], dtype=np.int64),
    )


def for_instance(options: Options, b: int) -> Options:
    """The options of instance b of a batch: a seed of its own."""
    return replace(options, seed=seeding.child(options.seed, "instance", b))
