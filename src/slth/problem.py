"""Instance, Solution, Status: the words every room speaks.

MRSS (multidimensional random subset sum): given candidates X of shape (n, d), rows are vectors,
and a target z of shape (d,), find S ⊆ [n] with ‖Σ_{i∈S} X_i − z‖_∞ ≤ eps.
"""

from __future__ import annotations

import enum
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from slth import checks
from slth.checks import EXACT_INTEGERS, BoolArray, FloatArray
from slth.values import Printed, Value, at_most


class Status(enum.Enum):
    """How a search ended. The value is a sentence for people.

    >>> slth.solve([3, 5, 8], 4, eps=0.5).status
    <Status.OPTIMAL: 'the best subset was found and proved best; eps was missed or not given'>
    >>> slth.Status.NO_HIT.value
    'no subset is within eps: proved; the subset returned is the best one seen'
    """

    HIT = "a subset within eps was found"
    OPTIMAL = "the best subset was found and proved best; eps was missed or not given"
    NO_HIT = "no subset is within eps: proved; the subset returned is the best one seen"
    BUDGET = "the search ended before a proof; the subset returned is the best one found"


@dataclass(frozen=True, eq=False, repr=False)
class Instance(Printed, Value):
    """One MRSS problem: candidates X (n, d), target z (d,), tolerance eps or None (minimise).

    >>> problem = slth.Instance.of([[3, 1], [2, 5], [4, 4]], [5, 6], eps=0.5)
    >>> slth.solve(problem).keep.tolist()
    [True, True, False]
    """

    X: FloatArray
    z: FloatArray
    eps: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no array, which `of` converts; `checked` looks at shapes and numbers."""
        for name, value in (("X", self.X), ("z", self.z)):
            if not isinstance(value, (np.ndarray, np.generic)):
                kind = type(value).__name__
                raise TypeError(f"{name}: got {kind}, takes a NumPy array; Instance.of converts")

    @classmethod
    def of(cls, X: ArrayLike, z: ArrayLike, eps: float | None = None) -> Instance:
        """Check and convert; X may be (n,) and z a scalar when d = 1.

        Takes what `checks.numbers` takes. Raises ValueError/TypeError naming the argument: wrong
        shape, NaN or inf, empty, a number that float64 does not hold, integers whose sums it does
        not hold (`checked_tolerance`), eps <= 0 (eps = 0 is allowed when X and z are integers,
        where a hit can be exact).

        >>> slth.Instance.of([[3, 1], [2, 5], [4, 4]], [5, 6], eps=0.5)
        Instance: n = 3, d = 2, eps = 0.5
        """
        shapes = "(n, d) with n, d >= 1", "(d,)"
        raw_X, raw_z = checks.numbers("X", X, shapes[0]), checks.numbers("z", z, shapes[1])
        vectors = checks.array("X", raw_X, (1, 2), shapes[0])
        vectors = vectors.reshape(len(vectors), -1)
        target = checks.array("z", raw_z, (0, 1), shapes[1]).reshape(-1)
        if target.shape[0] != vectors.shape[1]:
            raise ValueError(
                f"z: got shape {target.shape}, takes ({vectors.shape[1]},) to match X "
                f"of shape {vectors.shape}"
            )
        whole = is_integer(raw_X), is_integer(raw_z)
        return cls(vectors, target, checked_tolerance(eps, ("X", "z"), vectors, target, whole))

    def checked(self) -> Instance:
        """The same by the checks of `of`; eps = 0 where all entries are whole numbers."""
        X, z = checks.array("X", self.X, (2,), "(n, d)"), checks.array("z", self.z, (1,), "(d,)")
        zero = self.eps is not None and checks.real("eps", self.eps) == 0
        if zero and not ((X % 1).any() or (z % 1).any()):
            return Instance.of(X.astype(np.int64), z.astype(np.int64), 0)
        return Instance.of(X, z, self.eps)

    @property
    def n(self) -> int:
        """Number of candidates."""
        return self.X.shape[0]

    @property
    def d(self) -> int:
        """Dimension of a candidate."""
        return self.X.shape[1]

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        eps = f"{self.eps:g}" if isinstance(self.eps, float) else checks.shown(self.eps)
        wanted = "the least error" if self.eps is None else f"eps = {eps}"
        return f"Instance: n = {len(self.X)}, d = {self.z.size}, {wanted}", {}

    @property
    def exponent(self) -> int:
        """The e with the largest |entry| of X and z in [2^(e−1), 2^e); 0 if all are 0."""
        return exponent_of(self.X, self.z)

    def shifted(self, exponent: int) -> Instance:
        """Times 2^−exponent, C-ordered and writable; eps by `shifted_tolerance`."""
        with np.errstate(under="ignore"):
            X, z = np.ldexp(self.X, -exponent), np.ldexp(self.z, -exponent)
        return Instance(np.ascontiguousarray(X), z, shifted_tolerance(self.eps, exponent))

    def error(self, keep: BoolArray) -> float:
        """‖Σ_{keep} X_i − z‖_∞ in float64, the sum taken in index order (as in `batch_error`).

        A sum on the way may exceed float64's range; inf only where the error itself does.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            error = self._error(keep)
        if math.isfinite(error):
            return error
        spare = self.n.bit_length() + 2  # no sum of n + 1 terms overflows then
        return times_power(self.shifted(spare)._error(keep), spare)

    def _error(self, keep: BoolArray) -> float:
        kept = self.X[keep]
        total = np.add.accumulate(kept, axis=0)[-1] if len(kept) else 0.0
        return float(np.abs(total - self.z).max())


@dataclass(frozen=True, eq=False, repr=False)
class Solution(Printed, Value):
    """The answer to one instance.

    keep: (n,) bool. error: sup norm recomputed in float64 from keep. work: subsets, pairs or nodes
    examined. seconds: for information, decides nothing.

    proved: every subset was accounted for, so error is the least possible (with NO_HIT: no subset
    is within eps) up to float64 rounding of the sums: no other subset is better by more than
    (n + 3)·2^−51·(Σ|X_i| + |z|), the largest coordinate. Where float64 holds all sums, as it does
    for all integers that `solve` takes, nothing is rounded and the proof is exact.

    Of several subsets with the least error, "enumeration" returns the one of the lowest mask
    (candidate i is bit i); every other solver returns one that depends on the instance, eps and the
    options alone: "mitm" the same from `solve`, `solve_batch` and `solve_targets`. Solutions are
    equal when all but ``seconds`` is.

    >>> s = slth.solve([3, 5, 8], 12)
    >>> s.keep.tolist(), s.error, s.status.name, s.proved
    ([False, True, True], 1.0, 'OPTIMAL', True)
    """

    keep: BoolArray
    error: float
    status: Status
    proved: bool
    work: int
    solver: str
    reason: str
    seconds: float = field(compare=False)

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        kept = f"{int(self.keep.sum())} of {len(self.keep)} kept"
        return f"Solution: {self.status.name}, error {at_most(self.error)}, {kept}", {
            "status": self.status.value,
            "solver": f"{self.solver} ({self.reason})",
            "work": f"{self.work:,}, {'every subset accounted for' if self.proved else 'no proof'}",
        }


@dataclass(frozen=True, eq=False, repr=False)
class BatchSolution(Printed, Value):
    """Answers to B instances: every array of a Solution with a leading axis B.

    b[i] is the Solution of instance i, and iteration gives them in order; seconds are the batch's.

    >>> b = slth.solve_batch([[1, 2, 4], [3, 5, 9]], [3, 9.5])
    >>> b.error.tolist(), b.keep.sum(axis=1).tolist(), [status.name for status in b.status]
    ([0.0, 0.5], [2, 1], ['OPTIMAL', 'OPTIMAL'])
    >>> b[0].error, max(s.error for s in b)
    (0.0, 0.5)
    """

    keep: BoolArray
    error: FloatArray
    status: np.ndarray
    proved: BoolArray
    work: np.ndarray
    solver: str
    reason: str
    seconds: float = field(compare=False)

    def __len__(self) -> int:
        """The number of instances."""
        return len(self.keep)

    def __getitem__(self, i: SupportsIndex) -> Solution:
        """The answer to instance i, counted from the end below 0; IndexError beyond."""
        return Solution(
            keep=self.keep[i],
            error=float(self.error[i]),
            status=self.status[i],
            proved=bool(self.proved[i]),
            work=int(self.work[i]),
            solver=self.solver,
            reason=self.reason,
            seconds=self.seconds,
        )

    def __iter__(self) -> Iterator[Solution]:
        """The answers in the order of the instances."""
        return (self[i] for i in range(len(self)))

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        counts = Counter(status.name for status in self.status)
        ended = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
        facts: dict[str, object] = {"solver": f"{self.solver} ({self.reason})"}
        if len(self):
            errors = f"median {np.median(self.error):.4g}, worst {at_most(float(self.error.max()))}"
            kept = f"{self.keep.sum(axis=1).mean():.1f} of {self.keep.shape[1]} on average"
            work = f"{int(self.work.sum()):,}, {int(self.proved.sum()):,} proved"
            facts = {"error": errors, "kept": kept, **facts, "work": work}
        return f"BatchSolution of {len(self):,} instances: {ended or 'none'}", facts


def tolerance(eps: float | None, exact: bool = False) -> float | None:
    """Check eps: None, or > 0 (>= 0 when ``exact``: integer candidates and target)."""
    if eps is None or (exact and checks.real("eps", eps) == 0):
        return None if eps is None else 0.0
    return checks.positive("eps", eps)


def checked_tolerance(
    eps: float | None,
    names: tuple[str, str],
    X: FloatArray,
    z: FloatArray,
    whole: tuple[bool, bool],
) -> float | None:
    """`tolerance` of eps for X (..., n, d), z (..., d); whole: which of the two are integers.

    Integers are refused, whatever eps is, when float64 rounds their sums: errors and proofs about
    them would be wrong without a sign of it.
    """
    eps = tolerance(eps, all(whole))
    if whole[0]:
        exact_sums(names, X, z if whole[1] else np.zeros_like(z), eps)
    return eps


def exact_sums(names: tuple[str, str], X: FloatArray, z: FloatArray, eps: float | None) -> None:
    """Refuse integers X (..., n, d), z (..., d) with partial sums that float64 may round.

    With u the power of two that divides all of them, every |Σ_S X_i − z| is exact while
    Σ|X_i| + |z| ≤ 2^53 u.
    """
    largest = float((np.abs(X).sum(axis=-2) + np.abs(z)).max())
    unit = grain(X, z)
    if largest <= EXACT_INTEGERS * unit:
        return
    x, z_name = names
    got = f"integers {x}, {z_name} whose sums reach {largest:.3g}"
    bound = f"Σ|{x}| + |{z_name}| <= 2^53" + (f"·{unit:.0f}" if unit > 1 else "")
    if eps == 0:
        raise ValueError(
            f"eps: got 0 with {got}; takes 0 when {bound}, where float64 sums are exact; divide by "
            "a common factor, or pass floats with eps > 0"
        )
    raise ValueError(
        f"{x}: got {got}; takes integers with {bound}, where float64 sums are exact; divide by a "
        f"common factor, or pass floats ({x} * 1.0), whose sums may be rounded"
    )


def grain(*arrays: FloatArray) -> float:
    """The largest power of two that divides every entry; 1 if all are 0."""
    lowest = []
    for values in arrays:
        mantissa, exponent = np.frexp(values[values != 0])
        bits = np.ldexp(mantissa, 53).astype(np.int64)
        if bits.size:
            zeros = np.frexp((bits & -bits).astype(np.float64))[1] - 1
            lowest.append(int((exponent - 53 + zeros).min()))
    return math.ldexp(1.0, min(lowest)) if lowest else 1.0


def exponent_of(*arrays: FloatArray) -> int:
    """The e with the largest |entry| in [2^(e−1), 2^e); 0 if all are 0."""
    largest = max(float(max(values.max(), -values.min())) for values in arrays)
    return math.frexp(largest)[1] if largest > 0 else 0


def shifted_tolerance(eps: float | None, exponent: int) -> float | None:
    """eps·2^−exponent, rounded down: within it is within eps. At most the largest float."""
    if eps is None:
        return None
    shifted = min(times_power(eps, -exponent), sys.float_info.max)
    return math.nextafter(shifted, 0.0) if times_power(shifted, exponent) > eps else shifted


def times_power(value: float, exponent: int) -> float:
    """value·2^exponent for value ≥ 0; inf beyond float64's range."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.inf


def status_of(error: float, eps: float | None, complete: bool, decide: bool) -> Status:
    """Name the outcome of a search whose incumbent has this error."""
    if eps is not None and error <= eps:
        return Status.HIT
    if complete:
        return Status.NO_HIT if decide and eps is not None else Status.OPTIMAL
    return Status.BUDGET


def is_integer(raw: np.ndarray) -> bool:
    """Whether an array holds integers (or bool, 0 and 1) by its type."""
    return raw.dtype.kind in "iub"
