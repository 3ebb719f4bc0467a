"""Instance, Solution, Status: the words every room speaks.

MRSS (multidimensional random subset sum): given candidates X of shape (n, d), rows are vectors,
and a target z of shape (d,), find S ⊆ [n] with ‖Σ_{i∈S} X_i − z‖_∞ ≤ eps.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from slth import checks
from slth.checks import BoolArray, FloatArray

EXACT_INTEGERS = 2.0**53  # float64 holds every integer up to here


class Status(enum.Enum):
    """How a search ended. The value is a sentence for people."""

    HIT = "a subset within eps was found"
    OPTIMAL = "the best subset was found and proved best; eps was missed or not given"
    NO_HIT = "no subset is within eps: proved; the subset returned is the best one seen"
    BUDGET = "the search ended before a proof; the subset returned is the best one found"


@dataclass(frozen=True)
class Instance:
    """One MRSS problem: candidates X (n, d), target z (d,), tolerance eps or None (minimise)."""

    X: FloatArray
    z: FloatArray
    eps: float | None = None

    @classmethod
    def of(cls, X: ArrayLike, z: ArrayLike, eps: float | None = None) -> "Instance":
        """Check and convert; X may be (n,) and z a scalar when d = 1.

        Raises ValueError/TypeError naming the argument: wrong shape, NaN or inf, empty, eps <= 0
        (eps = 0 is allowed when X and z are integers, where a hit can be exact).
        """
        vectors = checks.array("X", X, (1, 2), "(n, d) with n, d >= 1")
        vectors = vectors.reshape(len(vectors), -1)
        target = checks.array("z", z, (0, 1), "(d,)").reshape(-1)
        if target.shape[0] != vectors.shape[1]:
            raise ValueError(
                f"z: got shape {target.shape}, takes ({vectors.shape[1]},) to match X "
                f"of shape {vectors.shape}"
            )
        eps = tolerance(eps, _is_integer(X) and _is_integer(z))
        if eps == 0:
            exact_sums("X", vectors, "z", target)
        return cls(vectors, target, eps)

    @property
    def n(self) -> int:
        """Number of candidates."""
        return self.X.shape[0]

    @property
    def d(self) -> int:
        """Dimension of a candidate."""
        return self.X.shape[1]

    def error(self, keep: BoolArray) -> float:
        """‖Σ_{keep} X_i − z‖_∞ in float64, the sum taken in index order (as in `batch_error`)."""
        kept = self.X[keep]
        total = np.add.accumulate(kept, axis=0)[-1] if len(kept) else 0.0
        return float(np.abs(total - self.z).max())


@dataclass(frozen=True)
class Solution:
    """The answer to one instance.

    keep: (n,) bool. error: sup norm recomputed in float64 from keep. proved: every subset was
    accounted for, so error is the least possible up to float64 rounding of the sums (with NO_HIT:
    no subset is within eps). work: subsets, pairs or nodes examined. seconds: for information,
    decides nothing.
    """

    keep: BoolArray
    error: float
    status: Status
    proved: bool
    work: int
    solver: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class BatchSolution:
    """Answers to B instances: every array of a Solution with a leading axis B."""

    keep: BoolArray
    error: FloatArray
    status: np.ndarray
    proved: BoolArray
    work: np.ndarray
    solver: str
    reason: str
    seconds: float


def tolerance(eps: float | None, exact: bool = False) -> float | None:
    """Check eps: None, or > 0 (>= 0 when ``exact``: integer candidates and target)."""
    if eps is None or (exact and checks.real("eps", eps) == 0):
        return None if eps is None else 0.0
    return checks.positive("eps", eps)


def exact_sums(x_name: str, X: FloatArray, z_name: str, z: FloatArray) -> None:
    """Refuse integers X (..., n, d), z (..., d) with partial sums that float64 may round.

    eps = 0 asks for an exact hit; every |Σ_S X_i − z| is exact while Σ|X_i| + |z| ≤ 2^53.
    """
    largest = float((np.abs(X).sum(axis=-2) + np.abs(z)).max())
    if largest > EXACT_INTEGERS:
        raise ValueError(
            f"eps: got 0 with integers {x_name}, {z_name} whose sums reach {largest:.3g}; takes 0 "
            f"when Σ|{x_name}| + |{z_name}| <= 2^53, where float64 sums are exact, else eps > 0"
        )


def status_of(error: float, eps: float | None, complete: bool, decide: bool) -> Status:
    """Name the outcome of a search whose incumbent has this error."""
    if eps is not None and error <= eps:
        return Status.HIT
    if complete:
        return Status.NO_HIT if decide and eps is not None else Status.OPTIMAL
    return Status.BUDGET


def _is_integer(value: ArrayLike) -> bool:
    return np.asarray(value).dtype.kind in "iu"
