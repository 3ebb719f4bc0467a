"""Exact sup-norm difference of small networks: a mixed-integer program over ReLU phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from slth import checks
from slth.checks import FloatArray
from slth.networks.modes import recording
from slth.supnorm.arguments import one_thread, prepare
from slth.supnorm.bounds.crown import activations
from slth.supnorm.bounds.differential import affine_pair, differential
from slth.supnorm.layers import Layer, Layers
from slth.supnorm.ranges import Range
from slth.supnorm.units import measured

_ORDINARY = 8  # exponent of activations that suit HiGHS's absolute tolerances

Names = npt.NDArray[np.int64]
Part = tuple[Names, FloatArray]  # variables, (rows, variables) coefficients


@recording()
def exact(
    f: nn.Module,
    g: nn.Module,
    box: tuple[ArrayLike, ArrayLike] = (-1.0, 1.0),
    input_shape: Sequence[int] | None = None,
    *,
    limit: int = 60,
) -> float:
    """Sup over X in the box of ‖f(X) − g(X)‖_max, up to HiGHS's tolerances.

    f, g, box, input_shape as in `bracket`. HiGHS (scipy.optimize.milp) meets rows to 1e-7 and
    integrality to 1e-6 and is asked for a relative gap of 0: expect an absolute error near 1e-6
    times the size of the activations, so ‖f − g‖ should be well above that; it is no certificate.
    limit: most ReLU phases of f and g that intervals leave open; ValueError beyond it, because the
    cost is exponential in their number. Cost: two programs an output, those whose differential
    bound is below the best value left out. Big-M are interval bounds.
    Source of the formulation: Tjeng, Xiao, Tedrake (ICLR 2019).

    >>> import torch
    >>> from torch import nn
    >>> f = nn.Sequential(slth.networks.linear(torch.tensor([[1.0]])), nn.ReLU())
    >>> g = nn.Sequential(slth.networks.linear(torch.tensor([[0.5]])), nn.ReLU())
    >>> round(slth.supnorm.exact(f, g, box=(-1, 2)), 6)  # at x = 2
    1.0
    """
    limit = checks.integer("limit", limit, low=0)
    _, layers, region = prepare(f, g, box, input_shape)
    with one_thread():
        scaled = measured(layers, region, _ORDINARY)
        layers, region = scaled.layers, scaled.box
        places = differential(*layers, region)
        last = affine_pair(layers[0][-1], layers[1][-1], places[-2])
        delta = places[-1].delta if layers[0][-1].relu else last.delta
        program = Program()
        x = program.variables(region.lo, region.hi)
        y, z = (_encode(program, network, region, x) for network in layers)
    if program.open > limit:
        raise ValueError(
            f"f, g: got {program.open} ReLU phases that intervals leave open, takes at most "
            f"limit = {limit}; use bracket, or raise limit and wait"
        )
    ends = np.concatenate([delta.hi.numpy().ravel(), -delta.lo.numpy().ravel()])
    best = 0.0
    for i in np.argsort(-ends, kind="stable"):
        if ends[i] > best:
            sign = 1.0 if i < len(y) else -1.0
            best = max(best, program.maximise(y[i % len(y)], z[i % len(y)], sign))
    return scaled.units.bounds({"exact": best})["exact"]


class Program:
    """Variables with bounds, some binary, and rows; HiGHS maximises differences of two."""

    def __init__(self) -> None:
        self.lo: list[float] = []
        self.hi: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        self.ends: list[tuple[float, float]] = []

    @property
    def open(self) -> int:
        """Number of binary variables."""
        return sum(self.whole)

    def variables(self, lo: Tensor, hi: Tensor, whole: bool = False) -> np.ndarray:
        """Add one variable an entry; return their indices, flat."""
        start, count = len(self.lo), lo.numel()
        self.lo += lo.flatten().tolist()
        self.hi += hi.flatten().tolist()
        self.whole += [int(whole)] * count
        return np.arange(start, start + count, dtype=np.int64)

    def row(self, entries: dict[int, float], low: float, high: float) -> None:
        """Add low ≤ Σ value · variable ≤ high."""
        row = np.full(len(entries), len(self.ends))
        self.rows.append((row, np.array(list(entries)), np.array(list(entries.values()))))
        self.ends.append((low, high))

    def affine(self, parts: Sequence[Part], shift: FloatArray, y: Range) -> Names:
        """Add variables y = Σ matrix · variables + shift."""
        out = self.variables(y.lo, y.hi)
        for i, name in enumerate(out):
            entries = {int(name): 1.0}
            for names, matrix in parts:
                columns = np.flatnonzero(matrix[i])
                entries |= {int(names[j]): -float(matrix[i, j]) for j in columns}
            self.row(entries, float(shift[i]), float(shift[i]))
        return out

    def relu(self, names: Names, y: Range) -> Names:
        """Add variables max(y, 0); a phase is open where the range of y holds both signs."""
        positive = y.relu()
        out = self.variables(positive.lo, positive.hi)
        low, high = y.lo.flatten().tolist(), y.hi.flatten().tolist()
        for name, top, lo, hi in zip(names, out, low, high, strict=True):
            if lo >= 0:
                self.row({top: 1.0, name: -1.0}, 0.0, 0.0)
            elif hi > 0:
                (phase,) = self.variables(torch.zeros(1), torch.ones(1), whole=True)
                self.row({top: 1.0, name: -1.0}, 0.0, np.inf)
                self.row({top: 1.0, name: -1.0, phase: -lo}, -np.inf, -lo)
                self.row({top: 1.0, phase: -hi}, -np.inf, 0.0)
        return out

    def maximise(self, first: int, second: int, sign: float) -> float:
        """Largest sign · (first − second)."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # loaded by what solves programs
        from scipy.sparse import coo_array

        cost = np.zeros(len(self.lo))
        cost[first], cost[second] = -sign, sign
        row, column, value = (np.concatenate(parts) for parts in zip(*self.rows, strict=True))
        matrix = coo_array((value, (row, column)), shape=(len(self.ends), len(cost))).tocsr()
        low, high = np.array(self.ends).T
        out = milp(
            cost,
            integrality=np.array(self.whole),
            bounds=Bounds(np.array(self.lo), np.array(self.hi)),
            constraints=LinearConstraint(matrix, low, high),
            options={"mip_rel_gap": 0.0},
        )
        if out.status != 0:
            raise ArithmeticError(f"exact: HiGHS stopped without an optimum: {out.message}")
        return -float(out.fun)


def _encode(program: Program, layers: Layers, box: Range, x: Names) -> Names:
    """Add the network's values on variables ``x``; return the variables of its outputs."""
    for layer, (a, y) in zip(layers, activations(layers, box), strict=True):
        shift = (torch.zeros(layer.geometry.out_shape, dtype=torch.float64) + layer.shift()).numpy()
        parts = [(x, _matrix(layer, layer.plus))]
        if not layer.plain:
            # x = x⁺ − x⁻ and K⁺ x⁺ − K⁻ x⁻ = K⁻ x + (K⁺ − K⁻) x⁺
            above = program.relu(x, a)
            minus = _matrix(layer, layer.minus)
            parts = [(x, minus), (above, parts[0][1] - minus)]
        x = program.affine(parts, shift.ravel(), y)
        if layer.relu:
            x = program.relu(x, y)
    return x


def _matrix(layer: Layer, kernel: Tensor) -> FloatArray:
    """The layer as a dense matrix (outputs, inputs)."""
    size = int(np.prod(layer.geometry.in_shape))
    unit = torch.eye(size, dtype=torch.float64).view(size, *layer.geometry.in_shape)
    return layer.geometry.apply(kernel, unit).flatten(1).T.numpy()
