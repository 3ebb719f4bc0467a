"""d >= 2 meet-in-the-middle on tensors: radii until certified, slabs of coordinate 0.

A = {Σ_S X_i : S ⊆ first half} and B = {z − Σ_S X_i : S ⊆ second half} are generated slab by slab
from two quarter lists each (Schroeppel and Shamir 1981, doi:10.1137/0210033); `mitm_torch_pairs`
finds the pairs of a slab closer than the radius, which shrinks as better ones turn up. Slabs and
boxes are widened by ``slack``, a bound on the rounding of the sums: rows at a border may come
twice, none is lost.

A fixed size is one more coordinate: the number of candidates, in units larger than any error.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, Options
from slth.solvers._scaling import by_enumeration, rounding_slack
from slth.solvers.mitm.torch import pairs
from slth.solvers.mitm.torch.pairs import Box, Half
from slth.solvers.mitm.torch.start import descend, first_radius

ROWS = 1 << 22  # sums at a time: their keys stay in the L2 cache of a large GPU
LEAST_ROWS = 1 << 17  # … that the predicted memory leaves room for
EDGES = 1024  # places where slabs may be cut
NARROWEST = 4.0  # width of a slab in units of the reach, so that B repeats few rows


@dataclass
class Search:
    """One instance on a device, and the best subset so far.

    X (n, d), z (d,), eps, in units of a power of two; slack: bound on the rounding of a sum;
    density: `mitm_torch_pairs.choose_grid`; room: rows at a time; limit: rows and pairs in all.
    """

    X: torch.Tensor
    z: torch.Tensor
    eps: float
    slack: float
    A: Half
    B: Half
    density: FloatArray
    room: int
    limit: int
    error: float
    mask: int
    work: int
    cut: bool = False

    def join(self, radius: float, shrink: bool) -> None:
        """Account for every pair closer than ``radius``; or self.cut: out of work, or hit."""
        reach = radius + self.slack
        box = _box(self.A, self.B, reach)
        low, high = box.low.cpu().numpy(), box.high.cpu().numpy()
        if (low > high).any():
            return
        for left, right, rows_a, rows_b in _slabs(self, float(low[0]), float(high[0]), reach):
            reach = radius + self.slack
            slab, sizes = (left, right), (rows_a, rows_b)
            grid = pairs.choose_grid(slab, sizes, reach, (low, high), self.density)
            wide = (left - 2 * reach, right + 2 * reach)
            for part, made in pairs.rows_between(self.B, *wide, box, self.room):
                if not self._pay(made):
                    return
                b = pairs.keyed(part, grid)
                edges = (left - self.slack, right + self.slack)
                room = max(1, self.room >> len(grid.axes))
                for a, made in pairs.rows_between(self.A, *edges, box, room):
                    if self._pay(made):
                        radius = self._match(a, b, grid, radius, shrink)
                    if self.cut:
                        return

    def _match(
        self, a: pairs.Rows, b: pairs.Keyed, grid: pairs.Grid, radius: float, shrink: bool
    ) -> float:
        """Measure the candidates for pairs with rows of A; return the radius left."""
        rows, masks = a
        for i, k in pairs.candidates(rows, b, grid, radius + self.slack, self.room):
            if not self._pay(len(i)):
                return radius
            gap = (rows[i] - b.rows[k]).abs_().amax(dim=1)
            least = float(gap.min())
            if least >= radius:
                continue
            # beyond least + 2·slack no subset has a smaller error than the closest pair's
            near = gap < (min(radius, least + 2 * self.slack) if shrink else radius)
            near |= gap == least
            found = masks[i[near]] | b.masks[k[near]]
            errors = subset_errors(self.X, self.z, found)
            error, at = errors.min(dim=0)
            if float(error) < self.error:
                self.error, self.mask = float(error), int(found[at])
            if self.error <= self.eps:
                self.cut = True
                return radius
            if shrink:
                radius = least
        return radius

    def _pay(self, work: int) -> bool:
        self.work += work
        self.cut = self.work > self.limit
        return not self.cut


def bytes_needed(n: int, d: int) -> int:
    """Predict the least peak of one search on the device, in bytes."""
    quarter = 1 << -(-(n - n // 2) // 2)
    return 2**24 + 8 * (8 * d + 64) * quarter + _row_bytes(d) * min(LEAST_ROWS, 1 << (n - n // 2))


def search(instance: Instance, options: Options, device: torch.device) -> Answer:
    """Find the best subset of one instance, as `mitm.MeetInTheMiddle` says; torch holds the sums.

    Work: rows of A and B and pairs measured. A budget below two half lists goes to the first
    m < n candidates, or with a fixed size to descent alone.
    """
    n, budget = instance.n, options.budget
    wide = by_enumeration(instance, options)
    if wide is not None:
        return wide
    m = n
    while budget is not None and m > 0 and (1 << (m - m // 2)) + (1 << (m // 2)) >= budget:
        m -= 1
    limit = 1 << 62 if budget is None else budget
    if m == 0 or (m < n and options.size is not None):
        _, mask, work = descend(instance.X, instance.z, options.size, limit)
        return Answer(_keep(mask, n), False, work)
    part = Instance(instance.X[:m], instance.z, instance.eps)
    mask, complete, work = _rounds(part, options, limit, device)
    return Answer(_keep(mask, n), complete and m == n, work)


def subset_errors(X: torch.Tensor, z: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """‖Σ_mask X_i − z‖_∞, (p,), each summed in index order."""
    total = torch.zeros((len(masks), X.shape[1]), dtype=X.dtype, device=X.device)
    for i in range(len(X)):
        total = total + torch.where(((masks >> i) & 1 == 1)[:, None], X[i], 0.0)
    return (total - z).abs().amax(dim=1)


def _rounds(
    instance: Instance, options: Options, limit: int, device: torch.device
) -> tuple[int, bool, int]:
    """Return (mask, complete, work)."""
    X, z, eps = _scaled(instance)
    size, decide = options.size, options.decide and eps is not None
    task = _prepare(X, z, -math.inf if eps is None else eps, options, limit, device)
    if task.error <= task.eps:
        return task.mask, False, task.work
    least = task.eps + 2 * task.slack
    if decide:
        task.join(least, shrink=False)
        return task.mask, not task.cut, min(task.work, limit)
    # where no candidate has a part, no subset does better than |z_j|
    floor = float(np.abs(z[~X.any(axis=0)]).max(initial=0.0))
    task.eps = max(task.eps, floor)
    radius, growth, start = max(first_radius(X, z, size), least), 2.0, task.error
    while True:
        radius = min(radius, start)
        task.join(radius, shrink=True)
        if task.error <= floor:
            return task.mask, True, min(task.work, limit)
        if task.cut or task.error < start or radius >= start:
            return task.mask, not task.cut, min(task.work, limit)
        radius, growth = radius * growth, growth * growth


def _prepare(
    X: FloatArray, z: FloatArray, eps: float, options: Options, limit: int, device: torch.device
) -> Search:
    n, d = X.shape
    scale = float((np.abs(X).sum(axis=0) + np.abs(z)).max())
    rows, base = X, z
    if options.size is not None:
        unit = math.ldexp(1.0, math.frexp(2 * scale)[1])
        rows = np.column_stack([X, np.full(n, unit)])
        base = np.append(z, unit * options.size)
    with np.errstate(divide="ignore"):
        density = 1 / np.sqrt(np.pi / 2 * np.square(rows).sum(axis=0))
    error, mask, work = descend(X, z, options.size, limit)
    room = min(ROWS, max(LEAST_ROWS, (options.memory - 2**24) // _row_bytes(d)))
    A = _half(rows[: n // 2], 0, np.zeros_like(base), 1.0, device)
    B = _half(rows[n // 2 :], n // 2, base, -1.0, device)
    return Search(
        torch.tensor(X, device=device),
        torch.tensor(z, device=device),
        eps,
        rounding_slack(X, z),
        A,
        B,
        density,
        room,
        limit,
        error,
        mask,
        work,
    )


def _half(X: FloatArray, first: int, base: FloatArray, sign: float, device: torch.device) -> Half:
    cut = len(X) // 2
    u, u_mask = _quarter(X[:cut], first, base, sign)
    v, v_mask = _quarter(X[cut:], first + cut, np.zeros_like(base), sign)
    return Half(*(torch.tensor(part, device=device) for part in (u, u_mask, v, v_mask)))


def _quarter(
    X: FloatArray, first: int, base: FloatArray, sign: float
) -> tuple[FloatArray, np.ndarray]:
    """All base + sign·Σ_S X_i by rising coordinate 0, equal rows once (lowest mask); the masks."""
    sums = np.empty((1 << len(X), X.shape[1]))
    sums[0] = base
    for i, x in enumerate(X):
        np.add(sums[: 1 << i], sign * x, out=sums[1 << i : 2 << i])
    order = np.lexsort(sums.T[::-1])
    new = np.ones(len(order), dtype=bool)
    new[1:] = (sums[order[1:]] != sums[order[:-1]]).any(axis=1)
    order = order[new]
    return sums[order], order.astype(np.int64) << first


def _box(A: Half, B: Half, reach: float) -> Box:
    """Where a row of either half can have a partner within reach."""
    low = torch.maximum(A.u.amin(0) + A.v.amin(0), B.u.amin(0) + B.v.amin(0)) - 2 * reach
    high = torch.minimum(A.u.amax(0) + A.v.amax(0), B.u.amax(0) + B.v.amax(0)) + 2 * reach
    return Box(low, high)


def _slabs(
    task: Search, low: float, high: float, reach: float
) -> list[tuple[float, float, float, float]]:
    """(left, right, rows of A, rows of B) of slabs that cover [low, high], the densest first."""
    edges = np.linspace(low, high, EDGES + 1)
    at = torch.tensor(edges, device=task.X.device)
    below = torch.stack([pairs.count_below(half, at) for half in (task.A, task.B)]).cpu().numpy()
    cuts = [0]
    for k in range(1, EDGES):
        rows = (below[:, k] - below[:, cuts[-1]]).max()
        if rows >= task.room and edges[k] - edges[cuts[-1]] >= NARROWEST * reach:
            cuts.append(k)
    cuts.append(EDGES)
    ends = np.diff(below[:, cuts], axis=1)
    width = np.maximum(np.diff(edges[cuts]), 1e-300)
    order = np.argsort(-ends[0] / width * ends[1], kind="stable").tolist()
    return [
        (float(edges[cuts[s]]), float(edges[cuts[s + 1]]), float(ends[0, s]), float(ends[1, s]))
        for s in order
    ]


def _scaled(instance: Instance) -> tuple[FloatArray, FloatArray, float | None]:
    """Take a power of two out; order the coordinates: z out of reach first, then by spread."""
    scaled = instance.shifted(instance.exponent)
    X, z = scaled.X, scaled.z
    away, spread = np.abs(z - X.sum(axis=0) / 2), np.sqrt(np.square(X).sum(axis=0)) / 2
    order = np.lexsort((-spread, -np.maximum(away - 3 * spread, 0.0)))
    return np.ascontiguousarray(X[:, order]), z[order], scaled.eps


def _row_bytes(d: int) -> int:
    """Of a row of A, one of B, their lookups and a pair, with what sorting and gathering take."""
    return 88 * (d + 1) + 412


def _keep(mask: int, n: int) -> BoolArray:
    return (np.array(mask, dtype=np.int64) >> np.arange(n)) & 1 == 1
