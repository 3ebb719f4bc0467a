"""The lattice solver: the exact best subset where d is that of a kernel."""

from dataclasses import replace
from typing import ClassVar

from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, BatchAnswer, Options, Solver, for_instance, stacked
from slth.solvers.kernels.workers import Workers
from slth.solvers.lattice import least

BASE_BYTES = 6 * 2**20  # compiled code and small arrays
MATRICES = 24  # of n rows of n + d floats: bases, their orthogonal parts, bounds, copies


class Lattice(Solver):
    """Reduce the lattice of the candidates, then enumerate its vectors in a cube.

    A subset is within eps exactly when (2x − 1, (Σ x_i X_i − z)/eps) is in the cube. `bases`
    reduces the rows (2e_i, X_i/eps) by LLL and BKZ, `walk` enumerates depth first, `slack` bounds
    all rounding, so that no subset is lost (docs/lattice.md states the argument).

    The answer is the least error up to float64 rounding of the sums, complete. With eps the search
    stops at a subset within eps; with ``decide`` only those are looked for. Threads share out the
    instances of a batch, and the parts of a large walk (`parts`); work does not depend on them.
    """

    name: ClassVar[str] = "lattice"
    printed: ClassVar[str] = "lattice enumeration"
    max_n: ClassVar[int | None] = 128  # reductions of more rows lose precision and take minutes
    handles: ClassVar[str] = "any d, n ≤ 128; proves the optimum; at its best from d = 6 on"
    cannot: ClassVar[str] = "large n at small d (n > 50 at d = 2); use mitm (exact) or klist"
    cost: ClassVar[str] = (
        "about 2^(n/2) nodes at d = 9, 30 ns each, fewer when lengths differ (nsn); "
        "10 ms of reduction at n = 50; budget = nodes"
    )
    source: ClassVar[str] = (
        "Schnorr and Euchner 1994, doi:10.1007/BF01581144; "
        "Wassermann 2002, doi:10.1016/S0304-3975(01)00306-2"
    )
    exhaustive: ClassVar[bool] = True
    sized: ClassVar[bool] = True

    def refusal(self, n: int, d: int) -> str | None:
        """Refuse n > 128."""
        if self.max_n is not None and n > self.max_n:
            return f"lattice enumeration takes n <= {self.max_n} (bases of n rows in float64)"
        return None

    def bytes_needed(self, n: int, d: int) -> int:
        """A fixed number of matrices of n rows."""
        return BASE_BYTES + 8 * MATRICES * (n + 4) * (n + d + 8)

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances, one a thread at a time: X (B, n, d), Z (B, d)."""
        B, n, d = X.shape
        fit = options.memory // self.bytes_needed(n, d)
        threads = max(1, min(options.threads, fit, B))
        each = replace(options, threads=max(1, options.threads // threads))
        with Workers(threads, lambda: None) as workers:
            return stacked(
                workers.run(
                    lambda b, _: least.search(Instance(X[b], Z[b], eps), for_instance(each, b)),
                    range(B),
                )
            )

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance."""
        return least.search(instance, options)
