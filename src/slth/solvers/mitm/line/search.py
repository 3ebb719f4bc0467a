"""d = 1 meet-in-the-middle of many instances: which kernel, how many candidates first, threads.

With eps, 2^m subsets of the first m candidates mostly hold one within eps long before m = n. So an
instance is tried with few candidates, and with all of them only if that misses. Which m depends on
the instance alone: neither its neighbours in the batch nor the threads change an answer.
"""

import math
from dataclasses import dataclass

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers._base import BatchAnswer, Options, shared
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.errors import batch_error
from slth.solvers.kernels.workers import Workers
from slth.solvers.mitm.line import lanes as mitm_line_lanes
from slth.solvers.mitm.line import merge as mitm_line_merge
from slth.solvers.mitm.line import shared as mitm_line_shared
from slth.solvers.mitm.line import sizes as mitm_line_sizes

MIN_BLOCK, BLOCK = 64, 4096  # instances a thread takes at a time
TASKS = 8  # blocks per thread, at least, so that the threads end together
UNLIMITED = 1 << 62
LEAST_TRY, HITS = 8, 20.0  # candidates in a first try; subsets within eps expected in it


@dataclass(frozen=True)
class Space:
    """Working memory of one thread, seen as lanes of integers or as the buffers of a merge."""

    narrow: np.ndarray
    wide: np.ndarray
    floats: FloatArray

    @classmethod
    def of(cls, n: int) -> "Space":
        size = bytes_needed(n)
        raw = np.empty(size + mitm_line_lanes.ROW_BYTES, np.uint8)
        start = -raw.ctypes.data % mitm_line_lanes.ROW_BYTES
        rows = raw[start : start + size]
        return cls(rows.view(np.int32), rows.view(np.int64), rows.view(np.float64))

    def buffers(self, m: int) -> FloatArray:
        """Five buffers of 2^⌊m/2⌋ float64."""
        return self.floats[: 5 << (m // 2)].reshape(5, -1)


@dataclass
class Block:
    """Some instances, X (B, n), z (B,), size −1 for any, and what is known of each."""

    X: FloatArray
    z: FloatArray
    size: int
    keep: BoolArray
    error: FloatArray
    complete: BoolArray
    work: np.ndarray


def bytes_needed(n: int) -> int:
    """Working memory of one thread."""
    lanes = mitm_line_lanes.bytes_needed(min(n, mitm_line_lanes.MAX_N))
    return max(lanes, 5 * 8 << (n // 2))


def search_batch(X: FloatArray, z: FloatArray, eps: float | None, options: Options) -> BatchAnswer:
    """Search B instances: X (B, n), z (B,); one sample for all of them is searched as one table."""
    B, n = X.shape
    size = -1 if options.size is None else options.size
    answer = BatchAnswer(
        np.zeros((B, n), dtype=bool), np.zeros(B, dtype=bool), np.ones(B, dtype=np.int64)
    )
    answer.keep[:, : max(size, 0)] = True
    each = bytes_needed(n)
    threads = max(1, min(options.threads, options.memory // each))
    step = min(BLOCK, max(MIN_BLOCK, -(-B // (TASKS * threads))))
    starts = range(0, B, step)

    def search(start: int, space: Space) -> None:
        place = slice(start, start + step)
        part, targets = (np.require(a[place], requirements=["C", "W"]) for a in (X, z))  # one type
        keep = answer.keep[place]
        error = batch_error(part[:, :, None], targets[:, None], keep)
        block = Block(part, targets, size, keep, error, answer.complete[place], answer.work[place])
        if options.budget is None:
            _search_block(block, eps, space)
        else:
            _spend(block, options.budget, space)

    one = shared(X[:, :, None]) and options.budget is None and options.size is None
    if one and mitm_line_shared.takes(n, options.memory):
        tries = _tries(np.array(X[:1]), eps).tolist()
        tied = mitm_line_shared.search(
            np.array(X[0]), np.array(z), eps, sorted({*tries, n}), options, answer
        )
        if tied.size:  # among equals as in a search of its own
            again = search_batch(X[tied], z[tied], eps, options)
            answer.keep[tied], answer.complete[tied] = again.keep, again.complete
            answer.work[tied] += again.work
        return answer
    with Workers(min(threads, len(starts)), lambda: Space.of(n)) as workers:
        workers.run(search, starts)
    return answer


def _search_block(block: Block, eps: float | None, space: Space) -> None:
    """Try few candidates, then all. Without eps, or where eps is small, all at once."""
    n = block.X.shape[1]
    if eps is None:
        _search_first(block, n, np.arange(len(block.X)), space)
        return
    if block.size < 0:
        tries = _tries(block.X, eps)
        for m in range(LEAST_TRY, n, 2):
            _search_first(block, m, np.flatnonzero((tries == m) & (block.error > eps)), space)
    _search_first(block, n, np.flatnonzero(block.error > eps), space)


def _tries(X: FloatArray, eps: float | None) -> np.ndarray:
    return first_tries(X, 0.0 if eps is None else eps)


@njit(cache=True, nogil=True)
def first_tries(X: FloatArray, eps: float) -> np.ndarray:
    """Candidates among which HITS subsets within eps are expected at z = 0, (B,); n if that is all.

    2^m·2·eps/(√(2π) s) = HITS with s² = m E[x²]/4.
    """
    B, n = X.shape
    tries = np.full(B, n)
    for b in range(B):
        square = 0.0
        for v in X[b]:
            square += v * v
        for m in range(LEAST_TRY, n - 3, 2):
            if 2.0 ** (m + 1) * eps >= HITS * math.sqrt(math.pi * m / 2 * square / n):
                tries[b] = m
                break
    return tries


def _search_first(block: Block, m: int, chosen: np.ndarray, space: Space) -> None:
    """Search the first m candidates of the chosen instances; complete when these are all."""
    if chosen.size == 0:
        return
    if not mitm_line_lanes.MIN_N <= m <= mitm_line_lanes.MAX_N:
        _merge(block, m, chosen, UNLIMITED, space)
        return
    failed = np.zeros(len(block.X), dtype=bool)
    narrow = mitm_line_lanes.is_narrow(m, block.size)
    mitm_line_lanes.search(
        block.X,
        block.z,
        m,
        block.size,
        chosen,
        space.narrow if narrow else space.wide,
        block.keep,
        block.error,
        failed,
        stopping.flag(),
    )
    stopping.check(block.keep[0])  # of a batch of one
    again = np.flatnonzero(failed)
    if again.size:
        before = block.work[again]
        _merge(block, m, again, UNLIMITED, space)
        block.work[again] = before
    block.work[chosen] += mitm_line_lanes.work(m, block.size)
    block.complete[chosen] = m == block.X.shape[1]


def _merge(block: Block, m: int, chosen: np.ndarray, steps: int, space: Space) -> None:
    buffers = space.buffers(m)
    known = block.keep, block.error, block.work, block.complete, stopping.flag()
    if block.size < 0:
        mitm_line_merge.search(block.X, block.z, m, chosen, steps, buffers, *known)
    else:
        mitm_line_sizes.search(block.X, block.z, m, block.size, chosen, steps, buffers, *known)
    stopping.check()
    if m < block.X.shape[1]:
        block.complete[chosen] = False


def _spend(block: Block, budget: int, space: Space) -> None:
    """Search as many of the first candidates as the budget has sums for, as far as it goes."""
    m = affordable(block.X.shape[1], budget)
    steps = budget - 1 - (1 << (m - m // 2)) - (1 << (m // 2))
    if m >= max(1, block.size):
        _merge(block, m, np.arange(len(block.X)), max(0, steps), space)


def affordable(n: int, budget: int | None) -> int:
    """The most candidates, up to n, whose half lists 2^⌈m/2⌉ + 2^⌊m/2⌋ fit in the budget."""
    m = n
    while budget is not None and m > 0 and (1 << (m - m // 2)) + (1 << (m // 2)) >= budget:
        m -= 1
    return m
