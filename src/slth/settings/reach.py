"""What a job would refuse or could not hold, said before any job runs.

Solvers are asked by their own `refusal` and `bytes_needed`, but imported only where literals on
their classes do not say already that they take a size: planning stays fast.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cache

from slth.dependencies import PACKAGE, attribute, constant, defines

MOST_BYTES = 8 * 2**30  # that one job may hold
FLOAT = 8  # bytes
EASY, FLAT_D = 100_000, 4096  # n·d and d up to which no solver without a limit needs much
EASY_N, EASY_D = 50, 100  # up to which no exact solver does
DEVIATIONS = 6.0  # of a pool's size: exceeded once in 10^9 pools

Size = tuple[str, int, int]  # key path, n, d


def unsolvable(where: str, solver: str, sizes: Iterable[Size]) -> Iterator[str]:
    """Yield a fault for the first size that a solver refuses or has not the memory for.

    where: key path of the solver.
    """
    for place, n, d in sizes:
        reason = refusal(solver, n, d)
        if reason:
            yield f"{where}: got {solver!r}, which refuses n = {n}, d = {d} of {place}: {reason}"
            return


@cache
def refusal(solver: str, n: int, d: int) -> str | None:
    """Why a solver does not take n candidates of dimension d, in its own words; None: it does."""
    name = "klist" if solver == "auto" else solver  # what is chosen where nothing else will do
    target = constant(PACKAGE / "solvers/_registry.py", "SOLVERS")[name]
    limit = attribute(target, "max_n")
    known = limit is not None or not defines(target, "refusal")
    flat = n * d <= EASY and d <= FLAT_D
    easy = flat if limit is None else n <= min(limit, EASY_N) and d <= EASY_D
    if known and easy:
        return None
    from slth.solvers import _registry as registry
    from slth.solvers._base import DEFAULT_MEMORY

    own = registry.get(name)
    reason, needed = own.refusal(n, d), own.bytes_needed(n, d)
    if reason is None and needed > DEFAULT_MEMORY:
        reason = f"it needs {giga(needed)} and is allowed {giga(DEFAULT_MEMORY)}"
    return reason


def max_n(solver: str) -> int | None:
    """The largest n of a solver with such a limit."""
    limit: int | None = attribute(
        constant(PACKAGE / "solvers/_registry.py", "SOLVERS")[solver], "max_n"
    )
    return limit


def unfit_device(where: str, solver: str, device: str) -> Iterator[str]:
    """Yield a fault where a solver does not run on the device that the config asks for."""
    if solver == "auto" or device != "cuda":
        return
    target = constant(PACKAGE / "solvers/_registry.py", "SOLVERS")[solver]
    devices = attribute(target, "devices", ("cpu",))
    if device not in devices:
        yield (
            f"{where}: got {solver!r}, which runs on {', '.join(devices)}; "
            "takes a solver that runs on cuda, or device: auto"
        )


def pool(n: int, both: bool = False) -> int:
    """Candidates that a subset problem of a ticket has at most, of "about n".

    A pool holds those of 2n hidden channels that have its sign, Binomial(2n, ½); all of them where
    one problem is about inputs of both signs.
    """
    return 2 * n if both else min(2 * n, math.ceil(n + DEVIATIONS * math.sqrt(n / 2)))


def source_weights(layers: Iterable[tuple[int, int, int]], n: int) -> int:
    """Weights of a random network for layers (c_out, c_in, k²): `slth.networks.sources`."""
    return sum(2 * n * c_in * (c_in + area * c_out) for c_out, c_in, area in layers)


def too_large(where: str, got: object, numbers: float, what: str, way: str) -> Iterator[str]:
    """Yield a fault where so many float64 ``numbers`` are more than a job may hold.

    where: key path; got: its value; what: that is held; way: to hold less.
    """
    if numbers * FLOAT > MOST_BYTES:
        yield (
            f"{where}: got {got}, {what} would take {giga(numbers * FLOAT)}, "
            f"takes at most {giga(MOST_BYTES)} a job: {way}"
        )


def giga(count: float) -> str:
    """A number of bytes in GiB."""
    return f"{count / 2**30:,.1f} GiB"
