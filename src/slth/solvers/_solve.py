"""`solve`, `solve_batch`, `solve_targets`: check, pick the solver, recompute the error."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from slth import checks, cores
from slth import devices as gpu
from slth.checks import BoolArray, FloatArray
from slth.problem import (
    BatchSolution,
    Instance,
    Solution,
    Status,
    checked_tolerance,
    exponent_of,
    is_integer,
    status_of,
)
from slth.solvers import _auto as auto
from slth.solvers import _registry as registry
from slth.solvers import _scaling as scaling
from slth.solvers._base import (
    DEFAULT_MEMORY,
    Answer,
    BatchAnswer,
    Options,
    Solver,
    for_instance,
    shared,
    stacked,
)
from slth.solvers._watching import OnInterrupt, Progress, Watch
from slth.solvers.kernels import stopping

Out = TypeVar("Out")
MOST_WORK = 2**63 - 1  # what an int64 counts


def solve(
    X: ArrayLike | Instance,
    z: ArrayLike | None = None,
    eps: float | None = None,
    solver: str | Solver = "auto",
    budget: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
    *,
    memory: int = DEFAULT_MEMORY,
    decide: bool = False,
    size: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    on_interrupt: OnInterrupt = "raise",
) -> Solution:
    """Find S ⊆ [n] with ‖Σ_S X_i − z‖_∞ ≤ eps, or the least error when eps is None.

    X: (n, d) candidates; z: (d,) target; eps: tolerance per coordinate, > 0. Or X: an `Instance`,
    which has its own z and eps.
    solver: a name of `slth.solvers()`, "auto", or a Solver object. budget: work units (subsets,
    pairs, nodes), never seconds. seed: of every random choice. device: "cpu", or "cuda" (mitm and
    klist, by torch). threads: None = as many as this process may use (`cores.usable`: the affinity
    mask, a job's share); never changes the answer. memory: bytes the search may take on the device,
    the arguments and the answer left out. decide: only settle whether some
    subset is within eps (cheaper than the optimum when none is). size: only subsets of exactly
    this many candidates count (fixed-size MRSS), 0 <= size <= n; None = any. progress: called with
    a `Progress` about twice a second while the search runs on a cpu. on_interrupt: Ctrl-C ends
    every search within about a second; "raise" raises `InterruptedSearch`, a KeyboardInterrupt
    whose ``solution`` is the best subset that the solver has told of, "return" returns that
    solution (no proof, work 0).

    Raises ValueError/TypeError naming the argument; checks.TooLargeError (a ValueError) with the
    bytes needed when the search would not fit in ``memory``.

    >>> s = slth.solve([[3, 1], [2, 5], [4, 4], [-1, 2]], [5, 6], eps=0.5)
    >>> s.status.name, s.keep.astype(int).tolist(), s.error
    ('HIT', [1, 1, 0, 0], 0.0)
    """
    instance = instance_of(X, z, eps)
    options = _options(budget, seed, device, threads, memory, decide, size, instance.n)
    chosen, reason = _choose(solver, instance.n, instance.d, instance.eps, options, 1, instance.X)
    watch = Watch(instance, options.size, chosen.name, options.decide, progress, on_interrupt)
    exponent = int(scaling.exponents(("X", "z"), instance.X[None], instance.z[None])[0])
    try:
        answer = _run(lambda: _search(chosen, instance, exponent, options), options, watch)
    except KeyboardInterrupt:
        return watch.interrupted()
    seconds = watch.seconds
    error = instance.error(answer.keep)
    status = status_of(error, instance.eps, answer.complete, decide)
    return Solution(
        answer.keep,
        error,
        status,
        bool(answer.complete),
        int(answer.work),
        chosen.name,
        reason,
        seconds,
    )


def solve_batch(
    X3: ArrayLike,
    Z2: ArrayLike,
    eps: float | None = None,
    solver: str | Solver = "auto",
    budget: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
    *,
    memory: int = DEFAULT_MEMORY,
    decide: bool = False,
    size: int | None = None,
) -> BatchSolution:
    """Solve B instances of one shape: X3 (B, n, d), or (B, n) for d = 1; Z2 (B, d), or (B,).

    The other arguments, and the errors, are those of `solve`; ``budget`` is per instance. Returns
    arrays with a leading axis B. One sample for B targets is `solve_targets`, or an X3 made by
    ``np.broadcast_to``, which is recognised. Cost: B searches; d = 1 meet-in-the-middle runs them
    compiled.

    >>> b = slth.solve_batch([[1, 2, 4], [3, 5, 9]], [3, 8], eps=0)
    >>> b.keep.astype(int).tolist(), b.error.tolist()
    ([[1, 1, 0], [1, 1, 0]], [0.0, 0.0])
    """
    words = "(B, n, d), or (B, n) when d = 1"
    raw = checks.numbers("X3", X3, words)
    B = len(raw) if raw.ndim else 0
    X = checks.array("X3", raw[:1] if raw.ndim in (2, 3) and shared(raw) else raw, (2, 3), words)
    X = X.reshape(*X.shape[:2], -1)
    Z, whole_Z = _targets("Z2", Z2, "(B, d), or (B,) when d = 1")
    if Z.shape != (B, X.shape[2]):
        raise ValueError(
            f"Z2: got shape {Z.shape}, takes {(B, X.shape[2])} "
            f"to match X3 of shape {(B, *X.shape[1:])}"
        )
    eps = checked_tolerance(eps, ("X3", "Z2"), X, Z, (is_integer(raw), whole_Z))
    options = _options(budget, seed, device, threads, memory, decide, size, X.shape[1])
    return _solve_all(("X3", "Z2"), X, Z, eps, solver, options)


def solve_targets(
    X: ArrayLike,
    Z: ArrayLike,
    eps: float | None = None,
    solver: str | Solver = "auto",
    budget: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
    *,
    memory: int = DEFAULT_MEMORY,
    decide: bool = False,
    size: int | None = None,
) -> BatchSolution:
    """Solve one sample for B targets: X (n, d), or (n,) for d = 1; Z (B, d), or (B,).

    The answers of `solve_batch` with X repeated B times, without the copies: enumeration and
    meet-in-the-middle do once what depends on X alone. The other arguments, and the errors, are
    those of `solve`; ``budget`` is per target.

    >>> slth.solve_targets([1, 2, 4], [3, 5, 7], eps=0).keep.astype(int).tolist()
    [[1, 1, 0], [1, 0, 1], [1, 1, 1]]
    """
    words = "(n, d) with n, d >= 1"
    raw = checks.numbers("X", X, words)
    one = checks.array("X", raw, (1, 2), words)
    one = one.reshape(len(one), -1)
    targets, whole_Z = _targets("Z", Z, "(B, d), or (B,) when d = 1")
    if targets.shape[1] != one.shape[1]:
        raise ValueError(
            f"Z: got shape {targets.shape}, takes (B, {one.shape[1]}) to match X of "
            f"shape {one.shape}"
        )
    eps = checked_tolerance(eps, ("X", "Z"), one, targets, (is_integer(raw), whole_Z))
    options = _options(budget, seed, device, threads, memory, decide, size, len(one))
    return _solve_all(("X", "Z"), one[None], targets, eps, solver, options)


def instance_of(X: ArrayLike | Instance, z: ArrayLike | None, eps: float | None) -> Instance:
    """The instance that the arguments state, or that is the first of them, checked."""
    if not isinstance(X, Instance):
        if z is None:
            raise TypeError("z: got None, takes (d,) to match X, or pass an Instance as X")
        return Instance.of(X, z, eps)
    for name, value in (("z", z), ("eps", eps)):
        if value is not None:
            raise TypeError(
                f"{name}: got a value beside an Instance, which has its own; takes None: pass "
                "X.X, z and eps, or dataclasses.replace the Instance"
            )
    return X.checked()


def _solve_all(
    names: tuple[str, str],
    given: FloatArray,
    Z: FloatArray,
    eps: float | None,
    solver: str | Solver,
    options: Options,
) -> BatchSolution:
    """Solve X (B, n, d), or (1, n, d) for all targets, Z (B, d); names: of the arguments."""
    B, (_, n, d) = len(Z), given.shape
    X = np.broadcast_to(given, (B, n, d))
    chosen, reason = _choose(solver, n, d, eps, options, B, given[0])
    exponents = scaling.exponents(names, given, Z)
    from slth.solvers.kernels.errors import (
        batch_error,  # numba, which half the pipeline's jobs never need
    )

    def search() -> tuple[BatchAnswer, float, FloatArray]:
        start = time.perf_counter()
        if exponents.any():
            answer = _each(chosen, X, Z, eps, exponents, options)
        else:
            answer = chosen.search_batch(X, Z, eps, options)
        return answer, time.perf_counter() - start, batch_error(X, Z, answer.keep)

    answer, seconds, error = _run(search, options)
    status = batch_status(error, eps, answer.complete, options.decide)
    return BatchSolution(
        answer.keep, error, status, answer.complete, answer.work, chosen.name, reason, seconds
    )


def _search(solver: Solver, instance: Instance, exponent: int, options: Options) -> Answer:
    """Search an instance with a power of two taken out (`scaling.exponents`)."""
    return solver.search(instance.shifted(exponent) if exponent else instance, options)


def _each(
    solver: Solver,
    X: FloatArray,
    Z: FloatArray,
    eps: float | None,
    exponents: np.ndarray,
    options: Options,
) -> BatchAnswer:
    """Search each instance by itself, as `Solver.search_batch` does, a power of two taken out."""
    answers = []
    for b, (x, z, e) in enumerate(zip(X, Z, exponents, strict=True)):
        stopping.check()
        answers.append(_search(solver, Instance(x, z, eps), int(e), for_instance(options, b)))
    return stacked(answers)


def _run(work: Callable[[], Out], options: Options, watch: Watch | None = None) -> Out:
    """Do the work so that a signal ends it; tensors stay in this thread, whose device is chosen."""
    if options.device != gpu.CPU:
        return work()
    if watch is None:
        return stopping.interruptible(work)
    return stopping.interruptible(work, watch.search, watch.tell if watch.progress else None)


def _targets(name: str, value: ArrayLike, words: str) -> tuple[FloatArray, bool]:
    """The targets (B, d), and whether they are integers."""
    raw = checks.numbers(name, value, words)
    values = checks.array(name, raw, (1, 2), words)
    return values.reshape(len(values), -1), is_integer(raw)


def batch_status(
    error: FloatArray, eps: float | None, complete: BoolArray, decide: bool
) -> np.ndarray:
    """`status_of` of each instance, (B,) of Status."""
    outcomes = np.array(
        [
            status_of(np.inf, eps, False, decide),
            status_of(np.inf, eps, True, decide),
            Status.HIT,
        ],
        dtype=object,
    )
    which = complete.astype(np.int8)
    if eps is not None:
        which[error <= eps] = 2
    return outcomes[which]


def _options(
    budget: int | None,
    seed: int,
    device: str,
    threads: int | None,
    memory: int,
    decide: bool,
    size: int | None,
    n: int,
) -> Options:
    if budget is not None:
        budget = checks.integer("budget", budget, 1, MOST_WORK)
    return Options(
        budget,
        checks.integer("seed", seed, low=0),
        checks.choice("device", device, ["cpu", "cuda"]),
        cores.usable() if threads is None else checks.integer("threads", threads, low=1),
        checks.integer("memory", memory, low=1),
        checks.flag("decide", decide),
        None if size is None else checks.integer("size", size, low=0, high=n),
    )


def _choose(
    solver: str | Solver,
    n: int,
    d: int,
    eps: float | None,
    options: Options,
    batch: int,
    X: FloatArray | None = None,
) -> tuple[Solver, str]:
    """The solver and the reason for it; X: candidates (n, d), of the first instance of a batch."""
    if isinstance(solver, Solver):
        chosen, reason = solver, "asked for by object"
    elif isinstance(solver, str) and solver == "auto":
        name, reason = auto.choose(n, d, eps, options, batch, lambda: _short_share(X))
        chosen = registry.get(name)
    else:
        chosen, reason = registry.get(solver), "asked for by name"
    if options.device not in chosen.devices:
        raise ValueError(
            f"device: got {options.device!r}, solver {chosen.name!r} takes "
            f"{', '.join(chosen.devices)}"
        )
    gpu.require(options.device)
    if options.size is not None and not chosen.sized:
        raise ValueError(
            f"size: solver {chosen.name!r} takes subsets of any size only, got {options.size}"
            + _way_out(n, d, options, "; use", "; no solver takes this size")
        )
    refusal = chosen.refusal(n, d)
    if refusal:
        raise ValueError(
            f"solver: {chosen.name!r} cannot take n = {n}, d = {d}: {refusal}"
            + _way_out(n, d, options, "; use", "; use fewer candidates")
        )
    checks.memory(
        f"solver {chosen.name!r} on n = {n}, d = {d}",
        chosen.bytes_on(options.device, n, d),
        options.memory,
        "allow more with memory=" + _way_out(n, d, options, ", or use", ""),
    )
    return chosen, reason


def _short_share(X: FloatArray | None) -> float:
    """The share of the candidates not 0, of X (n, d), shorter than a quarter of their rms."""
    if X is None or not X.any():
        return 0.0
    lengths = np.square(np.ldexp(X, -exponent_of(X))).mean(axis=1)
    lengths = lengths[lengths > 0]
    return float((lengths < lengths.mean() / 16).mean())


def _way_out(n: int, d: int, options: Options, words: str, otherwise: str) -> str:
    """Name the solver that takes the same call: exact ones first where they are affordable."""
    exact = ["mitm", "enumeration", "lattice"]
    others = [name for name in registry.SOLVERS if name not in exact]
    order = [*exact, *others] if n <= auto.EXACT_N else [*others, *exact]
    for name in order:
        solver = registry.get(name)
        if solver.takes(n, d, options):
            proof = "" if solver.exhaustive else " (no proof)"
            return f"{words} solver={name!r}{proof}"
    return otherwise
