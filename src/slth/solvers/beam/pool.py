"""Many targets over one pool of candidates a_i v_i, as the constructions have them."""

from dataclasses import dataclass

import numpy as np
from numba import types
from numpy.typing import ArrayLike

from slth import checks, cores
from slth.checks import BoolArray, FloatArray
from slth.solvers._base import DEFAULT_MEMORY
from slth.solvers.beam import ladder
from slth.solvers.beam.batch import UNLIMITED, solve_block, working_bytes
from slth.solvers.beam.descent import Integers
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.workers import Workers

WIDTH = 256
WIDEST = 2**20
BLOCK = 32  # targets a thread takes at a time
FARTHEST = 2.0**500  # squares and sums of what is below are finite


@dataclass(frozen=True)
class Found:
    """B answers: keep (B, n) bool, error (B,) recomputed in float64, work (B,) rests examined."""

    keep: BoolArray
    error: FloatArray
    work: Integers


def search(
    factors: ArrayLike,
    directions: ArrayLike,
    targets: ArrayLike,
    width: int = WIDTH,
    *,
    gap: float = ladder.GAP,
    reach: float = ladder.REACH,
    threads: int | None = None,
    memory: int = DEFAULT_MEMORY,
) -> Found:
    """Search the pool X_bi = a_i v_bi for subsets that sum to the targets, all compiled.

    factors: (n,), the a_i, of either sign. directions: (B, n, d), the v_bi of each target, or
    (n, d) for all; |a_i| is taken as the length of X_bi, which holds for entries of root mean
    square 1, exactly or on average. targets: (B, d). width: rests kept near the end, 1 to 2^20.
    gap (>= 0): a candidate taken is at least 1 + gap/d times as long as the one before; more gives
    smaller subsets and larger errors. reach (> 0): of the longest one, in root mean squares of the
    target. threads, memory: as in `slth.solve`.

    The order by |a_i| is made once a block of targets, and only the candidates that the scale of a
    target asks for are looked at: `used` says which, so that the others need never be drawn. In
    all else the answers are those of `slth.solve_batch(factors[:, None] * directions, targets,
    solver="beam")`: no subset is worse than the empty one, and nothing is random.

    Raises ValueError/TypeError naming the argument: shapes, NaN or inf, products beyond 2^500;
    checks.TooLargeError where the working arrays exceed ``memory``. Cost: 0.1 ms per target at d =
    9, n = 200; 1 ms at d = 25, n = 4000.
    """
    a = checks.array("factors", factors, (1,), "(n,)")
    V = checks.array("directions", directions, (2, 3), "(n, d) or (B, n, d)")
    Z = checks.array("targets", targets, (2,), "(B, d)")
    V = V[None] if V.ndim == 2 else V
    B, d = Z.shape
    if V.shape[1:] != (len(a), d) or len(V) not in (1, B):
        raise ValueError(
            f"directions: got shape {V.shape}, takes {(len(a), d)} or {(B, len(a), d)} to match "
            f"factors {a.shape} and targets {Z.shape}"
        )
    _check_sizes(a, V, Z)
    width = checks.integer("width", width, 1, WIDEST)
    steps = ladder.check(gap, reach)
    one = working_bytes(len(a), d, width)
    checks.memory("a beam", one, memory, "take a smaller width, or allow more with memory=")
    threads = cores.usable() if threads is None else checks.integer("threads", threads, low=1)
    found = Found(np.zeros((B, len(a)), bool), np.empty(B), np.zeros(B, np.int64))

    def block(start: int, _: None) -> None:
        part = slice(start, start + BLOCK)
        own = np.ascontiguousarray(V if len(V) == 1 else V[part])
        goal = np.ascontiguousarray(Z[part])
        keep, work, error = found.keep[part], found.work[part], found.error[part]
        solve_block(own, a, goal, steps, width, UNLIMITED, keep, work, stopping.flag())
        _settle(own, a, goal, keep, error)

    def work() -> None:
        with Workers(min(threads, max(1, memory // one)), lambda: None) as workers:
            workers.run(block, range(0, B, BLOCK))

    stopping.interruptible(work)
    return found


def used(
    factors: ArrayLike,
    d: int,
    scale: float,
    *,
    gap: float = ladder.GAP,
    reach: float = ladder.REACH,
) -> Integers:
    """Numbers (m,) of the candidates that `search` may look at, from the shortest to the longest.

    factors: (n,); d >= 1; scale: the largest root mean square entry of a target, > 0; gap, reach:
    those of the `search`. Searched alone these candidates give the same subsets, where each target
    finds 4d + 16 of them up to its own scale, as in pools of all lengths, and within the reach of
    their sums; `search` looks beyond otherwise. Raises ValueError/TypeError naming the argument.
    Cost: a sort.
    """
    a = np.abs(checks.array("factors", factors, (1,), "(n,)"))
    d = checks.integer("d", d, low=1)
    gap, reach = ladder.check(gap, reach)
    top = reach * checks.positive("scale", scale)
    chosen: Integers = ladder.rungs(a, ladder.ascending(a, top), d, top, gap)
    return chosen


def _check_sizes(a: FloatArray, V: FloatArray, Z: FloatArray) -> None:
    largest = float(np.abs(a).max()), max(float(V.max()), -float(V.min()))
    if largest[0] >= FARTHEST / max(largest[1], 1.0) or largest[1] >= FARTHEST:
        raise ValueError(
            f"factors: got products up to {largest[0]:.3g} times {largest[1]:.3g}, takes products "
            "below 2^500; divide factors and targets by a power of two"
        )
    if float(np.abs(Z).max()) >= FARTHEST:
        raise ValueError(
            f"targets: got entries up to {np.abs(Z).max():.3g}, takes entries below 2^500; divide "
            "factors and targets by a power of two"
        )


@njit(
    types.void(
        types.Array(types.float64, 3, "C", readonly=True),
        types.Array(types.float64, 1, "C", readonly=True),
        types.Array(types.float64, 2, "C", readonly=True),
        types.boolean[:, ::1],
        types.float64[::1],
    ),
    cache=True,
    nogil=True,
)
def _settle(
    V: FloatArray, a: FloatArray, Z: FloatArray, keep: BoolArray, error: FloatArray
) -> None:
    """Set error (B,), sums in index order; a subset no better than the empty one becomes that."""
    n, d = V.shape[1:]
    total = np.empty(d)
    for b in range(len(Z)):
        rows = V[min(b, len(V) - 1)]
        total[:] = 0.0
        for i in range(n):
            if keep[b, i]:
                for k in range(d):
                    product = a[i] * rows[i, k]
                    total[k] += product
        error[b], empty = 0.0, 0.0
        for k in range(d):
            error[b] = max(error[b], abs(total[k] - Z[b, k]))
            empty = max(empty, abs(Z[b, k]))
        if error[b] >= empty:
            keep[b], error[b] = False, empty
