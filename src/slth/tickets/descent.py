"""Coordinate descent over subsets: what is left when a problem has hundreds of dimensions."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, Options, Solver


@dataclass(frozen=True)
class Descent(Solver):
    """From the empty subset, add or remove the candidate that lowers ‖Σ_S X − z‖₂ most.

    Stops where no flip lowers it, when within eps, or at the budget (flips tried, default 100 n).
    Returns the subset seen with the least sup norm; the empty one is among them. Deterministic.
    """

    name: ClassVar[str] = "descent"
    handles: ClassVar[str] = "any n, d"
    cannot: ClassVar[str] = "prove anything; for d <= 25 auto is better"
    cost: ClassVar[str] = "O(n) a step, n² numbers of memory"
    source: ClassVar[str] = "folklore"

    def bytes_needed(self, n: int, d: int) -> int:
        """Candidates and their Gram matrix, two float64 arrays."""
        return 8 * n * (d + n)

    def search(self, instance: Instance, options: Options) -> Answer:
        X, n = instance.X, instance.n
        gram = X @ X.T
        half = 0.5 * gram.diagonal()
        keep = np.zeros(n, dtype=bool)
        pull = X @ instance.z  # ⟨X_i, z − Σ_S X⟩
        best, least = keep.copy(), instance.error(keep)
        budget = 100 * n if options.budget is None else options.budget
        work = 0
        while work + n <= budget and not (instance.eps is not None and least <= instance.eps):
            work += n
            flip = _steepest(pull, half, keep)
            if flip is None:
                break
            pull -= gram[flip] if not keep[flip] else -gram[flip]
            keep[flip] = not keep[flip]
            error = instance.error(keep)
            if error < least:
                best, least = keep.copy(), error
        return Answer(best, False, work)


def _steepest(pull: FloatArray, half: FloatArray, keep: np.ndarray) -> int | None:
    """Index whose flip lowers ½‖r‖² most: by ±⟨X, r⟩ − ½‖X‖², r = z − Σ_S X; None if none does."""
    gain = np.where(keep, -pull, pull) - half
    flip = int(gain.argmax())
    return flip if gain[flip] > 1e-12 * max(half[flip], 1.0) else None
