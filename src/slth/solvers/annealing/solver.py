"""Simulated annealing over single flips and short double flips."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth import seeding
from slth.checks import BoolArray
from slth.problem import Instance
from slth.solvers._base import Answer, Options, Solver
from slth.solvers.annealing import moves as annealing_moves
from slth.solvers.kernels import stopping
from slth.solvers.kernels.workers import Workers

DEFAULT_BUDGET = 2**27  # moves: 4 s a core at d = 9
SMALL_BITS = 4  # no more than 2^(n + 4) moves by default: there are 2^n subsets
NEAR_N = 2048  # the shortest candidates, among which double moves are looked for
NEAR_SHARE = 8  # at most 1/8 of the budget goes into looking for them


@dataclass(frozen=True)
class Annealing(Solver):
    """Metropolis walk on ‖Σ_S X_i − z‖₂ with geometric cooling; the best sup norm seen is kept.

    The 2-norm guides better than the sup norm, whose plateaus say little. Nine moves in ten flip
    two candidates that nearly cancel: such steps are shorter than any single candidate, and the
    share of subsets within reach of a step of length ρ grows as ρ^(−d). With a size every move
    exchanges a kept candidate for another. Independent restarts, each of an equal share of the
    budget, run on the threads; with eps they run in waves until one hits.

    restarts: walks. wave: walks between two looks for a hit. hot, cold: temperatures in units of
    the root mean square entry; the last one falls with the error in reach, budget^(−1/d)/3.
    """

    restarts: int = 8
    wave: int = 4
    hot: float = 0.3
    cold: float = 0.05

    name: ClassVar[str] = "annealing"
    printed: ClassVar[str] = "annealing"
    handles: ClassVar[str] = "any n and d; subsets of a given size; a quick first answer for d ≤ 12"
    cannot: ClassVar[str] = "prove; gain much from more time (error ~ moves^(−1/d)); use klist"
    cost: ClassVar[str] = "O(d) a move, 30 ns at d = 9; budget = moves, default 2^27"
    source: ClassVar[str] = "Kirkpatrick, Gelatt and Vecchi 1983, doi:10.1126/science.220.4598.671"
    sized: ClassVar[bool] = True

    def bytes_needed(self, n: int, d: int) -> int:
        """Three copies of the candidates, the double moves, and each walk's state."""
        return 2**20 + 24 * n * d + 128 * min(n, NEAR_N) + (self.restarts + 1) * 64 * (n + d)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Return the best of the walks; the first of equals, so that threads do not matter."""
        n = instance.n
        default = min(DEFAULT_BUDGET, 2 ** min(n + SMALL_BITS, 62))
        budget = default if options.budget is None else options.budget
        scaled = instance.shifted(instance.exponent - 1)  # squares neither vanish nor overflow
        pairs, work = _double_moves(scaled, options.size is not None, budget)
        restarts = max(1, min(self.restarts, budget - work))
        moves = (budget - work) // restarts
        best, error = _start(n, options.size), math.inf
        unit = annealing_moves.scale(scaled.X)
        with Workers(options.threads, lambda: None) as workers:
            for first in range(0, restarts, self.wave):
                turns = range(first, min(first + self.wave, restarts))
                found = workers.run(
                    lambda turn, _: self._walk(scaled, options, pairs, moves, unit, turn),
                    list(turns),
                )
                for keep, made in found:
                    work += made
                    reached = scaled.error(keep)
                    if reached < error:
                        best, error = keep, reached
                if error <= (scaled.eps or 0.0):
                    break
        return Answer(best, False, max(1, work))

    def _walk(
        self,
        instance: Instance,
        options: Options,
        pairs: np.ndarray,
        moves: int,
        unit: float,
        turn: int,
    ) -> tuple[BoolArray, int]:
        keep = _start(instance.n, options.size)
        cold = min(self.cold, max(moves, 1) ** (-1 / instance.d) / 3)
        made = annealing_moves.walk(
            instance.X,
            instance.z,
            keep,
            pairs,
            options.size is not None,
            seeding.child(options.seed, "annealing", turn),
            moves,
            self.hot * unit,
            cold * unit,
            instance.eps or 0.0,
            stopping.flag(),
        )
        stopping.offer(keep)
        return keep, int(made)


def _start(n: int, size: int | None) -> BoolArray:
    """The empty subset, or the first candidates when a size is asked for."""
    return np.arange(n) < (size or 0)


def _double_moves(instance: Instance, swaps: bool, budget: int) -> tuple[np.ndarray, int]:
    """Pairs of candidates worth moving together, and how many pairs were measured for them."""
    m = min(instance.n, NEAR_N, math.isqrt(budget // NEAR_SHARE))
    if m < 2:
        return np.empty((0, 2), dtype=np.int64), 0
    lengths = np.einsum("nd,nd->n", instance.X, instance.X)
    shortest = np.argsort(lengths, kind="stable")[:m]
    pairs = annealing_moves.nearest(instance.X, shortest, swaps, stopping.flag())
    stopping.check()
    return pairs, m * (m - 1)
