"""d = 1 meet-in-the-middle of many instances: which kernel, how many candidates first, threads.

With eps, 2^m subsets of the first m candidates mostly hold one within eps long before m = n. So an
instance is tried with few candidates, and with all of them only if that misses. Which m depends on
the instance alone: neither its neighbours in the batch nor the threads change an answer.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from slth.checks import BoolArray, FloatArray
from slth.solvers import mitm_line_lanes, mitm_line_merge
from slth.solvers.base import BatchAnswer, Options
from slth.solvers.crew import Crew

BLOCK = 4096  # instances a thread takes at a time, at most
TASKS = 8  # blocks a thread, at least, so that the threads end together
UNLIMITED = 1 << 62
LEAST_TRY, HITS = 8, 8.0  # candidates in a first try; subsets within eps expected in it


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
    """Some instances, X (B, n), z (B,), and what is known of each."""

    X: FloatArray
    z: FloatArray
    keep: BoolArray
    error: FloatArray
    complete: BoolArray
    work: np.ndarray


def bytes_needed(n: int) -> int:
    """Working memory of one thread."""
    lanes = mitm_line_lanes.bytes_needed(min(n, mitm_line_lanes.MAX_N))
    return max(lanes, 5 * 8 << (n // 2))


def search_batch(X: FloatArray, z: FloatArray, eps: float | None, options: Options) -> BatchAnswer:
    """Search B instances: X (B, n), z (B,). Every budget is spent by the merging kernel."""
    B, n = X.shape
    answer = BatchAnswer(
        np.zeros((B, n), dtype=bool), np.zeros(B, dtype=bool), np.ones(B, dtype=np.int64)
    )
    fit = options.memory // bytes_needed(n)
    threads = max(1, min(options.threads, fit))
    step = min(BLOCK, max(64, -(-B // (TASKS * threads))))
    blocks = [slice(start, start + step) for start in range(0, B, step)]

    def search(block: slice, space: Space) -> None:
        part = Block(
            np.array(X[block], order="C"),  # writable: one compiled type
            np.array(z[block]),
            answer.keep[block],
            np.abs(z[block]),
            answer.complete[block],
            answer.work[block],
        )
        if options.budget is None:
            _search_block(part, eps, space)
        else:
            _spend(part, options.budget, space)

    with Crew(min(threads, len(blocks)), lambda: Space.of(n)) as crew:
        crew.run(search, blocks)
    return answer


def _search_block(block: Block, eps: float | None, space: Space) -> None:
    """Try few candidates, then all. Without eps, or where eps is small, all at once."""
    n = block.X.shape[1]
    if eps is None or eps <= 0:
        _search_first(block, n, np.arange(len(block.X)), space)
        return
    tries = first_tries(block.X, eps)
    for m in range(LEAST_TRY, n, 2):
        _search_first(block, m, np.flatnonzero((tries == m) & (block.error > eps)), space)
    _search_first(block, n, np.flatnonzero(block.error > eps), space)


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
    mitm_line_lanes.search(
        block.X,
        block.z,
        m,
        -1,
        chosen,
        space.narrow if mitm_line_lanes.is_narrow(m, -1) else space.wide,
        block.keep,
        block.error,
        failed,
    )
    again = np.flatnonzero(failed)
    if again.size:
        before = block.work[again]
        _merge(block, m, again, UNLIMITED, space)
        block.work[again] = before
    block.work[chosen] += mitm_line_lanes.work(m)
    block.complete[chosen] = m == block.X.shape[1]


def _merge(block: Block, m: int, chosen: np.ndarray, steps: int, space: Space) -> None:
    mitm_line_merge.search(
        block.X,
        block.z,
        m,
        chosen,
        steps,
        space.buffers(m),
        block.keep,
        block.error,
        block.work,
        block.complete,
    )
    if m < block.X.shape[1]:
        block.complete[chosen] = False


def _spend(block: Block, budget: int, space: Space) -> None:
    """Search as many of the first candidates as the budget has sums for, as far as it goes."""
    m = affordable(block.X.shape[1], budget)
    steps = budget - 1 - (1 << (m - m // 2)) - (1 << (m // 2))
    if m > 0:
        _merge(block, m, np.arange(len(block.X)), max(0, steps), space)


def affordable(n: int, budget: int | None) -> int:
    """The most candidates, up to n, whose half lists 2^⌈m/2⌉ + 2^⌊m/2⌋ fit in the budget."""
    m = n
    while budget is not None and m > 0 and (1 << (m - m // 2)) + (1 << (m // 2)) >= budget:
        m -= 1
    return m
